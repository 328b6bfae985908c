"""The course's CNN, untrained and trained, and what there is to know about any model's layers."""

from importlib.resources import as_file

from gradcam_lab._tensorflow import keras
from gradcam_lab.data import ASSETS


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


def spatial_layers(model: keras.Model) -> list[str]:
    """Name every layer whose feature maps a CAM can use.

    Parameters
    ----------
    model : keras.Model
        A functional or `Sequential` model that has been built.

    Returns
    -------
    list of str
        The layers with an output (n, h', w', channels), in network order; layers inside a nested
        model as ``"outer/inner"``.

    Raises
    ------
    ValueError
        If the shapes of the model's layers are not known, or none of them is spatial.
    """
    layers = named_layers(model)
    try:
        names = [name for name, layer in layers.items() if _is_spatial(layer)]
    except AttributeError as error:
        raise ValueError(
            f"the layers of model {model.name!r} have no known shapes yet: call the model once on "
            "a batch, and build it as a functional or Sequential model."
        ) from error
    if not names:
        raise ValueError(
            f"model {model.name!r} has no layer with an output (n, h', w', channels), so there is "
            "nothing to draw a heatmap of: use a model with convolutional layers."
        )
    return names


def _is_spatial(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.InputLayer):
        return False
    outputs = layer.output
    return isinstance(outputs, keras.KerasTensor) and len(outputs.shape) == 4


def last_convolutional_layer(model: keras.Model) -> str:
    """Name the last convolutional layer: the customary place to look at with Grad-CAM.

    Where a model has no convolutional layer, it is the last spatial one.
    """
    convolutions = (
        keras.layers.Conv2D,
        keras.layers.DepthwiseConv2D,
        keras.layers.SeparableConv2D,
        keras.layers.Conv2DTranspose,
    )
    names = spatial_layers(model)
    layers = named_layers(model)
    return next((n for n in reversed(names) if isinstance(layers[n], convolutions)), names[-1])
