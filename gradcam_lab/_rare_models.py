"""Models that ask for more than one plain pass: several outputs, float16, layers that run twice."""

from collections.abc import Iterable, Sequence
from math import prod

from gradcam_lab._checks import Shape, unexplainable_layer
from gradcam_lab._language import say
from gradcam_lab._tensorflow import Tensor, keras, tensorflow
from gradcam_lab.hooks import Call

FREE_SIZE = 256  # what a side of a picture counts, for memory, where the model leaves it open
HALF_SCALE = 2.0**12  # what gradients are multiplied by on their way through float16


def choose_output(
    answers: Tensor | Sequence | dict, output: int | str | None, model: keras.Model
) -> Tensor:
    """Return the output that is asked for; the error names those that there are."""
    if isinstance(answers, list | tuple):
        names = getattr(model, "output_names", range(len(answers)))
        answers = dict(zip(names, answers, strict=True)) | dict(enumerate(answers))
    if isinstance(answers, dict):
        if output not in answers:
            known = ", ".join(map(repr, answers))
            raise ValueError(
                say(
                    "the model has several outputs: choose one with GradCAM(model, "
                    "output=...) out of {known}",
                    known=known,
                )
            )
        return answers[output]
    if output is not None:
        raise ValueError(
            say(
                "there is no output {output!r}: the model has one only, leave output out",
                output=output,
            )
        )
    return answers


def gives_feature_maps(call: Call, images: Tensor) -> bool:
    """Tell whether a layer gave (n, h', w', channels), outside of any tf.cond or loop."""
    outputs = call.outputs
    return (
        tensorflow.is_tensor(outputs)
        and outputs.shape.rank == 4
        and outputs.dtype.is_floating
        and outputs.graph is images.graph
    )


def in_float32(
    gradients: Sequence[Tensor | None],
    tape: tensorflow.GradientTape,
    score: Tensor,
    watched: Sequence[Call],
) -> list[Tensor | None]:
    """Return gradients of the score as float32; None where there is no way back to feature maps.

    On their way through float16, small gradients would become 0. There they travel once more,
    enlarged; but for those images whose gradients are then too large.
    """
    feature_maps = [call.outputs for call in watched]
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


def by_layer(
    calls: Sequence[Call],
    gradients: Sequence[Tensor | None],
    scores: Tensor,
    named: Sequence[str] | None,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return each layer's feature maps and gradients, from its one call that reaches the scores.

    A layer that does not reach them has gradients of zero. One that cannot be explained is refused
    if it was named, and left out otherwise; so is one of a single place.
    """
    feature_maps: dict[str, Tensor] = {}
    found: dict[str, Tensor] = {}
    on_the_way = leads_to([scores])
    for name in named if named is not None else dict.fromkeys(call.name for call in calls):
        pairs = [(c.outputs, g) for c, g in zip(calls, gradients, strict=True) if c.name == name]
        reaching = [(maps, gradient) for maps, gradient in pairs if gradient is not None]
        hidden = not reaching and any(maps.op in on_the_way for maps, _ in pairs)
        if not pairs or len(reaching) > 1 or hidden:
            if named is not None:
                raise unexplainable_layer(name, len(pairs), len(reaching))
        elif named is not None or tuple(pairs[0][0].shape[1:3]) != (1, 1):
            first, _ = pairs[0]
            maps, found[name] = (
                reaching[0] if reaching else (first, tensorflow.zeros_like(first, "float32"))
            )
            feature_maps[name] = tensorflow.cast(maps, tensorflow.float32)
    return feature_maps, found


def leads_to(answers: Sequence[Tensor]) -> set[tensorflow.Operation]:
    """Return the operations that tensors of a graph depend on."""
    found: set[tensorflow.Operation] = set()
    waiting = [tensor.op for tensor in answers]
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs]
    return found


def bytes_per_pixel(calls: Sequence[Call], kept: Iterable[str], shape: Shape) -> float:
    """Return the memory that explaining an image of the model's `shape` takes, for each pixel.

    A kept feature map has a gradient beside it; a layer at work holds what comes in, goes out, and
    about as much again.
    """
    at_work = max(_bytes(call.outputs) for call in calls)
    in_all = 2 * sum(_bytes(call.outputs) for call in calls if call.name in kept) + 3 * at_work
    return in_all / prod(FREE_SIZE if side is None else side for side in shape[:2])


def _bytes(tensors: Tensor | Sequence | dict) -> int:
    """Return what one image's share of a tensor, or of several, takes."""
    return 4 * sum(
        prod(FREE_SIZE if side is None else side for side in tensor.shape[1:])
        for tensor in tensorflow.nest.flatten(tensors)
        if tensorflow.is_tensor(tensor)
    )


def call_that_gave(tensor: Tensor, calls: Sequence[Call]) -> Call | None:
    """Return the first call with this output: layers behind it that pass it on do not count."""
    wanted = _without_casts(tensor)
    return next((call for call in calls if _without_casts(call.outputs) is wanted), None)


def _without_casts(tensor: Tensor) -> Tensor:
    """Return the tensor of which this one is a copy, in another precision perhaps."""
    while tensorflow.is_tensor(tensor) and tensor.op.type in ("Cast", "Identity"):
        tensor = tensor.op.inputs[0]
    return tensor
