"""The course's CNN, untrained and trained, and what there is to know about any model's layers."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import partial
from importlib.resources import as_file

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.data import ASSETS
from gradcam_lab.listening import Call, listening


def build_cnn() -> keras.Model:
    """Build the course's network: two convolutions, two poolings, two dense layers.

    Returns
    -------
    keras.Model
        Functional, not compiled, 119,530 parameters: (n, 28, 28, 1) in [0, 1] to the
        probabilities (n, 10) of the digits.
    """
    layers = keras.layers
    picture = keras.Input((28, 28, 1), name="picture")
    x = layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2d")(picture)
    x = layers.MaxPooling2D(name="max_pooling2d")(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2d_1")(x)
    x = layers.MaxPooling2D(name="max_pooling2d_1")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(32, activation="relu", name="dense")(x)
    probabilities = layers.Dense(10, activation="softmax", name="dense_1")(x)
    return keras.Model(picture, probabilities, name="cnn")


def trained_cnn() -> keras.Model:
    """Load the course's network as trained on the 3,000 digits of `load_mnist`.

    Returns
    -------
    keras.Model
        As `build_cnn` returns it, with the weights that ship with this package.
    """
    return load_asset("trained_cnn.keras")


def load_asset(name: str) -> keras.Model:
    """Load a network that ships with this package: no custom code, nothing to compile."""
    with as_file(ASSETS / name) as path:
        return keras.saving.load_model(path, compile=False)


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
    names = [name for name, shape in _output_shapes(model).items() if len(shape) == 4]
    if not names:
        raise ValueError(
            f"model {model.name!r} has no layer with an output (n, h', w', channels), so there is "
            "nothing to draw a heatmap of: use a model with convolutional layers."
        )
    return names


def input_shape(model: keras.Model) -> tuple[int | None, ...]:
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


def _output_shapes(model: keras.Model) -> dict[str, tuple[int | None, ...]]:
    """Return the output shape of every innermost layer that has one output."""
    shape, layers = input_shape(model), named_layers(model)
    try:
        outputs = {name: layer.output for name, layer in layers.items()}
    except AttributeError:  # a subclassed model: its layers' shapes show when it is traced
        calls: list[Call] = []
        with listening(layers, calls.append):
            spec = tensorflow.TensorSpec((None, *shape), tensorflow.float32)
            tensorflow.function(partial(run_model, model), autograph=False).get_concrete_function(
                spec
            )
        outputs = {call.name: call.outputs for call in calls}
    return {
        name: tuple(output.shape)
        for name, output in outputs.items()
        if hasattr(output, "shape") and not isinstance(layers[name], keras.layers.InputLayer)
    }


def check_layers(layers: Sequence[str] | None, model: keras.Model) -> tuple[str, ...]:
    """Return the names of the layers to explain, or say which ones there are."""
    spatial = spatial_layers(model)
    if layers is None:
        return tuple(spatial)
    known = named_layers(model)
    for name in layers:
        if name in spatial:
            continue
        if name in known:
            fault = f"layer {name!r} has no output (n, h', w', channels) to draw a heatmap of"
        else:
            fault = f"model has no layer {name!r}"
        inner = [each for each in spatial if each.endswith(f"/{name}")]
        close = inner or get_close_matches(name, spatial)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        listed = spatial if len(spatial) <= 20 else [*spatial[:3], "...", *spatial[-3:]]
        raise ValueError(f"{fault}; {hint}spatial layers are: {', '.join(listed)}")
    return tuple(layers)


def last_convolutional_layer(model: keras.Model) -> str:
    """Name the last convolutional layer: the customary place to look at with Grad-CAM.

    Where a model has no convolutional layer, it is the last spatial one.
    """
    names, layers = spatial_layers(model), named_layers(model)

    def convolves(name: str) -> bool:  # a block of layers that a user wrote counts as well
        return any(len(weight.shape) == 4 for weight in layers[name].weights)

    return next(filter(convolves, reversed(names)), names[-1])
