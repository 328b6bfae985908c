"""Forward hooks: hear what each layer of a network receives and returns while the network runs.

Cutting a model in two (``keras.Model(inputs, layer.output)``) cannot reach a layer inside a nested
or subclassed model. A hook on each layer, during an ordinary pass, reaches all that belong to these
models, and leaves the model as it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from threading import get_ident
from typing import NamedTuple

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab._traces import TRACING


class Call(NamedTuple):
    """One call of one layer: its name, itself, and the tensors that went in and came out."""

    name: str
    layer: keras.Layer
    inputs: tensorflow.Tensor
    outputs: tensorflow.Tensor


def named_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """Return every layer that is not itself a model by its name, in network order.

    A layer inside a nested model is named ``"outer/inner"``; the nested model itself is left out.
    """
    found: dict[str, keras.Layer] = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            inner = named_layers(layer)
            found |= {f"{layer.name}/{name}": each for name, each in inner.items()}
        else:
            found[layer.name] = layer
    return found


def run_model(model: keras.Model, images: tensorflow.Tensor) -> tensorflow.Tensor | Sequence | dict:
    """Run a model as it answers (not as it trains), in the input form that it was built with."""
    form = getattr(model, "input", None)  # one tensor, or a list or dict that holds it
    return model(tensorflow.nest.pack_sequence_as(form, [images]), training=False)


@contextmanager
def forward_hooks(
    layers: Mapping[str, keras.Layer], hook: Callable[[Call], None]
) -> Iterator[None]:
    """Report every call of the given layers to `hook`, as it happens, while the block runs."""
    with TRACING, ExitStack() as hooked:
        for name, layer in layers.items():
            hooked.enter_context(_forward_hook(name, layer, hook))
        yield


@contextmanager
def _forward_hook(name: str, layer: keras.Layer, hook: Callable[[Call], None]) -> Iterator[None]:
    """Shadow the layer's method `call` by an attribute of the instance, then remove it again."""
    call, thread, attributes = layer.call, get_ident(), vars(layer)
    before = {"call": attributes["call"]} if "call" in attributes else {}

    @wraps(call)
    def call_and_report(*args: object, **kwargs: object) -> object:
        outputs = call(*args, **kwargs)
        if get_ident() == thread:  # another thread may be running the model meanwhile
            inputs = args[0] if args else next(iter(kwargs.values()), None)
            hook(Call(name, layer, inputs, outputs))
        return outputs

    attributes["call"] = call_and_report
    try:
        yield
    finally:
        del attributes["call"]
        attributes.update(before)  # the hook around, of a layer that two models share
