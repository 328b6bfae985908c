"""VGG16 without waste: Keras's own network, each weight read once into the memory it is used from.

Keras fills a network with random numbers, reads the file beside them, and copies. Here a weight's
first value is the file's: numpy owns the memory, HDF5 reads into it, TensorFlow computes with it.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path

import h5py
import numpy as np

from gradcam_lab._language import say
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.pretrained.weights import BLOCKS

ALIGNMENT = 64  # bytes: memory that starts elsewhere makes TensorFlow end the whole process


def load_vgg16(path: str | Path) -> keras.Model:
    """Build VGG16 and fill it from a file of weights.

    Parameters
    ----------
    path : str or pathlib.Path
        HDF5: Keras's own ``vgg16_weights_tf_dim_ordering_tf_kernels.h5``, or a ``.weights.h5``.

    Returns
    -------
    keras.Model
        The network of `keras.applications.VGG16`: preprocessed pictures (n, 224, 224, 3) to the
        probabilities (n, 1000). It can be trained and saved like any other.

    Raises
    ------
    ValueError
        If the file does not hold VGG16's weights.
    OSError
        If there is no such file, or it may not be read.

    References
    ----------
    K. Simonyan, A. Zisserman: Very deep convolutional networks for large-scale image recognition.
    ICLR 2015: table 1, column D.
    """
    picture = keras.Input((224, 224, 3))
    return keras.Model(picture, apply_filled(vgg16_layers(), picture, path), name="vgg16")


def vgg16_layers() -> list[keras.Layer]:
    """Return VGG16's layers in order, not built yet: they hold no numbers."""
    convolution = partial(keras.layers.Conv2D, kernel_size=3, padding="same", activation="relu")
    layers: list[keras.Layer] = []
    for block, widths in enumerate(BLOCKS, 1):
        for i, width in enumerate(widths, 1):
            layers.append(convolution(width, name=f"block{block}_conv{i}"))
        layers.append(keras.layers.MaxPooling2D(name=f"block{block}_pool"))
    return [
        *layers,
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(4096, activation="relu", name="fc1"),
        keras.layers.Dense(4096, activation="relu", name="fc2"),
        keras.layers.Dense(1000, activation="softmax", name="predictions"),
    ]


def apply_filled(
    layers: Sequence[keras.Layer], x: keras.KerasTensor, path: str | Path
) -> keras.KerasTensor:
    """Apply layers in order, each filled from the file when its turn comes; return the output."""
    try:
        with h5py.File(path, "r", locking=False) as file:  # a shared folder may not grant locks
            weights = find_weights(file, layers)
            for layer in layers:
                if layer.name in weights:
                    _build_filled(layer, x.shape, *weights[layer.name])
                x = layer(x)
        return x
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        if getattr(error, "errno", None):  # the system refuses; the file itself may be sound
            raise
        raise ValueError(
            say(
                "The file {path} does not hold VGG16's weights ({reason}): delete it and try "
                "again, or name another one.",
                path=path,
                reason=error.args[0],
            )
        ) from error


def find_weights(file: h5py.File, layers: Sequence[keras.Layer]) -> dict[str, list[h5py.Dataset]]:
    """Return where in the file each layer's kernel and bias are, by the layer's name."""
    found, kinds = {}, Counter[str]()
    for layer in (each for each in layers if hasattr(each, "kernel_initializer")):
        if "layers" in file:  # Keras 3: conv2d, conv2d_1, ... dense, dense_1, ...
            kind = type(layer).__name__.lower()
            number = f"_{kinds[kind]}" if kinds[kind] else ""
            group, names = file[f"layers/{kind}{number}/vars"], ["0", "1"]
            kinds[kind] += 1
        else:
            group = file[layer.name]
            names = group.attrs["weight_names"]
        if len(names) != 2:
            raise ValueError(
                say("layer {name} has {count} weights and not 2", name=layer.name, count=len(names))
            )
        found[layer.name] = [group[name] for name in names]
    return found


def _build_filled(
    layer: keras.Layer, shape: tuple[int | None, ...], kernel: h5py.Dataset, bias: h5py.Dataset
) -> None:
    usual = layer.kernel_initializer, layer.bias_initializer
    layer.kernel_initializer, layer.bias_initializer = partial(_read, kernel), partial(_read, bias)
    layer.build(shape)
    layer.kernel_initializer, layer.bias_initializer = usual  # what the layer is saved with


def _read(dataset: h5py.Dataset, shape: Sequence[int], dtype: str) -> tensorflow.Tensor:
    if getattr(dataset, "shape", None) != tuple(shape):
        raise ValueError(
            say("{dataset} is not of shape {shape}", dataset=dataset, shape=tuple(shape))
        )
    weight = aligned_empty(shape)
    dataset.read_direct(weight)
    return tensorflow.cast(as_tensor(weight), dtype)


def aligned_empty(shape: Sequence[int]) -> np.ndarray:
    """Return a float32 array, not filled, that starts at a multiple of `ALIGNMENT`."""
    size = prod(shape) * 4
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(np.float32).reshape(shape)


def as_tensor(array: np.ndarray) -> tensorflow.Tensor:
    """Return a tensor in the array's own memory, which is freed when both are gone (DLPack)."""
    if array.ctypes.data % ALIGNMENT:
        raise ValueError(
            say("the array does not start at a multiple of {alignment} bytes", alignment=ALIGNMENT)
        )
    return tensorflow.experimental.dlpack.from_dlpack(array.__dlpack__())
