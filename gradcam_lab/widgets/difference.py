"""The difference of two heatmaps over a picture: blue where it is less, red where it is more.

It travels as a heatmap does, in [0, 1]: 0.5 stands for no difference.
"""

import numpy as np
from matplotlib.colors import ListedColormap, to_rgb
from PIL import Image

from gradcam_lab.overlay import resize_heatmap
from gradcam_lab.widgets import style

OPACITY = 5  # of a difference of 1, times alpha


def difference_of(heatmap: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return how a heatmap (h', w') differs from the first one."""
    return (heatmap - first + 1) / 2


def draw_difference(picture: Image.Image, difference: np.ndarray, alpha: float) -> Image.Image:
    """Draw a difference (h', w') over a picture, the more opaque the larger it is."""
    values = resize_heatmap(difference, picture.size)
    pixels = blend_difference(np.asarray(picture.convert("RGB")), values, alpha)
    return Image.fromarray(pixels)


def difference_colormap(alpha: float) -> ListedColormap:
    """Return the colours of differences from -1 to 1 on white."""
    return ListedColormap(blend_difference(np.full(3, 255), np.linspace(0, 1, 256), alpha) / 255)


def blend_difference(pixels: np.ndarray, values: np.ndarray, alpha: float) -> np.ndarray:
    """Blend differences (...) into pixels (..., 3)."""
    values = values[..., np.newaxis]
    less, more = (255 * np.array(to_rgb(name)) for name in (style.AGAINST, style.FOR))
    opacity = np.minimum(1, OPACITY * alpha * np.abs(2 * values - 1))
    blend = (1 - opacity) * pixels + opacity * np.where(values < 0.5, less, more)
    return np.round(blend).astype(np.uint8)
