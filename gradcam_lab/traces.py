"""What was traced of a model is kept as long as the model lives and its layers stay as they are."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from operator import is_
from threading import RLock
from typing import TypeVar
from weakref import WeakKeyDictionary

from gradcam_lab._tensorflow import keras

Found = TypeVar("Found")

TRACING = RLock()  # one at a time: two threads would undo each other's changes to the layers


@dataclass
class Traces:
    """What was traced while the layers of a model had certain settings."""

    settings: list
    found: dict[Hashable, object] = field(default_factory=dict)


# A trace holds on to a model's variables, and never to the model itself.
_TRACES: WeakKeyDictionary[keras.Model, Traces] = WeakKeyDictionary()


def traced(model: keras.Model, what: Hashable, trace: Callable[[], Found]) -> Found:
    """Return what was traced of a model before; trace it the first time, and when it changed."""
    with TRACING:
        known = _TRACES.get(model)
        if known is None or not are_same(settings_of(model), known.settings):
            known = _TRACES[model] = Traces(settings_of(model))
        if what not in known.found:
            known.found[what] = trace()
            known.settings = settings_of(model)  # a layer may note that it was called
        return known.found[what]


def settings_of(model: keras.Model) -> list:
    """Return the layers and their settings: all that a trace depends on, but the weights' values.

    Among them are activations, which may be exchanged, and the weights as objects.
    """
    with TRACING:  # meanwhile no layer has a listener, which would look like a setting
        layers = [each for each in model._flatten_layers() if not isinstance(each, keras.Model)]
        return layers + [
            value for layer in layers for name, value in vars(layer).items() if name[0] != "_"
        ]


def are_same(settings: list, others: list) -> bool:
    """Tell whether settings are the very same objects: a changed one is another object."""
    return len(settings) == len(others) and all(map(is_, settings, others))
