"""What was traced of a model is kept as long as the model lives and its layers stay as they are."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from operator import is_
from threading import RLock
from types import FunctionType
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from gradcam_lab._tensorflow import keras

Found = TypeVar("Found")

TRACING = RLock()  # one at a time: two threads would undo each other's changes to the layers

# What Keras itself notes in a layer or model while it is called, compiled and trained.
_KERAS_KEEPS = {
    *vars(keras.Layer()),
    *vars(keras.Model()),
    *("_compile_config", "_compiled_trainable_state", "_eval_epoch_iterator", "_initial_epoch"),
    "_loss_tracker",
    *("history", "loss", "optimizer", "stop_evaluating", "stop_predicting", "stop_training"),
}
_PLAIN = (bool, int, float, str, np.ndarray, FunctionType)


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

    Among them are activations, which may be exchanged, what a user's own layer or model keeps, and
    the weights as objects.
    """
    with TRACING:  # meanwhile no layer has a listener, which would look like a setting
        settings = []
        for layer in model._flatten_layers():
            kept = [value for name, value in vars(layer).items() if name not in _KERAS_KEEPS]
            if isinstance(layer, keras.Model):  # never what could hold on to the model itself
                settings += [value for value in kept if isinstance(value, _PLAIN)]
            else:
                settings += [layer, *kept, *(each for value in kept for each in _inside(value))]
        return settings


def _inside(kept: object) -> Iterable:
    """Return what a list or dict holds: it may be changed while the list stays the same object."""
    return kept.values() if isinstance(kept, dict) else kept if isinstance(kept, list) else ()


def are_same(settings: list, others: list) -> bool:
    """Tell whether settings are the very same objects: a changed one is another object."""
    return len(settings) == len(others) and all(map(is_, settings, others))
