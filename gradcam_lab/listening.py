"""Listen to what a network's layers receive and return while the whole network runs.

Cutting a model in two (``keras.Model(inputs, layer.output)``) cannot reach a layer inside a nested
or subclassed model. Listening to the layers during an ordinary pass reaches every one of them, and
leaves the model as it was.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from threading import get_ident
from typing import NamedTuple

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.traces import TRACING


class Call(NamedTuple):
    """One call of one layer: its name, itself, and the tensors that went in and came out."""

    name: str
    layer: keras.Layer
    inputs: tensorflow.Tensor
    outputs: tensorflow.Tensor


@contextmanager
def listening(layers: Mapping[str, keras.Layer], notice: Callable[[Call], None]) -> Iterator[None]:
    """Report every call of the given layers to `notice`, as it happens, while the block runs."""
    with TRACING, ExitStack() as listeners:
        for name, layer in layers.items():
            listeners.enter_context(_listening_to(name, layer, notice))
        yield


@contextmanager
def _listening_to(name: str, layer: keras.Layer, notice: Callable[[Call], None]) -> Iterator[None]:
    """Shadow the layer's method `call` by an attribute of the instance, then remove it again."""
    call, thread, attributes = layer.call, get_ident(), vars(layer)
    before = {"call": attributes["call"]} if "call" in attributes else {}

    @wraps(call)
    def call_and_report(*args: object, **kwargs: object) -> object:
        outputs = call(*args, **kwargs)
        if get_ident() == thread:  # another thread may be running the model meanwhile
            inputs = args[0] if args else next(iter(kwargs.values()), None)
            notice(Call(name, layer, inputs, outputs))
        return outputs

    attributes["call"] = call_and_report
    try:
        yield
    finally:
        del attributes["call"]
        attributes.update(before)  # a layer with two names is listened to twice
