"""digit.js and drawing.py make the same digit of the same strokes, to the last bit."""

import numpy as np
from in_node import call_in_node

from gradcam_lab.widgets.drawing import check_strokes, to_digit


def dots(random):
    return random.uniform(size=(random.integers(1, 5), 1, 2))


def quick_strokes(random):
    return random.uniform(size=(random.integers(1, 4), random.integers(2, 9), 2))


def many_strokes(random):
    return random.uniform(size=(60, 3, 2))


def trembling_hand(random):
    return random.uniform(0.5, 0.51, size=(2, 5, 2))


def strokes_on_the_grid(random):
    return random.integers(0, 5, size=(3, 4, 2)) / 4


def strokes_at_the_edge(random):
    return random.integers(0, 2, size=(2, 4, 2)) * [1, random.uniform()]


def handwriting(random):
    steps = random.normal(0, 0.03, size=(2, 80, 2))
    return np.clip(0.5 + np.cumsum(steps, axis=1), 0, 1)


KINDS = (
    dots,
    quick_strokes,
    many_strokes,
    trembling_hand,
    strokes_on_the_grid,
    strokes_at_the_edge,
    handwriting,
)


def test_digits_are_those_of_python_to_the_last_bit():
    random = np.random.default_rng(0)
    drawings = [[], *(check_strokes(kind(random)) for kind in KINDS for _ in range(30))]
    drawn = call_in_node("digit.js", [["toDigit", strokes] for strokes in drawings])
    for strokes, digit in zip(drawings, drawn, strict=True):
        assert np.array_equal(digit.reshape(28, 28, 1), to_digit(strokes)), strokes
