"""One pass of a network, listened to and differentiated, compiled once for all that is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod

import numpy as np

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.class_scores import class_scores
from gradcam_lab.layers import (
    check_layers,
    choose_output,
    has_places,
    input_shape,
    leads_to,
    named_layers,
    run_model,
    spatial_layers,
)
from gradcam_lab.listening import Call, listening
from gradcam_lab.methods import Method
from gradcam_lab.model_checks import check_model
from gradcam_lab.traces import traced

PREDICTED = -1  # as a target: the class that the network itself finds likeliest
MEMORY = 150 * 2**20  # bytes that one run of a pass may take, counted generously (see _compile)
FREE_SIZE = 256  # what a side of a picture counts, for memory, where the model leaves it open
HALF_SCALE = 2.0**12  # what gradients are multiplied by on their way through float16

Tensor = tensorflow.Tensor


@dataclass(frozen=True)
class Question:
    """What a pass is compiled for. Images, target class and method are no part of it."""

    layers: tuple[str, ...] | None  # None: all that can be explained
    score: str
    output: int | str | None  # of several outputs, which one


@dataclass(frozen=True)
class CompiledPass:
    """A traced pass, and what is known of it before it runs."""

    run: Callable[..., tuple]
    classes: int
    layers: tuple[str, ...]
    at_once: int  # how many images, of `pixels` each, fit into the memory that a pass may take
    pixels: int
    methods: dict[Method, Callable] = field(default_factory=dict)

    def run_in_parts(self, images: np.ndarray, targets: np.ndarray, method: Method) -> tuple:
        """Explain images, float32 (n, h, w, c), for targets, int64 (n,); big batches in parts.

        Returns
        -------
        tuple of (targets, scores, probabilities, maps)
            Arrays with n rows, and a dict of them by layer: what the method makes of its feature
            maps and gradients.
        """
        explain, size = self._explained_by(method), self.batch_size(images)
        parts = [
            explain(
                tensorflow.constant(images[start : start + size]),
                tensorflow.constant(targets[start : start + size]),
            )
            for start in range(0, len(images), size)
        ]
        return tensorflow.nest.map_structure(_join, *parts)

    def batch_size(self, images: np.ndarray) -> int:
        """Return how many such images are explained at a time: large ones take more memory."""
        return max(1, self.at_once * self.pixels // prod(images.shape[1:3]))

    def _explained_by(self, method: Method) -> Callable[..., tuple]:
        """Return the pass with a method behind it, joined once; the network is not traced anew."""

        def explain(images: Tensor, targets: Tensor) -> tuple:
            *answer, feature_maps, gradients = self.run(images, targets)
            return *answer, {n: method(maps, gradients[n]) for n, maps in feature_maps.items()}

        if method not in self.methods:
            self.methods[method] = tensorflow.function(
                explain, autograph=False
            ).get_concrete_function(*self.run.structured_input_signature[0])
        return self.methods[method]


def _join(*parts: Tensor) -> np.ndarray:
    return parts[0].numpy() if len(parts) == 1 else np.concatenate(parts)


def compiled_pass(model: keras.Model, question: Question) -> CompiledPass:
    """Return the pass for this question, traced the first time it is asked."""
    return traced(model, question, partial(_compile, model, question))


def _compile(model: keras.Model, question: Question) -> CompiledPass:
    check_model(model)
    named = None if question.layers is None else check_layers(question.layers, model)
    calls: list[Call] = []

    def run(images: Tensor, targets: Tensor) -> tuple:
        watched: list[Call] = []
        with tensorflow.GradientTape(watch_accessed_variables=False, persistent=True) as tape:

            def notice(call: Call) -> None:
                calls.append(call)
                if _can_be_watched(call, images) and (named is None or call.name in named):
                    tape.watch(call.outputs)
                    watched.append(call)

            with listening(named_layers(model), notice):
                outputs = run_model(model, images)
            outputs = choose_output(outputs, question.output, model)
            scores, probabilities = class_scores(outputs, calls, question.score)
            predicted = tensorflow.argmax(probabilities, axis=-1)
            targets = tensorflow.where(targets == PREDICTED, predicted, targets)
            score = tensorflow.gather(scores, targets, axis=-1, batch_dims=1)
        gradients = _differentiate(tape, score, [call.outputs for call in watched])
        found = _one_call_of_each(watched, gradients, leads_to([scores]), named)
        feature_maps = {
            name: tensorflow.cast(a, tensorflow.float32) for name, (a, _) in found.items()
        }
        return targets, score, probabilities, feature_maps, {n: g for n, (_, g) in found.items()}

    # Without AutoGraph, an error in a user's layer keeps its own words.
    shape = input_shape(model)
    concrete = tensorflow.function(run, autograph=False).get_concrete_function(
        tensorflow.TensorSpec((None, *shape), tensorflow.float32),
        tensorflow.TensorSpec((None,), tensorflow.int64),
    )
    layers = tuple(concrete.structured_outputs[3])
    if named is None and not layers:
        raise ValueError(
            "no layer can be explained by itself: each has one place only, runs more than once "
            "or inside of tf.cond or a loop, or has no gradient. The spatial layers are "
            f"{', '.join(spatial_layers(model))}"
        )
    # A feature map and its gradient are kept; a layer at work holds what comes in, goes out, and
    # about as much again.
    kept = sum(_bytes(call.outputs) for call in calls if call.name in layers)
    at_work = max(_bytes(call.outputs) for call in calls)
    calls.clear()
    pixels = prod(FREE_SIZE if side is None else side for side in shape[:2])
    at_once = max(1, MEMORY // (2 * kept + 3 * at_work))
    classes = concrete.structured_outputs[2].shape[-1]
    return CompiledPass(concrete, classes, layers, at_once, pixels)


def _can_be_watched(call: Call, images: Tensor) -> bool:
    """Tell whether a layer gave feature maps with places, outside of any tf.cond or loop."""
    outputs = call.outputs
    return (
        tensorflow.is_tensor(outputs)
        and outputs.shape.rank == 4
        and outputs.dtype.is_floating
        and outputs.graph is images.graph
    )


def _differentiate(
    tape: tensorflow.GradientTape, score: Tensor, feature_maps: Sequence[Tensor]
) -> list[Tensor | None]:
    """Return the score's gradients, float32; None where there is no way back to feature maps.

    On their way through float16, small gradients would become 0. There they travel enlarged, but
    for those images whose gradients are then too large.
    """
    gradients = tape.gradient(score, feature_maps)
    if not any(maps.dtype == tensorflow.float16 for maps in feature_maps):
        return [
            each if each is None else tensorflow.cast(each, tensorflow.float32)
            for each in gradients
        ]
    enlarged = tape.gradient(
        score, feature_maps, output_gradients=tensorflow.fill(tensorflow.shape(score), HALF_SCALE)
    )
    return [
        each if each is None else _reduce_where_finite(large, each)
        for large, each in zip(enlarged, gradients, strict=True)
    ]


def _reduce_where_finite(enlarged: Tensor, gradients: Tensor) -> Tensor:
    enlarged = tensorflow.cast(enlarged, tensorflow.float32) / HALF_SCALE
    finite = tensorflow.reduce_all(tensorflow.math.is_finite(enlarged), (1, 2, 3), keepdims=True)
    return tensorflow.where(finite, enlarged, tensorflow.cast(gradients, tensorflow.float32))


def _one_call_of_each(
    calls: Sequence[Call],
    gradients: Sequence[Tensor | None],
    on_the_way: set[tensorflow.Operation],
    named: Sequence[str] | None,
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return each layer's feature maps and gradients, from its one call that reaches the score.

    A layer that does not reach the score has gradients of zero. One that cannot be explained is
    refused if it was named, and left out otherwise; so is one of a single place.
    """
    found = {}
    for name in named if named is not None else dict.fromkeys(call.name for call in calls):
        pairs = [(c.outputs, g) for c, g in zip(calls, gradients, strict=True) if c.name == name]
        reaching = [(maps, gradient) for maps, gradient in pairs if gradient is not None]
        fault = ""
        if not pairs:
            fault = (
                "runs inside of tf.cond or a loop, where nothing can listen: choose a layer before "
                "or after it"
            )
        elif len(reaching) > 1:
            fault = (
                f"runs {len(reaching)} times on the way to the class score, so it is ambiguous "
                "which feature maps to explain: choose a layer that runs once"
            )
        elif not reaching and any(maps.op in on_the_way for maps, _ in pairs):
            fault = (
                "has no gradient: between it and the class score stands what hides it, such as "
                "recompute_grad or a rounding: choose a layer after that, or build the model "
                "without"
            )
        if fault and named is not None:
            raise ValueError(f"layer {name!r} {fault}")
        if not fault and (named is not None or has_places(tuple(pairs[0][0].shape))):
            maps = pairs[0][0]
            found[name] = (
                reaching[0] if reaching else (maps, tensorflow.zeros_like(maps, "float32"))
            )
    return found


def _bytes(tensors: Tensor | Sequence | dict) -> int:
    """Return what one image's share of a tensor, or of several, takes."""
    return 4 * sum(
        prod(FREE_SIZE if side is None else side for side in tensor.shape[1:])
        for tensor in tensorflow.nest.flatten(tensors)
        if tensorflow.is_tensor(tensor)
    )
