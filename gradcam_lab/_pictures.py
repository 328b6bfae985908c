"""Any form of a picture, as one: whole numbers or floats, 8 or 16 bits, turned or transparent.

And back to a file, whole or not at all.
"""

import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from gradcam_lab._language import say

SMALLEST_SHOWN = 224  # pixels: a smaller picture is enlarged before it is shown or saved


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
        if 0 in image.size:
            raise _no_picture(image.size[::-1])
        return _on_white_paper(_upright(_loaded(image)))
    pixels = as_pixels(image)
    if not np.isfinite(pixels).all():
        raise _out_of_range(say("NaN or infinite values"))
    white = max(white_of(pixels), white or 1)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if white == 65535:
        pixels = pixels // 256  # as Pillow reduces 16-bit colours
    elif pixels.dtype != np.uint8:
        pixels = np.round(pixels * (255 / white))
    return Image.fromarray(pixels.astype(np.uint8)).convert("RGB")


def as_pixels(image: object, *, several: bool = False) -> np.ndarray:
    """Return the numbers of one picture, also out of a batch of one, or of several pictures."""
    try:
        pixels = np.asarray(image)
        if pixels.dtype.kind in "OV":  # Python's numbers, and bfloat16
            pixels = pixels.astype(np.float32)
    except (TypeError, ValueError):
        pixels = np.array("no numbers")
    if pixels.dtype.kind not in "buif":
        raise TypeError(
            say(
                "a picture is a PIL.Image or an array of numbers, not a {kind}: open a file "
                "with Image.open(path)",
                kind=type(image).__name__,
            )
        )
    if not several and pixels.ndim == 4 and len(pixels) == 1:
        pixels = pixels[0]
    shape = pixels.shape[1:] if several else pixels.shape
    if 0 in shape or not (len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))):
        raise _no_picture(shape)
    return pixels


def _no_picture(shape: tuple[int, ...]) -> ValueError:
    return ValueError(
        say(
            "a picture has the shape (h, w), (h, w, 1) or (h, w, 3), not {shape}: choose "
            "one picture of a batch with images[i], leave transparency out with image[..., "
            ":3]",
            shape=shape,
        )
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
        raise _out_of_range(say("values between {low} and {high}", low=low, high=high))
    return white


def common_white(images: Sequence[Image.Image | np.ndarray] | np.ndarray) -> int | None:
    """Return the value of white that all arrays of pictures have in common; None: each its own."""
    if hasattr(images, "shape"):
        return white_of(as_pixels(images, several=True))
    arrays = [as_pixels(image) for image in images if not isinstance(image, Image.Image)]
    whites = [white_of(pixels) for pixels in arrays]
    return max(whites) if len({pixels.dtype for pixels in arrays}) == 1 else None


def _out_of_range(seen: str) -> ValueError:
    return ValueError(
        say(
            "a picture's values lie in [0, 1] or [0, 255], and here are {seen}: give the "
            "picture from before its preprocessing, and put that into the model (a "
            "Rescaling layer) or into the `scale` of a PretrainedNetwork",
            seen=seen,
        )
    )


def _loaded(picture: Image.Image) -> Image.Image:
    """Read a picture's file, which Pillow puts off until somebody needs the pixels."""
    try:
        picture.load()
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        raise ValueError(
            say(
                "the picture cannot be read: its file is closed, as after a `with` block, or "
                "damaged: open it again with Image.open(path), or get the file again"
            )
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


def enlarge(picture: Image.Image) -> Image.Image:
    """Repeat the pixels of a small picture until its longer side has at least 224 pixels."""
    factor = -(-SMALLEST_SHOWN // max(picture.size))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.BOX)


def encode_png(
    image: Image.Image | np.ndarray,
    white: int | None = None,
    largest: tuple[int, int] | None = None,
) -> bytes:
    """Encode any form of a picture, quickly rather than small; reduced to fit into `largest`.

    `white` is that of `to_picture`.
    """
    picture, buffer = to_picture(image, white), io.BytesIO()
    if largest:
        picture.thumbnail(largest, Image.Resampling.LANCZOS)
    picture.save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


def save_picture(picture: Image.Image, path: str | Path) -> Path:
    """Write a picture to a file, whole or not at all; its ending chooses the format."""
    path = Path(path)
    formats = Image.registered_extensions()
    if formats.get(path.suffix.lower()) not in Image.SAVE:
        raise ValueError(
            say("{name!r} names no picture format: end it in .png or .jpg", name=path.name)
        )
    buffer = io.BytesIO()
    picture.save(buffer, format=formats[path.suffix.lower()])
    return write_whole(buffer.getvalue(), path)


def write_whole(content: bytes, path: Path) -> Path:
    """Write a file whole or not at all: the bytes go to a temporary file that is renamed."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise OSError(
            say(
                "cannot write {path} ({error}): choose a folder that exists and that you "
                "may write to",
                path=path,
                error=error.strerror,
            )
        ) from error
    return path
