"""What the tests share: data and networks, loaded once, and eyes for the explorers' parts."""

import ipywidgets as widgets
import pytest
from hypothesis import settings

from gradcam_lab import load_mnist, load_pretrained, trained_cnn
from gradcam_lab._tensorflow import keras

settings.register_profile("any machine", deadline=None, max_examples=60)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def digits():
    return load_mnist()


@pytest.fixture(scope="session")
def cnn():
    return trained_cnn()


@pytest.fixture(scope="session")
def network():
    return load_pretrained("efficientnet_lite0")


@pytest.fixture(scope="session")
def brightness():
    """A network whose two class scores are the mean brightness, and minus the mean brightness.

    Every bright pixel is evidence for class 0 and against class 1.
    """
    layers, ones = keras.layers, keras.initializers.Ones()
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(1, 1, kernel_initializer=ones, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, kernel_initializer=keras.initializers.Constant([[1, -1]])),
        ]
    )


@pytest.fixture(scope="session")
def find():
    """Return a function that finds the one part of an explorer by DOM class or widget class."""

    def find_part(explorer, sought):
        (found,) = [
            part
            for part in parts_of(explorer)
            if (sought in part._dom_classes if isinstance(sought, str) else type(part) is sought)
        ]
        return found

    return find_part


@pytest.fixture(scope="session")
def read():
    """Return a function that gives all the words that an explorer shows, as HTML."""
    return lambda explorer: "\n".join(
        part.value for part in parts_of(explorer) if isinstance(part, widgets.HTML)
    )


def parts_of(widget):
    return [
        widget,
        *(part for child in getattr(widget, "children", ()) for part in parts_of(child)),
    ]
