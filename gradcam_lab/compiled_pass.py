"""One pass of a network, listened to and differentiated, compiled once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from weakref import WeakKeyDictionary

import numpy as np

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.class_scores import class_scores
from gradcam_lab.listening import TRACING, Call, listening
from gradcam_lab.methods import Method
from gradcam_lab.networks import check_layers, input_shape, named_layers, run_model

PREDICTED = -1  # as a target: the class that the network itself finds likeliest
MEMORY = 150 * 2**20  # bytes that one run of a pass may take, counted generously (see _compile)
FREE_SIZE = 256  # what a side of a picture counts, for memory, where the model leaves it open


@dataclass(frozen=True)
class Question:
    """What a pass is compiled for. Neither the images nor the target class are part of it."""

    layers: tuple[str, ...] | None  # None: all spatial layers
    score: str
    method: Method
    output: int | str | None  # of several outputs, which one


@dataclass(frozen=True)
class CompiledPass:
    """A traced pass, and what is known of it before it runs."""

    run: Callable[..., tuple]
    classes: int
    at_once: int  # how many images fit into the memory that a pass may take

    def run_in_parts(self, images: np.ndarray, targets: np.ndarray) -> tuple:
        """Explain images, float32 (n, h, w, c), for targets, int64 (n,); big batches in parts.

        Returns
        -------
        tuple of (targets, scores, probabilities, maps)
            Arrays with n rows, and a dict of them by layer.
        """
        parts = [
            self.run(
                tensorflow.constant(images[start : start + self.at_once]),
                tensorflow.constant(targets[start : start + self.at_once]),
            )
            for start in range(0, len(images), self.at_once)
        ]
        return tensorflow.nest.map_structure(_join, *parts)


def _join(*parts: tensorflow.Tensor) -> np.ndarray:
    return parts[0].numpy() if len(parts) == 1 else np.concatenate(parts)


# The compiled passes of a model live as long as the model does: a traced graph holds on to the
# model's variables, not to the model.
_PASSES: WeakKeyDictionary[keras.Model, dict[tuple, CompiledPass]] = WeakKeyDictionary()


def compiled_pass(model: keras.Model, question: Question) -> CompiledPass:
    """Return the pass for this question, traced the first time it is asked and never again."""
    with TRACING:
        passes = _PASSES.setdefault(model, {})
        layers = tuple((name, id(layer)) for name, layer in named_layers(model).items())
        if (
            question,
            layers,
        ) not in passes:  # Sequential.pop changes the layers
            passes[question, layers] = _compile(model, question)
        return passes[question, layers]


def _compile(model: keras.Model, question: Question) -> CompiledPass:
    names = check_layers(question.layers, model)
    calls: list[Call] = []

    def run(images: tensorflow.Tensor, targets: tensorflow.Tensor) -> tuple:
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:

            def notice(call: Call) -> None:
                calls.append(call)
                if call.name in names:
                    tape.watch(call.outputs)

            with listening(named_layers(model), notice):
                outputs = run_model(model, images)
            outputs = _choose_output(outputs, question.output, model)
            scores, probabilities = class_scores(outputs, calls, question.score)
            predicted = tensorflow.argmax(probabilities, axis=-1)
            targets = tensorflow.where(targets == PREDICTED, predicted, targets)
            scores = tensorflow.gather(scores, targets, axis=-1, batch_dims=1)
        heard = {name: [call.outputs for call in calls if call.name == name] for name in names}
        gradients = tape.gradient(scores, heard)
        maps = {
            name: question.method(*_of_one_call(name, heard[name], gradients[name]))
            for name in names
        }
        return targets, scores, probabilities, maps

    # Without AutoGraph, an error in a user's layer keeps its own words.
    traced = tensorflow.function(run, autograph=False).get_concrete_function(
        tensorflow.TensorSpec((None, *input_shape(model)), tensorflow.float32),
        tensorflow.TensorSpec((None,), tensorflow.int64),
    )
    # A feature map and its gradient are kept; a layer at work holds what comes in, goes out, and
    # about as much again.
    kept = sum(_bytes(call.outputs) for call in calls if call.name in names)
    at_work = max(_bytes(call.outputs) for call in calls)
    calls.clear()
    classes = traced.structured_outputs[2].shape[-1]
    return CompiledPass(traced, classes, at_once=max(1, MEMORY // (2 * kept + 3 * at_work)))


def _choose_output(
    outputs: tensorflow.Tensor | Sequence | dict, output: int | str | None, model: keras.Model
) -> tensorflow.Tensor:
    """Return the output that is asked for, or say which ones there are."""
    if isinstance(outputs, list | tuple):
        names = getattr(model, "output_names", range(len(outputs)))
        outputs = dict(zip(names, outputs, strict=True)) | dict(enumerate(outputs))
    if isinstance(outputs, dict):
        if output not in outputs:
            known = ", ".join(map(repr, outputs))
            raise ValueError(
                "the model has several outputs: choose one with GradCAM(model, output=...) out of "
                f"{known}"
            )
        return outputs[output]
    if output is not None:
        raise ValueError(f"there is no output {output!r}: the model has one only, leave output out")
    return outputs


def _of_one_call(
    name: str, outputs: Sequence[tensorflow.Tensor], gradients: Sequence[tensorflow.Tensor | None]
) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:
    """Return a layer's feature maps, and their gradients, from the call that reaches the score.

    A layer that does not reach the score has gradients of zero: it holds no evidence.
    """
    pairs = list(zip(outputs, gradients, strict=True))
    reaching = [(a, g) for a, g in pairs if g is not None]
    if len(reaching) > 1:
        raise ValueError(
            f"layer {name!r} runs {len(reaching)} times on the way to the class score, so it is "
            "ambiguous which feature maps to explain: choose a layer that runs once"
        )
    feature_maps, gradient = reaching[0] if reaching else (outputs[0], None)
    feature_maps = tensorflow.cast(feature_maps, tensorflow.float32)
    if gradient is None:
        return feature_maps, tensorflow.zeros_like(feature_maps)
    return feature_maps, tensorflow.cast(gradient, tensorflow.float32)


def _bytes(tensors: tensorflow.Tensor | Sequence | dict) -> int:
    """Return what one image's share of a tensor, or of several, takes."""
    return 4 * sum(
        prod(FREE_SIZE if side is None else side for side in tensor.shape[1:])
        for tensor in tensorflow.nest.flatten(tensors)
        if tensorflow.is_tensor(tensor)
    )
