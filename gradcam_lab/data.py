"""Digits and photographs that need no network."""

import os
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps

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


def to_picture(image: Image.Image | np.ndarray, white: int | None = None) -> Image.Image:
    """Return any form of one picture as an RGB `PIL.Image`, upright, on white paper.

    Parameters
    ----------
    image : PIL.Image.Image or array
        An array has the shape (h, w), (h, w, 1) or (h, w, 3), or is a batch of one such picture.
        Its values are those of `white_of`.
    white : int, optional
        The value of white, where more is known than this one picture tells: a dark picture out of
        a batch in [0, 255] may have no value above 1.

    Raises
    ------
    TypeError
        If the image is no picture but a path, or something else that is no numbers.
    ValueError
        If the shape is another one, or a value lies outside its range.
    """
    if isinstance(image, Image.Image):
        check_picture_shape(image.size[::-1])
        return _on_white_paper(_upright(_loaded(image)))
    pixels = _pixels_of_one(image)
    if not np.isfinite(pixels).all():
        raise _out_of_range("NaN or infinite values")
    white = max(white_of(pixels), white or 1)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if white == 65535:
        pixels = pixels // 256  # as Pillow reduces 16-bit colours
    elif pixels.dtype != np.uint8:
        pixels = np.round(pixels * (255 / white))
    return Image.fromarray(pixels.astype(np.uint8)).convert("RGB")


def as_pixels(image: object) -> np.ndarray:
    """Return an array of numbers, or say that there is none."""
    try:
        pixels = np.asarray(image)
        if pixels.dtype.kind in "OV":  # Python's numbers, and bfloat16
            pixels = pixels.astype(np.float32)
    except (TypeError, ValueError):
        pixels = np.array("no numbers")
    if pixels.dtype.kind not in "buif":
        raise TypeError(
            f"a picture is a PIL.Image or an array of numbers, not a {type(image).__name__}: "
            "open a file with Image.open(path)"
        )
    return pixels


def check_picture_shape(shape: tuple[int, ...]) -> None:
    """Say what to do about an array that has not the shape of one picture."""
    if 0 in shape or not (len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))):
        raise ValueError(
            f"a picture has the shape (h, w), (h, w, 1) or (h, w, 3), not {shape}: choose one "
            "picture of a batch with images[i], leave transparency out with image[..., :3]"
        )


def white_of(pixels: np.ndarray) -> int:
    """Return the value of white in an array: one picture, or several that have it in common.

    Whole numbers lie in [0, 255], and in [0, 65535] if one is larger or the type is uint16.
    Floats lie in [0, 1], and in [0, 255] if one is larger. What is no number (NaN) is passed over.

    Raises
    ------
    ValueError
        If a value lies outside these ranges.
    """
    low, high = np.fmin.reduce(pixels, axis=None), np.fmax.reduce(pixels, axis=None)
    if pixels.dtype.kind in "ui":
        white = 255 if high <= 255 and pixels.dtype.name != "uint16" else 65535
    else:
        white = 1 if high <= 1 else 255
    if low < 0 or high > white:
        raise _out_of_range(f"values between {low} and {high}")
    return white


def common_white(images: Sequence[Image.Image | np.ndarray] | np.ndarray) -> int | None:
    """Return the value of white that all arrays of pictures have in common; None: each its own."""
    if hasattr(images, "shape"):
        pixels = as_pixels(images)
        check_picture_shape(pixels.shape[1:])
        return white_of(pixels)
    arrays = [_pixels_of_one(image) for image in images if not isinstance(image, Image.Image)]
    whites = [white_of(pixels) for pixels in arrays]
    return max(whites) if len({pixels.dtype for pixels in arrays}) == 1 else None


def _pixels_of_one(image: np.ndarray) -> np.ndarray:
    """Return the numbers of one picture, also out of a batch of one."""
    pixels = as_pixels(image)
    pixels = pixels[0] if pixels.ndim == 4 and len(pixels) == 1 else pixels
    check_picture_shape(pixels.shape)
    return pixels


def _out_of_range(seen: str) -> ValueError:
    return ValueError(
        f"a picture's values lie in [0, 1] or [0, 255], and here are {seen}: give the picture from "
        "before its preprocessing, and put that into the model (a Rescaling layer) or into the "
        "`scale` of a PretrainedNetwork"
    )


def _loaded(picture: Image.Image) -> Image.Image:
    """Return a picture whose file has been read, or say why it could not be."""
    try:
        picture.load()
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        raise ValueError(
            "the picture cannot be read: its file is closed, as after a `with` block, or damaged: "
            "open it again with Image.open(path), or get the file again"
        ) from error
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Carry out the turn that a camera noted (EXIF)."""
    try:
        noted = picture.getexif().get(ExifTags.Base.Orientation)
        return ImageOps.exif_transpose(picture) if noted else picture  # copied only if need be
    except Exception:  # pixels are worth showing even where the notes about them are damaged
        return picture


def _on_white_paper(picture: Image.Image) -> Image.Image:
    """Return a picture of any mode in RGB, white where it is transparent; no notes go with it."""
    if picture.mode == "F" or picture.mode.startswith("I"):  # Pillow clips all that is above 255
        return to_picture(np.asarray(picture))
    layer = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    layer.info = {}
    if layer.mode == "RGB":
        return layer
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer)
    return paper
