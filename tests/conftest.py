"""What the tests share: data and networks, loaded once, and eyes for the explorers' parts."""

import io
import subprocess
import sys
from pathlib import Path

import ipykernel.ipkernel  # noqa: F401  whoever imports it first changes how widgets are closed
import ipywidgets as widgets
import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from gradcam_lab import cam, load_mnist, load_pretrained, trained_cnn
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import join_method

settings.register_profile("any machine", deadline=None, max_examples=60, derandomize=True)
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

    Every bright pixel speaks for class 0 and against class 1.
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
def wheel(tmp_path_factory):
    """Return the path of the wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    root = Path(__file__).parent.parent
    subprocess.run([*command, "--directory", folder], cwd=root, check=True, capture_output=True)
    (wheel,) = folder.iterdir()
    return wheel


@pytest.fixture
def sizes_of_parts(monkeypatch):
    """Return a list that notes how many images an engine takes at a time, from now on."""
    sizes = []

    def join_and_note(network, method):
        explain = join_method(network, method)

        def note_and_explain(images, targets):
            sizes.append(len(images))
            return explain(images, targets)

        network.joined[method] = note_and_explain
        return note_and_explain

    monkeypatch.setattr(cam, "join_method", join_and_note)
    return sizes


@pytest.fixture(scope="session")
def find():
    """Return a function that finds the one part of an explorer by DOM class or widget class."""

    def find_part(explorer, sought):
        (found,) = [
            part
            for part in parts_of(explorer)
            if (
                sought in part._dom_classes if isinstance(sought, str) else isinstance(part, sought)
            )
        ]
        return found

    return find_part


@pytest.fixture(scope="session")
def read():
    """Return a function that gives all the words that an explorer shows, as HTML."""
    return lambda explorer: "\n".join(
        part.value for part in parts_of(explorer) if isinstance(part, widgets.HTML)
    )


@pytest.fixture(scope="session")
def pixels():
    """Return a function that reads the picture that a view has, uint8 RGB (h, w, 3)."""
    return lambda view: np.asarray(Image.open(io.BytesIO(view.picture)))


@pytest.fixture(scope="session")
def numbers():
    """Return a function that reads the heatmap that a view has, (h', w') in [0, 1]."""

    def decode(view):
        if len(view.heatmap) == 4 * np.prod(view.shape):
            return np.frombuffer(view.heatmap, "<f4").reshape(view.shape)
        return np.frombuffer(view.heatmap, "<u2").reshape(view.shape) / 65535

    return decode


@pytest.fixture(scope="session")
def wire_to():
    """Return a function that notes, message by message, which traits a widget sends from now on."""

    def connect(widget):
        widget.comm = wire = Wire()
        return wire.sent

    return connect


class Wire:
    """Stands where the connection to the browser is."""

    comm_id = "wire"

    def __init__(self):
        self.sent = []

    def send(self, data=None, metadata=None, buffers=None):
        if data["method"] == "update":  # and not an echo of what the browser itself has sent
            paths = data.get("buffer_paths", [])
            self.sent.append({*data["state"], *(name for name, *_ in paths)})

    def on_msg(self, callback):
        pass

    def close(self, *args, **kwargs):
        pass


def parts_of(widget):
    return [
        widget,
        *(part for child in getattr(widget, "children", ()) for part in parts_of(child)),
    ]
