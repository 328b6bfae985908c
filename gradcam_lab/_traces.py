"""What was traced of a model is kept as long as the model lives and its layers stay as they are."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from operator import is_
from threading import RLock
from types import FunctionType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from gradcam_lab._tensorflow import keras, tensorflow

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
    found: dict[Hashable, Any] = field(default_factory=dict)


# A trace holds on to a model's variables, and never to the model itself.
_TRACES: WeakKeyDictionary[keras.Model, Traces] = WeakKeyDictionary()


def traced(model: keras.Model, key: Hashable, trace: Callable[[], Found]) -> Found:
    """Return what was traced of a model before; trace it the first time, and when it changed."""
    with TRACING:
        now = settings_of(model)
        known = _TRACES.setdefault(model, Traces(now))
        same_number = len(known.settings) == len(now)
        if not same_number or not all(map(is_, known.settings, now)):  # the very same objects
            known = _TRACES[model] = Traces(now)
        if key not in known.found:
            known.found[key] = trace()
            known.settings = settings_of(model)  # a layer may note that it was called
        return known.found[key]


def settings_of(model: keras.Model) -> list:
    """Return the layers and their settings: all that a trace depends on, but the weights' values.

    Among them are activations, which may be exchanged, what a user's own layer or model keeps, and
    the weights as objects. What a list or dict of a layer's holds counts as well: it may change
    while the list stays the same object.
    """
    with TRACING:  # meanwhile no layer has a hook, which would look like a setting
        settings = []
        for layer in model._flatten_layers():
            kept = [value for name, value in vars(layer).items() if name not in _KERAS_KEEPS]
            if isinstance(layer, keras.Model):  # never what could hold on to the model itself
                settings += [value for value in kept if isinstance(value, _PLAIN)]
            else:
                settings += [layer, *kept]
                settings += [each for value in kept if isinstance(value, list) for each in value]
                dicts = [value.values() for value in kept if isinstance(value, dict)]
                settings += [each for values in dicts for each in values]
        return settings


class NetworkChanges:
    """Tells whether a network was changed since it was asked last: weights, layers, settings, loss.

    Weights that still share their memory with what was read before are unchanged, for TensorFlow
    gives a variable new memory when it is assigned while somebody holds what was read from it. Only
    the others are compared number by number.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._version: object = None
        self._read: list[tensorflow.Tensor] = []

    def __call__(self) -> bool:
        """Tell whether the network is another one; the first time, it is."""
        version_before, read_before = self._version, self._read
        read = traced(self._model, NetworkChanges, partial(trace_reading, self._model))
        self._version, self._read = (read, getattr(self._model, "loss", None)), read()
        return self._version != version_before or not all(
            np.may_share_memory(now, before) or np.array_equal(now, before)
            for now, before in zip(
                map(np.asarray, self._read), map(np.asarray, read_before), strict=True
            )
        )


def trace_reading(model: keras.Model) -> Callable[[], list[tensorflow.Tensor]]:
    """Return what reads all weights of a model at once: one by one takes five times as long."""
    variables = [weight.value for weight in model.weights]
    read = tensorflow.function(lambda: [each.value() for each in variables], autograph=False)
    return read.get_concrete_function()
