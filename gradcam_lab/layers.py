"""Which layers of a model still have a *where*, and which of them Grad-CAM looks at by default."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.listening import Call, listening
from gradcam_lab.model_checks import without_places
from gradcam_lab.traces import traced

Shape = tuple[int | None, ...]
_LAYERS = keras.layers
# What may follow the last convolution without changing which place a value belongs to.
_SAME_PLACES = (
    *(_LAYERS.BatchNormalization, _LAYERS.Add, _LAYERS.Subtract, _LAYERS.Multiply),
    *(_LAYERS.Average, _LAYERS.Maximum, _LAYERS.Minimum, _LAYERS.Concatenate),
    *(_LAYERS.Activation, _LAYERS.ReLU, _LAYERS.LeakyReLU, _LAYERS.PReLU, _LAYERS.ELU),
)
_LINEAR = (_LAYERS.BatchNormalization, _LAYERS.Add, _LAYERS.Subtract, _LAYERS.Average)


def named_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """Return every innermost layer by its name, in network order.

    A layer inside a nested model is named ``"outer/inner"``; the nested model itself is left out.
    """
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            inner = named_layers(layer)
            found |= {f"{layer.name}/{name}": each for name, each in inner.items()}
        else:
            found[layer.name] = layer
    return found


def run_model(model: keras.Model, images: tensorflow.Tensor) -> tensorflow.Tensor | Sequence | dict:
    """Run a model as it answers (not as it trains), in the input form that it was built with."""
    form = getattr(model, "input", None)  # a tensor, or a list or dict of it
    return model(tensorflow.nest.pack_sequence_as(form, [images]), training=False)


def input_shape(model: keras.Model) -> Shape:
    """Return the shape of one image as the model takes it, None where a size is free."""
    inputs = getattr(model, "inputs", None)
    if inputs is None:
        known = model.get_build_config()
        if not known:
            raise ValueError(
                f"model {model.name!r} has no known shapes yet: call the model once on a batch."
            )
        return tuple(known["input_shape"][1:])
    if len(inputs) != 1:
        raise ValueError(
            f"model {model.name!r} takes {len(inputs)} inputs, and a CAM explains one picture: "
            "wrap it in a model of one input."
        )
    return tuple(inputs[0].shape[1:])


# What one run shows


@dataclass(frozen=True)
class Survey:
    """What a model's layers do when it answers, learned by running it once on a symbolic picture.

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


def _run_once(model: keras.Model, output: int | str | None) -> Survey:
    calls: list[Call] = []

    def run(images: tensorflow.Tensor) -> object:
        with listening(named_layers(model), calls.append):
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


def choose_output(
    answers: tensorflow.Tensor | Sequence | dict, output: int | str | None, model: keras.Model
) -> tensorflow.Tensor:
    """Return the output that is asked for, or say which ones there are."""
    if isinstance(answers, list | tuple):
        names = getattr(model, "output_names", range(len(answers)))
        answers = dict(zip(names, answers, strict=True)) | dict(enumerate(answers))
    if isinstance(answers, dict):
        if output not in answers:
            known = ", ".join(map(repr, answers))
            raise ValueError(
                "the model has several outputs: choose one with GradCAM(model, output=...) out of "
                f"{known}"
            )
        return answers[output]
    if output is not None:
        raise ValueError(f"there is no output {output!r}: the model has one only, leave output out")
    return answers


def leads_to(answers: Sequence[tensorflow.Tensor]) -> set[tensorflow.Operation]:
    """Return the operations that tensors of a graph depend on."""
    found, waiting = set(), [tensor.op for tensor in answers]
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs]
    return found


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


# Which layers to look at


def spatial_layers(model: keras.Model) -> list[str]:
    """Name every layer whose feature maps a CAM can use.

    Parameters
    ----------
    model : keras.Model
        A functional or `Sequential` model that has been built, or a subclassed one that has been
        called.

    Returns
    -------
    list of str
        The layers with an output (n, h', w', channels), in network order; layers inside a nested
        model as ``"outer/inner"``.

    Raises
    ------
    ValueError
        If the shapes of the model's layers are not known yet, or none of them is spatial.
    """
    shapes = survey(model).shapes
    names = [name for name, shape in shapes.items() if len(shape) == 4]
    if not names:
        raise without_places(model, shapes)
    return names


def has_places(shape: Shape) -> bool:
    """Tell whether feature maps of this shape have more than one place: 1 × 1 is no *where*."""
    return len(shape) == 4 and shape[1:3] != (1, 1)


def check_layers(names: Sequence[str], model: keras.Model) -> tuple[str, ...]:
    """Return the names of layers to explain, or say which ones there are."""
    spatial, known = spatial_layers(model), named_layers(model)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a layer is named by its name, not by {name!r}: give layer.name")
        if name in spatial:
            continue
        if name not in known:
            fault = f"model has no layer {name!r}"
        elif name not in survey(model).calls:
            fault = f"layer {name!r} never runs when the model answers"
        else:
            fault = f"layer {name!r} has no output (n, h', w', channels) to draw a heatmap of"
        inner = [each for each in spatial if each.endswith(f"/{name}")]
        close = inner or get_close_matches(name, spatial)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        listed = spatial if len(spatial) <= 20 else [*spatial[:3], "...", *spatial[-3:]]
        raise ValueError(f"{fault}; {hint}spatial layers are: {', '.join(listed)}")
    return tuple(names)


def last_convolutional_layer(model: keras.Model, output: int | str | None = None) -> str:
    """Name the last convolutional layer: the customary place to look at with Grad-CAM.

    Where the last convolution is one of several branches, it is no whole answer: then it is the
    last layer behind it that joins all branches and keeps every value at its place, such as a sum,
    a concatenation, or the activation after it. If no layer does that (``x + y``), it is the last
    convolution all the same; if the branches meet only after their places are gone, it is the last
    layer before them. Maps of a single place do not count. Where a model has no convolutional
    layer, it is the last spatial one. Of several outputs, `output` says which one is explained.
    """
    found, layers, spatial = survey(model, output), named_layers(model), spatial_layers(model)
    names = [n for n in spatial if has_places(found.shapes[n]) and found.calls[n] == 1] or spatial
    convolutions = [name for name in names if _convolves(layers[name])]
    if not convolutions:
        return names[-1]
    last = convolutions[-1]
    whole = [
        name
        for name in names
        if name in found.crossed
        and (name in convolutions or isinstance(layers[name], _SAME_PLACES))
    ]
    behind = [
        name
        for name in whole
        if names.index(name) > names.index(last)
        and found.shapes[name][1:3] == found.shapes[last][1:3]
    ]
    if last in found.crossed or (last in found.joined and not behind):
        return last
    return (behind or whole or convolutions)[-1]


def _convolves(layer: keras.Layer) -> bool:
    """Tell whether a layer convolves; a block of layers that a user wrote counts as well."""
    return any(len(weight.shape) == 4 for weight in layer.weights)


def lacks_activation(layer: keras.Layer) -> bool:
    """Tell whether a layer's values may have either sign, and a channel's sum be nearly zero."""
    activation = getattr(layer, "activation", None)
    return activation is keras.activations.linear or isinstance(layer, _LINEAR)
