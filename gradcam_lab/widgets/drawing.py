"""From strokes of a pen to a digit such as MNIST's.

`browser/digit.js` is this file in JavaScript, equal to the last bit: keep the order of arithmetic.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gradcam_lab._language import say

Strokes = Sequence[Sequence[Sequence[float]]]  # strokes, of points, of x and y

FIELD = 28  # pixels along the side of a digit
BOX = 20  # pixels along the side of the square that its ink fits into
MIDDLE = 14.5  # where MNIST has its centres of mass: the middle of the pixel [14, 14]
PEN = 2.6  # pixels: as much ink, on average, as MNIST's digits have
CANVAS = BOX + 2 * 15  # pixels: the box while drawing, and room around it for the field
FINE = 10  # parts that a pixel has, each way: a pixel is the share of them that has ink
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
    ink = _draw(_fit(strokes))
    left, top = _place_field(ink)
    side = FIELD * FINE
    field = ink[top : top + side, left : left + side]
    pixels = field.reshape(FIELD, FINE, FIELD, FINE).mean(axis=(1, 3))
    return pixels.astype(np.float32)[..., np.newaxis]


def check_strokes(strokes: Strokes) -> list[list[list[float]]]:
    """Validate strokes, and return them as plain lists, to three decimals."""
    remedy = say(
        "give a list of strokes, each a list of points, such as [[[0.5, 0.1], [0.5, 0.9]]]"
    )
    try:
        arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    except (TypeError, ValueError) as error:
        raise ValueError(
            say("these are no strokes ({error}): {remedy}", error=error, remedy=remedy)
        ) from error
    for number, points in enumerate(arrays):
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise ValueError(
                say(
                    "stroke {number} has the shape {shape}, not (n, 2): {remedy}",
                    number=number,
                    shape=points.shape,
                    remedy=remedy,
                )
            )
        if not ((points >= 0) & (points <= 1)).all():  # NaN fails both comparisons
            raise ValueError(
                say(
                    "stroke {number} has a point that is not in the drawing area: x and y "
                    "lie in [0, 1], so divide pixels by the width of the area",
                    number=number,
                )
            )
    return [points.round(3).tolist() for points in arrays]


def _fit(strokes: Strokes) -> list[np.ndarray]:
    """Scale points so that the ink, pen included, fits the box; in parts of the canvas's pixels."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (BOX - PEN) / max(*(high - low), SMALLEST) * FINE
    return [(np.array(stroke) - (low + high) / 2) * scale + CANVAS * FINE / 2 for stroke in strokes]


def _draw(strokes: Sequence[np.ndarray]) -> np.ndarray:
    """Return which parts of pixels have their middle within half a pen's width of a line."""
    ink = np.zeros((CANVAS * FINE, CANVAS * FINE), bool)
    for stroke in strokes:
        for start, end in pairwise([stroke[0], *stroke]):  # one point alone is a line, too
            _draw_line(ink, start, end)
    return ink


def _draw_line(ink: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    """Mark what lies near a line, among what lies near the box around it."""
    reach = PEN * FINE / 2
    left, top = np.floor(np.minimum(start, end) - reach).astype(int)
    right, bottom = np.ceil(np.maximum(start, end) + reach).astype(int)
    x = np.arange(left, right) + 0.5 - start[0]
    y = (np.arange(top, bottom) + 0.5 - start[1])[:, np.newaxis]
    across, down = end - start
    length = across * across + down * down
    share = np.clip((x * across + y * down) / (length or 1), 0, 1)  # of the way to the end
    x, y = x - share * across, y - share * down
    ink[top:bottom, left:right] |= x * x + y * y <= reach * reach


def _place_field(ink: np.ndarray) -> np.ndarray:
    """Return left and top of the field around the centre of mass; no ink falls off its edge."""
    across, down = ink.sum(axis=0), ink.sum(axis=1)
    middles = np.arange(len(ink)) + 0.5
    centre = np.array([across @ middles, down @ middles]) / ink.sum()
    columns, rows = np.flatnonzero(across), np.flatnonzero(down)
    last = np.array([columns[-1], rows[-1]]) + 1 - FIELD * FINE
    corner = np.clip(centre - MIDDLE * FINE, last, [columns[0], rows[0]])
    return np.floor(corner + 0.5).astype(int)
