"""From strokes of a pen to a digit such as MNIST's."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Strokes = Sequence[Sequence[Sequence[float]]]  # strokes, of points, of x and y

FIELD = 28  # pixels along the side of a digit
BOX = 20  # pixels along the side of the square that its ink fits into
MIDDLE = 14.5  # where MNIST has its centres of mass: the middle of the pixel [14, 14]
PEN = 2.6  # pixels: as much ink, on average, as MNIST's digits have
CANVAS = BOX + 2 * 15  # pixels: the box while drawing, and room around it for the field
FINE = 10  # parts that a pixel has, each way, while drawing
SMALLEST = 0.05  # of the drawing area; what is smaller than a pen's tip stays a dot


def to_digit(strokes: Strokes) -> np.ndarray:
    """Turn a drawing into a digit, normalised as MNIST's were.

    The ink is scaled, keeping its aspect ratio, to fit 20 × 20 pixels; then its centre of mass is
    placed at the middle of 28 × 28. So it matters neither where nor how large somebody draws. The
    pen has one width after scaling: small and large drawings are equally thick.

    Parameters
    ----------
    strokes : sequence of strokes
        A stroke is a sequence of points (x, y) between 0 and 1, y downwards; one of a single point
        is a dot.

    Returns
    -------
    numpy.ndarray
        float32 (28, 28, 1) in [0, 1], white ink on black; zero everywhere without strokes.

    Raises
    ------
    ValueError
        If these are no strokes, or a point lies outside the drawing area.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition. Proceedings of the IEEE, 1998.
    """
    strokes = check_strokes(strokes)
    if not strokes:
        return np.zeros((FIELD, FIELD, 1), np.float32)
    drawing = _draw(_fit(strokes))
    left, top = _place_field(drawing)
    field = (left, top, left + FIELD * FINE, top + FIELD * FINE)
    pixels = drawing.resize((FIELD, FIELD), Image.Resampling.BOX, box=field)
    return np.asarray(pixels, np.float32)[..., np.newaxis] / 255


def check_strokes(strokes: Strokes) -> list[list[list[float]]]:
    """Validate strokes, and return them as plain lists, to three decimals."""
    remedy = "give a list of strokes, each a list of points, such as [[[0.5, 0.1], [0.5, 0.9]]]"
    try:
        arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    except (TypeError, ValueError) as error:
        raise ValueError(f"these are no strokes ({error}): {remedy}") from error
    for number, points in enumerate(arrays):
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise ValueError(f"stroke {number} has the shape {points.shape}, not (n, 2): {remedy}")
        if not ((points >= 0) & (points <= 1)).all():  # NaN fails both comparisons
            raise ValueError(
                f"stroke {number} has a point that is not in the drawing area: x and y lie in "
                "[0, 1], so divide pixels by the width of the area"
            )
    return [points.round(3).tolist() for points in arrays]


def _fit(strokes: Strokes) -> list[np.ndarray]:
    """Scale points so that the ink, pen included, fits the box; in pixels of the canvas."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (BOX - PEN) / max(*(high - low), SMALLEST)
    return [(np.array(stroke) - (low + high) / 2) * scale + CANVAS / 2 for stroke in strokes]


def _draw(strokes: Sequence[np.ndarray]) -> Image.Image:
    """Draw white lines with round joints and ends on black, finely."""
    drawing = Image.new("L", (CANVAS * FINE, CANVAS * FINE))
    pen = ImageDraw.Draw(drawing)
    for stroke in strokes:
        points = [tuple(point) for point in stroke * FINE - 0.5]  # Pillow counts from middles
        pen.line(points, fill=255, width=round(PEN * FINE))
        for point in points:
            pen.circle(point, (PEN * FINE - 1) / 2, fill=255)
    return drawing


def _place_field(drawing: Image.Image) -> np.ndarray:
    """Return left and top of the field around the centre of mass; no ink falls off its edge."""
    ink = np.asarray(drawing, np.float64)
    across, down = ink.sum(axis=0), ink.sum(axis=1)
    middles = np.arange(len(ink)) + 0.5
    centre = np.array([across @ middles, down @ middles]) / ink.sum()
    columns, rows = np.flatnonzero(across), np.flatnonzero(down)
    last = np.array([columns[-1], rows[-1]]) + 1 - FIELD * FINE
    return np.clip(centre - MIDDLE * FINE, last, [columns[0], rows[0]])
