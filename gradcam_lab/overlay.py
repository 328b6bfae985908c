"""From heatmap to colour to overlay to file."""

from pathlib import Path

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.colors import Colormap
from PIL import Image

from gradcam_lab import _checks as checks
from gradcam_lab._pictures import enlarge, save_picture, to_picture


def superimpose(
    image: Image.Image | np.ndarray,
    heatmap: np.ndarray,
    alpha: float = 0.4,
    colormap: str | Colormap = "jet",
    threshold: float = 0.0,
) -> np.ndarray:
    """Lay a heatmap over a picture.

    The map is resized as numbers, then coloured, then blended:
    ``(1 - alpha) * image + alpha * colour``.

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
    checks.check_alpha(alpha)
    checks.check_threshold(threshold)
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
    values = Image.fromarray(checks.check_heatmap(heatmap))
    resized = values.resize(size, Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized), 0, 1)


def colorize(heatmap: np.ndarray, colormap: str | Colormap = "jet") -> np.ndarray:
    """Colour a heatmap (h, w) in [0, 1]: uint8 RGB (h, w, 3)."""
    colours = matplotlib.colormaps[checks.check_colormap(colormap)](heatmap, bytes=True)
    return colours[..., :3]
