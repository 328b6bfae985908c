"""What a model's layers do when it answers, learned by running it once on a symbolic picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gradcam_lab._checks import Shape, check_layer_names, input_shape, without_places
from gradcam_lab._rare_models import choose_output, leads_to
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab._traces import traced
from gradcam_lab.hooks import Call, forward_hooks, named_layers, run_model

_LAYERS = keras.layers
# What may follow the last convolution without changing which place a value belongs to.
_SAME_PLACES = (
    *(_LAYERS.BatchNormalization, _LAYERS.Add, _LAYERS.Subtract, _LAYERS.Multiply),
    *(_LAYERS.Average, _LAYERS.Maximum, _LAYERS.Minimum, _LAYERS.Concatenate),
    *(_LAYERS.Activation, _LAYERS.ReLU, _LAYERS.LeakyReLU, _LAYERS.PReLU, _LAYERS.ELU),
)


@dataclass(frozen=True)
class Survey:
    """What one symbolic run of a model shows.

    Attributes
    ----------
    shapes : dict of str to tuple
        The shape of each layer's output, in the order of the layers' first calls; the first axis
        is the batch.
    calls : Counter
        How often each layer runs.
    crossed : frozenset of str
        The layers that every path from the picture to the answer crosses: none is a side branch.
    joined : frozenset of str
        The layers behind which every path crosses one and the same map: their branches meet again.
    answers : TensorShape, or a list or dict of them
        The shapes of the model's outputs.
    """

    shapes: dict[str, Shape]
    calls: Counter
    crossed: frozenset[str]
    joined: frozenset[str]
    answers: tensorflow.TensorShape | Sequence | dict


def survey(model: keras.Model, output: int | str | None = None) -> Survey:
    """Return what there is to know about a model's layers; it runs again when they change.

    Of several outputs, `output` says whose paths count; by default those to all of them.
    """
    return traced(model, (Survey, output), partial(_run_once, model, output))


def check_layers(names: Sequence[str], model: keras.Model) -> tuple[str, ...]:
    """Validate names of layers to explain, and return them."""
    found = survey(model)
    if not any(len(shape) == 4 for shape in found.shapes.values()):
        raise without_places(model, found.shapes)
    return check_layer_names(names, found.shapes, found.calls, named_layers(model))


def has_places(shape: Shape) -> bool:
    """Tell whether feature maps of this shape have more than one place: 1 × 1 is no *where*."""
    return len(shape) == 4 and shape[1:3] != (1, 1)


def _run_once(model: keras.Model, output: int | str | None) -> Survey:
    calls: list[Call] = []

    def run(images: tensorflow.Tensor) -> object:
        with forward_hooks(named_layers(model), calls.append):
            answers = run_model(model, images)
        return answers if output is None else choose_output(answers, output, model)

    picture = tensorflow.TensorSpec((None, *input_shape(model)), tensorflow.float32)
    graph = tensorflow.function(run, autograph=False).get_concrete_function(picture).graph
    tensors = {c.name: c.outputs for c in reversed(calls) if tensorflow.is_tensor(c.outputs)}
    crossed = _crossed_by_every_path(graph)
    order = {operation: place for place, operation in enumerate(graph.get_operations())}
    last_map = max((order[each] for each in crossed if _gives_a_map(each)), default=0)
    return Survey(
        shapes={
            call.name: tuple(tensors[call.name].shape) for call in calls if call.name in tensors
        },
        calls=Counter(call.name for call in calls),
        crossed=frozenset(name for name, tensor in tensors.items() if tensor.op in crossed),
        joined=frozenset(n for n, tensor in tensors.items() if order.get(tensor.op, 0) < last_map),
        answers=tensorflow.nest.map_structure(lambda t: t.shape, graph.structured_outputs),
    )


def _gives_a_map(operation: tensorflow.Operation) -> bool:
    shape = operation.outputs[0].shape
    return shape.rank == 4 and has_places(tuple(shape))


def _crossed_by_every_path(graph: tensorflow.Graph) -> set[tensorflow.Operation]:
    """Return the operations that no path from a graph's first input to its outputs goes around.

    Operations stand in the order in which they run. None goes around one if nothing from before
    it is used after it.
    """
    needed, last_use = leads_to(graph.outputs), {graph.inputs[0].op: 0}
    for operation in graph.get_operations():
        sources = [tensor.op for tensor in operation.inputs if tensor.op in last_use]
        carries_values = all(tensor.dtype.is_floating for tensor in operation.outputs)
        if sources and carries_values and operation in needed:
            place = len(last_use)
            last_use |= dict.fromkeys([*sources, operation], place)
    last_use |= dict.fromkeys((tensor.op for tensor in graph.outputs), len(last_use))
    crossed, in_use_until = set(), 0
    for place, (operation, last) in enumerate(last_use.items()):
        if in_use_until <= place:
            crossed.add(operation)
        in_use_until = max(in_use_until, last)
    return crossed


def behind_branches(
    convolutions: Sequence[str], found: Survey, layers: Mapping[str, keras.Layer]
) -> str:
    """Name the layer to look at where the last convolution is one of several branches.

    It is the last layer behind it that joins all branches and keeps every value at its place, such
    as a sum, a concatenation, or the activation after it. If no layer does that (``x + y``), it is
    the last convolution all the same; if the branches meet only after their places are gone, it is
    the last layer before them.
    """
    last, names = convolutions[-1], list(layers)
    whole = [
        name
        for name, layer in layers.items()
        if name in found.crossed and (name in convolutions or isinstance(layer, _SAME_PLACES))
    ]
    behind = [
        name
        for name in whole
        if names.index(name) > names.index(last)
        and found.shapes[name][1:3] == found.shapes[last][1:3]
    ]
    if last in found.joined and not behind:
        return last
    return (behind or whole or convolutions)[-1]
