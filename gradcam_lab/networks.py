"""The course's CNN, untrained and trained."""

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
