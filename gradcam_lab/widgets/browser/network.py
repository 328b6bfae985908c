"""A Keras network as the browser's engine reads it: its layers in JSON, its weights in bytes.

One symbolic run shows which tensor goes from which layer to which, however the network was put
together. What the engine would not compute just as Keras does is refused, by name.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from gradcam_lab import _checks as checks
from gradcam_lab._tensorflow import Tensor, keras, tensorflow
from gradcam_lab._traces import TRACING, traced
from gradcam_lab.cam import GradCAM
from gradcam_lab.hooks import Call, forward_hooks, named_layers, run_model
from gradcam_lab.widgets.browser.layer_kinds import (
    NotInBrowser,
    Part,
    parts_of,
    passes_on,
    refusal,
)

__all__ = ["DescribedNetwork", "NotInBrowser", "describe_network", "probe_probabilities"]

PROBE_STEP = 0.6180339887498949  # the golden ratio's: its multiples, modulo 1, lie evenly in [0, 1)


class DescribedNetwork(NamedTuple):
    """What the browser needs of a network.

    Attributes
    ----------
    description : dict
        Ready for JSON. ``"layers"`` are in an order in which they can run; each has its ``"name"``
        and ``"kind"``, the numbers of those that are its ``"inputs"``, the ``"shape"`` of what it
        makes of one picture, and what its kind needs. ``"spatial"`` are `GradCAM.layers`.
        ``"answer"``, softmax or sigmoid, leads from what the last layer gives, the logits, to the
        probabilities.
    weights : bytes
        All weights, one behind the other: float32, little-endian.
    """

    description: dict[str, Any]
    weights: bytes


def describe_network(engine: GradCAM) -> DescribedNetwork:
    """Describe an engine's network, with its present weights, for the browser.

    Raises
    ------
    NotInBrowser
        If the network, or one of its layers, is none that the browser computes just as Keras does.
    ValueError
        If no layer can be explained at all, as `GradCAM.explain` says.
    """
    check_network(engine)
    spatial = list(engine.layers)
    with TRACING:  # meanwhile no layer has a hook, which would look like a replaced method
        replaced = [n for n, layer in named_layers(engine.model).items() if "call" in vars(layer)]
        run = partial(run_symbolically, engine.model)
        picture, calls, outputs = traced(engine.model, run_symbolically, run)
    times = Counter(call.name for call in calls)
    for call in calls:
        if call.name in replaced:
            raise refusal(call, "its method call was replaced")
        if times[call.name] > 1:
            raise refusal(call, f"it runs {times[call.name]} times")
    parts, answer = as_parts(picture, calls, outputs)
    layers, weights = without_weights(parts)
    return DescribedNetwork({"layers": layers, "spatial": spatial, "answer": answer}, weights)


def probe_probabilities(engine: GradCAM) -> list[float]:
    """Return what the model answers to a picture that the browser can make by itself.

    Its value number i, row by row, is i times `PROBE_STEP`, modulo 1. A browser that finds other
    probabilities than these does not compute this network.
    """
    shape = checks.input_shape(engine.model)
    values = np.arange(prod(side or 1 for side in shape)) * PROBE_STEP % 1
    return engine.explain(values.reshape(1, *shape)).probabilities[0].tolist()


def check_network(engine: GradCAM) -> None:
    """Validate that an engine explains the logits of one model, for pictures of one size."""
    if engine.score != "logit":
        raise NotInBrowser(f"the browser differentiates logits, and score is {engine.score!r}")
    for side in ("inputs", "outputs"):
        tensors = getattr(engine.model, side, None) or ()
        if len(tensors) > 1:
            raise NotInBrowser(f"the model has {len(tensors)} {side}: the browser needs one")
    shape = checks.input_shape(engine.model)
    if len(shape) != 3 or None in shape:
        raise NotInBrowser(f"the model takes {shape}: the browser needs one fixed size (h, w, c)")


def run_symbolically(model: keras.Model) -> tuple[Tensor, list[Call], Tensor]:
    """Return a symbolic picture, the calls of all layers as the model answers, and the answer."""
    calls: list[Call] = []
    ends: list[Tensor] = []

    def run(images: Tensor) -> None:
        with forward_hooks(named_layers(model), calls.append):
            ends.extend([images, run_model(model, images)])

    picture = tensorflow.TensorSpec((None, *checks.input_shape(model)), tensorflow.float32)
    tensorflow.function(run, autograph=False).get_concrete_function(picture)
    return ends[0], calls, ends[1]


def as_parts(picture: Tensor, calls: Sequence[Call], outputs: Tensor) -> tuple[list[Part], str]:
    """Return what the browser computes up to the logits, and what leads from them to probabilities.

    A softmax or sigmoid at the end is taken off, so that the last part gives the logits.
    """
    parts: list[Part] = [{"name": "", "kind": "Input", "inputs": [], "shape": picture.shape[1:]}]
    given_by = {picture.ref(): 0}  # the number of the part that gives a tensor
    answer = "sigmoid" if outputs.shape[-1] == 1 else "softmax"
    for call in in_order(picture, calls):
        *first, last = parts_of(call)
        inputs = call.inputs if isinstance(call.inputs, list | tuple) else [call.inputs]
        numbers = [given_by.get(tensor.ref()) for tensor in inputs]
        if None in numbers:
            raise refusal(call, "it takes what no layer of the model gives")
        if last.get("activation") in ("softmax", "sigmoid"):
            if call.outputs is not outputs:
                raise refusal(call, f"it has the activation {last['activation']} before the end")
            answer, last["activation"] = last["activation"], None
        for part in (*first, last | {"name": call.name}):
            parts.append({"name": "", "shape": call.outputs.shape[1:], **part, "inputs": numbers})
            numbers = [len(parts) - 1]
        given_by[call.outputs.ref()] = len(parts) - 1
    if given_by.get(outputs.ref()) != len(parts) - 1:
        raise NotInBrowser("the model's answer is not what the last of its layers gives")
    if (answer, outputs.shape[-1]) == ("softmax", 1):
        raise NotInBrowser("the model answers with the softmax of one number, which is always 1")
    return parts, answer


def in_order(picture: Tensor, calls: Sequence[Call]) -> list[Call]:
    """Return calls so that one that passes a tensor on stands right behind the one that gave it.

    Both have the same gradients, for the tensor is the same; so all that takes it has to stand
    behind both.
    """
    ordered = [call for call in calls if not passes_on(call)]
    for call in reversed([call for call in calls if passes_on(call)]):
        places = [place for place, each in enumerate(ordered) if each.outputs is call.outputs]
        ordered.insert(places[0] + 1 if places else 0, call)
    return ordered


def without_weights(parts: Sequence[Part]) -> tuple[list[Part], bytes]:
    """Return parts ready for JSON, which say where in the bytes their weights are."""
    layers, weights, at = [], [], 0
    for part in parts:
        layer = part | {"shape": [int(side) for side in part["shape"]]}
        if "weights" in part:
            arrays, layer["weights"] = part["weights"], []
            for array in arrays:
                layer["weights"].append({"at": at, "shape": list(array.shape)})
                weights.append(array.astype("<f4").tobytes())
                at += array.size
        layers.append(layer)
    return layers, b"".join(weights)
