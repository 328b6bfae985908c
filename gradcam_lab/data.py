"""Digits and photographs, at hand without a download."""

from importlib.resources import as_file, files
from typing import NamedTuple

import numpy as np
from PIL import Image

from gradcam_lab._offline import check_mnist_may_be_downloaded

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

        check_mnist_may_be_downloaded()
        (train_x, train_y), (test_x, test_y) = keras.datasets.mnist.load_data()
    else:
        with as_file(ASSETS / "mnist_digits.npz") as path, np.load(path) as arrays:
            train_x, train_y, test_x, test_y = (arrays[name] for name in Digits._fields)
    labels = train_y.astype(np.int64), test_y.astype(np.int64)
    return Digits(_to_unit(train_x), labels[0], _to_unit(test_x), labels[1])


def _to_unit(pixels: np.ndarray) -> np.ndarray:
    """Scale uint8 (n, h, w) to float32 (n, h, w, 1) in [0, 1]."""
    return pixels[..., np.newaxis].astype(np.float32) / 255


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
