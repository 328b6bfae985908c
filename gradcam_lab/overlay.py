"""From heatmap to colour to overlay to file."""

import io
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.colors import Colormap
from PIL import Image

from gradcam_lab.data import to_picture

SMALLEST_SHOWN = 224  # pixels: a smaller picture is enlarged before it is shown or saved
EXACT = 7500  # cells: the values of larger maps are sent in 16 bits, not 32, for slow lines
BITS = 65535  # the largest of the whole numbers that more cells are sent as
COLORMAPS = ("jet", "turbo", "viridis", "cividis", "inferno", "magma", "gray")  # of the explorers


def superimpose(
    image: Image.Image | np.ndarray,
    heatmap: np.ndarray,
    alpha: float = 0.4,
    colormap: str | Colormap = "jet",
    threshold: float = 0.0,
) -> np.ndarray:
    """Lay a heatmap over a picture.

    The map is resized as numbers, then coloured, then blended:
    ``(1 - alpha) * image + alpha * colour``. A map of more than 7,500 cells is rounded to 16 bits
    before, as the explorers send it to the browser: both draw the same pixels.

    Parameters
    ----------
    image : PIL.Image.Image or array
        The picture: whole numbers in [0, 255], or floats in [0, 1] or [0, 255], of the shape
        (h, w), (h, w, 1) or (h, w, 3).
    heatmap : array (h', w')
        In [0, 1].
    alpha : float, default 0.4
        Opacity of the heatmap, from 0 (only the picture) to 1 (only the heatmap).
    colormap : str or matplotlib.colors.Colormap, default "jet"
        A colormap of matplotlib's, or its name.
    threshold : float, default 0
        Where the resized map is below it, the picture stays as it is.

    Returns
    -------
    numpy.ndarray
        uint8 RGB (h, w, 3), the size of the picture.

    Raises
    ------
    ValueError
        If alpha, threshold, heatmap or picture is out of its range, or the colormap unknown.
    """
    check_alpha(alpha)
    check_threshold(threshold)
    picture = to_picture(image)
    values = resize_heatmap(heatmap, picture.size)
    pixels = np.asarray(picture, np.float32)
    blend = (1 - alpha) * pixels + alpha * colorize(values, colormap)
    shown = np.where(values[..., np.newaxis] < threshold, pixels, blend)
    return np.round(shown).astype(np.uint8)


def save_and_display_gradcam(
    img: Image.Image | np.ndarray,
    heatmap: np.ndarray,
    cam_path: str | Path = "cam.jpg",
    alpha: float = 0.4,
) -> Image.Image:
    """Write the overlay to a file, and show it.

    Parameters
    ----------
    img : PIL.Image.Image or array
        The picture, or a batch of one. One smaller than 224 pixels is enlarged first.
    heatmap : array (h', w')
        In [0, 1].
    cam_path : str or path, default "cam.jpg"
        The file to write; its ending chooses the format.
    alpha : float, default 0.4
        Opacity of the heatmap.

    Returns
    -------
    PIL.Image.Image
        The overlay.

    Raises
    ------
    ValueError
        As `superimpose`, and if the file's ending names no picture format.
    OSError
        If the file cannot be written; an older file of that name then stays as it was.
    """
    overlay = Image.fromarray(superimpose(enlarge(to_picture(img)), heatmap, alpha))
    save_picture(overlay, cam_path)
    display(overlay)
    return overlay


def resize_heatmap(heatmap: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Interpolate a heatmap (h', w') bilinearly, as numbers, to `size` = (width, height)."""
    values = Image.fromarray(as_sent(check_heatmap(heatmap)))
    resized = values.resize(size, Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized), 0, 1)


def as_sent(heatmap: np.ndarray) -> np.ndarray:
    """Round a heatmap of many cells as the browser gets it, so that both draw the same pixels."""
    return heatmap if heatmap.size <= EXACT else np.round(heatmap * BITS) / np.float32(BITS)


def colorize(heatmap: np.ndarray, colormap: str = "jet") -> np.ndarray:
    """Colour a heatmap (h, w) in [0, 1]: uint8 RGB (h, w, 3)."""
    colours = matplotlib.colormaps[check_colormap(colormap)](heatmap, bytes=True)
    return colours[..., :3]


def enlarge(picture: Image.Image) -> Image.Image:
    """Repeat the pixels of a small picture until its longer side has at least 224 pixels."""
    factor = -(-SMALLEST_SHOWN // max(picture.size))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.BOX)


def save_picture(picture: Image.Image, path: str | Path) -> Path:
    """Write a picture whole or not at all: the bytes go to a temporary file that is renamed."""
    path = Path(path)
    formats = Image.registered_extensions()
    if formats.get(path.suffix.lower()) not in Image.SAVE:
        raise ValueError(f"{path.name!r} names no picture format: end it in .png or .jpg")
    buffer = io.BytesIO()
    picture.save(buffer, format=formats[path.suffix.lower()])
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(buffer.getvalue())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise OSError(
            f"cannot write {path} ({error.strerror}): choose a folder that exists and that you "
            "may write to"
        ) from error
    return path


def check_heatmap(heatmap: np.ndarray) -> np.ndarray:
    """Return a heatmap as float32 (h', w'), or say that it is none."""
    try:
        heatmap = np.asarray(heatmap, dtype=np.float32)
    except (TypeError, ValueError):  # such as a whole Explanation
        heatmap = np.array(np.nan)
    if heatmap.ndim != 2 or not ((heatmap >= 0) & (heatmap <= 1)).all():
        raise ValueError(
            f"a heatmap is an array (h', w') with values in [0, 1]; this one has the shape "
            f"{heatmap.shape} and values outside [0, 1] or NaN, or another number of axes: "
            "choose one map of an Explanation's heatmaps"
        )
    return heatmap


def check_alpha(alpha: float) -> float:
    """Return alpha, or say that it lies outside [0, 1]."""
    if not _is_share(alpha):
        raise ValueError(
            f"alpha is {alpha}: give a number from 0 (only the picture) to 1 (only the heatmap)"
        )
    return alpha


def check_threshold(threshold: float) -> float:
    """Return the threshold, or say that it lies outside [0, 1]."""
    if not _is_share(threshold):
        raise ValueError(
            f"threshold is {threshold}: give a number from 0 (nothing hidden) to 1 (only the "
            "maximum shown)"
        )
    return threshold


def _is_share(number: float) -> bool:
    """Tell whether it is one number in [0, 1]; NaN is none."""
    number = number.item() if getattr(number, "size", 0) == 1 else number  # of numpy
    return isinstance(number, int | float) and 0 <= number <= 1


def check_colormap(colormap: str | Colormap) -> str:
    """Return the name of the colormap, or say which known ones resemble it."""
    name = getattr(colormap, "name", colormap)
    if not isinstance(name, str) or name not in matplotlib.colormaps:
        close = get_close_matches(str(name), matplotlib.colormaps) or ["jet", "viridis"]
        raise ValueError(f"no colormap {name!r}; did you mean {' or '.join(close)}?")
    return name
