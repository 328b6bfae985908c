"""Digits and photographs that need no network."""

import os
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

ASSETS = files("gradcam_lab") / "assets"


class Digits(NamedTuple):
    """Handwritten digits, ready for a network.

    Pictures are float32 (n, 28, 28, 1) in [0, 1], white ink on black; labels are int64 (n,).
    """

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def load_mnist(full: bool = False) -> Digits:
    """Load MNIST digits.

    Parameters
    ----------
    full : bool, default False
        False: the 3,000 training and 1,000 test digits that ship with this package, 300 and 100
        of each class. True: all 60,000 and 10,000, which Keras downloads once (11 MB).

    Returns
    -------
    Digits
        ``(train_x, train_y, test_x, test_y)``.

    Raises
    ------
    RuntimeError
        If `full` needs a download and ``GRADCAM_LAB_OFFLINE=1`` forbids it.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE, 1998.
    """
    if full:
        from gradcam_lab._tensorflow import keras

        if downloads_are_forbidden() and not (keras_cache() / "datasets" / "mnist.npz").exists():
            raise RuntimeError(
                "Keras's 70,000 digits are not on this machine and GRADCAM_LAB_OFFLINE=1 forbids "
                "downloads: unset it, or use load_mnist() without full."
            )
        (train_x, train_y), (test_x, test_y) = keras.datasets.mnist.load_data()
    else:
        with as_file(ASSETS / "mnist_digits.npz") as path, np.load(path) as arrays:
            train_x, train_y = arrays["train_x"], arrays["train_y"]
            test_x, test_y = arrays["test_x"], arrays["test_y"]
    return Digits(_to_unit(train_x), _to_labels(train_y), _to_unit(test_x), _to_labels(test_y))


def downloads_are_forbidden() -> bool:
    """Tell whether the environment variable ``GRADCAM_LAB_OFFLINE`` is 1."""
    return os.environ.get("GRADCAM_LAB_OFFLINE") == "1"


def keras_cache() -> Path:
    """Return the folder in which Keras keeps what it has downloaded."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))


def _to_unit(pixels: np.ndarray) -> np.ndarray:
    """Scale uint8 (n, h, w) to float32 (n, h, w, 1) in [0, 1]."""
    return pixels[..., np.newaxis].astype(np.float32) / 255


def _to_labels(labels: np.ndarray) -> np.ndarray:
    return labels.astype(np.int64)


def sample_images() -> tuple[str, ...]:
    """Return the names of the photographs that ship with this package."""
    return tuple(sorted(f.name[:-4] for f in ASSETS.iterdir() if f.name.endswith(".jpg")))


def sample_image(name: str) -> Image.Image:
    """Return one of the shipped photographs.

    Parameters
    ----------
    name : str
        One of `sample_images`, such as ``"cat"``.

    Returns
    -------
    PIL.Image.Image
        An RGB picture.

    Raises
    ------
    ValueError
        If there is no photograph of that name.
    """
    if name not in sample_images():
        raise ValueError(f"no sample image {name!r}; there are: {', '.join(sample_images())}")
    with (ASSETS / f"{name}.jpg").open("rb") as file:
        return Image.open(file).convert("RGB")


def to_picture(image: Image.Image | np.ndarray) -> Image.Image:
    """Return any form of one picture as an RGB `PIL.Image`, upright.

    Parameters
    ----------
    image : PIL.Image.Image or array
        An array has the shape (h, w), (h, w, 1) or (h, w, 3), or is a batch of one such picture.
        Its values are uint8, or floats in [0, 1] or, where one is larger than 1, in [0, 255].

    Raises
    ------
    ValueError
        If the shape is another one, or a value lies outside its range.
    """
    if isinstance(image, Image.Image):
        return ImageOps.exif_transpose(image).convert("RGB")
    pixels = np.asarray(image)
    if pixels.ndim == 4 and len(pixels) == 1:
        pixels = pixels[0]
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.size == 0 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[-1] == 3)):
        raise ValueError(
            f"a picture has the shape (h, w), (h, w, 1) or (h, w, 3), not {np.shape(image)}: "
            "choose one picture of a batch with images[i]"
        )
    if pixels.dtype != np.uint8:
        pixels = _to_bytes(pixels)
    return Image.fromarray(pixels).convert("RGB")


def _to_bytes(pixels: np.ndarray) -> np.ndarray:
    """Turn numbers in [0, 1] or [0, 255] into uint8."""
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= 255):  # NaN fails both comparisons
        raise ValueError(
            f"a picture's values lie in [0, 1] or [0, 255], not between {low} and {high}: "
            "give the picture from before its preprocessing (and put that into the model, as a "
            "Rescaling layer)"
        )
    return np.round(pixels * (255 if high <= 1 else 1)).astype(np.uint8)
