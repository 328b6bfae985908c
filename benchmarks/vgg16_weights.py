"""VGG16's weights for what is measured: the official file, or a random one of its layout."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np

from gradcam_lab._offline import keras_cache
from gradcam_lab._tensorflow import keras
from gradcam_lab.pretrained.vgg16 import vgg16_layers
from gradcam_lab.pretrained.weights import VGG16_FILE

FILE = Path("models", VGG16_FILE)  # in a folder that is laid out as Keras's cache
BUILD = Path(__file__).parents[1] / "build"


@contextmanager
def keras_home_with_vgg16() -> Iterator[tuple[Path, str]]:
    """Give a Keras cache with VGG16's weights, and what to call them.

    It is the user's own where that has the official file; otherwise one of random weights, which
    is deleted at the end.
    """
    if (keras_cache() / FILE).exists():
        yield keras_cache(), "official weights"
        return
    BUILD.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as home:
        write_random_weights(Path(home) / FILE)
        yield Path(home), "random weights"


def write_random_weights(path: Path) -> None:
    """Write a file with the layout of Keras's official one; it appears when it is complete."""
    random, growing = np.random.default_rng(0), path.with_suffix(".part")
    layers, shape = vgg16_layers(), (None, 224, 224, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(growing, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group, weights = file.create_group(layer.name), {}
            if hasattr(layer, "kernel_initializer"):
                outputs = layer.compute_output_shape(shape)[-1]
                window = (3, 3) if isinstance(layer, keras.layers.Conv2D) else ()
                kernel = random.random((*window, shape[-1], outputs), np.float32) - np.float32(0.5)
                kernel *= np.float32((24 / kernel[..., 0].size) ** 0.5)  # keeps the outputs' size
                bias = 0.1 * random.random(outputs, np.float32)
                weights = {f"{layer.name}_W_1:0": kernel, f"{layer.name}_b_1:0": bias}
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, weight in weights.items():
                group[name] = weight
            shape = layer.compute_output_shape(shape)
    growing.rename(path)
