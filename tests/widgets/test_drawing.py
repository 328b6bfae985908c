import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcam_lab.widgets.drawing import check_strokes, to_digit


def arc(x, y, width, height, start, end):
    """Give points on an ellipse; angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(start, end, 24))
    return [*zip(x + width * np.cos(angles), y + height * np.sin(angles), strict=True)]


DRAWINGS = {
    0: [arc(0.5, 0.5, 0.22, 0.32, -90, 270)],
    1: [[(0.52, 0.2), (0.48, 0.8)]],
    2: [[*arc(0.5, 0.36, 0.19, 0.17, -170, 40), (0.3, 0.8), (0.72, 0.8)]],
    3: [arc(0.48, 0.35, 0.17, 0.16, -160, 80) + arc(0.48, 0.65, 0.2, 0.17, -80, 150)],
    4: [[(0.36, 0.2), (0.3, 0.52), (0.68, 0.5)], [(0.64, 0.2), (0.6, 0.82)]],
    5: [[(0.68, 0.2), (0.4, 0.2), (0.37, 0.46), *arc(0.48, 0.62, 0.18, 0.18, -120, 140)]],
    6: [[(0.6, 0.18), (0.45, 0.36), (0.36, 0.58), *arc(0.5, 0.65, 0.15, 0.16, 170, -190)]],
    7: [[(0.3, 0.22), (0.7, 0.22), (0.46, 0.8)]],
    8: [arc(0.5, 0.35, 0.14, 0.15, -90, 270), arc(0.5, 0.66, 0.17, 0.16, -90, 270)],
    9: [[*arc(0.48, 0.36, 0.16, 0.16, -10, -370), (0.63, 0.4), (0.58, 0.82)]],
}
DOT = [[(0.3, 0.8)]]

coordinate = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
any_stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=8)
any_strokes = st.lists(any_stroke, min_size=1, max_size=4)


def size_of(strokes):
    return np.ptp(np.concatenate(strokes), axis=0).max()


def centre_of_mass(digit):
    """Give x and y, counted in pixels from the first one's middle."""
    ink = digit[..., 0].astype(float)
    return np.array([ink.sum(axis=0), ink.sum(axis=1)]) @ np.arange(28) / ink.sum()


def sides(digit):
    """Give width and height of the ink, in pixels."""
    return [np.ptp(np.flatnonzero(digit[..., 0].any(axis=axis))) + 1 for axis in (0, 1)]


# The form


@given(st.lists(any_stroke, max_size=4))
def test_digit_is_float32_of_28_by_28_in_0_to_1(strokes):
    digit = to_digit(strokes)
    assert (digit.dtype, digit.shape) == (np.float32, (28, 28, 1))
    assert digit.min() >= 0
    assert digit.max() <= 1
    assert not strokes or digit.max() > 0.9  # ink is white, and the pen wider than a pixel


def test_without_ink_the_digit_is_zero_everywhere():
    assert not to_digit([]).any()


def test_line_of_no_length_is_a_dot_round_and_small():
    digit = to_digit(DOT)
    assert np.array_equal(digit, to_digit([[(0.3, 0.8), (0.3, 0.8)]]))
    assert np.allclose(digit, digit.transpose(1, 0, 2), atol=0.02)
    assert digit.sum() == pytest.approx(np.pi * 1.3**2, rel=0.05)  # the area of the pen's tip


def test_hand_that_trembles_leaves_a_dot_no_long_line():
    trembling = to_digit([[(0.3, 0.8), (0.302, 0.8)]])
    assert np.abs(trembling - to_digit(DOT)).max() < 0.5
    assert max(sides(trembling)) <= 5


# The place and the size


@given(any_strokes)
def test_centre_of_mass_is_the_pixel_14_14_unless_ink_touches_the_border(strokes):
    digit = to_digit(strokes)
    border = np.concatenate([digit[[0, -1]].ravel(), digit[:, [0, -1]].ravel()])
    if not border.any():
        assert np.abs(centre_of_mass(digit) - 14).max() < 0.15


@given(any_strokes)
def test_longer_side_of_the_ink_is_20_pixels(strokes):
    assume(size_of(strokes) >= 0.05)
    assert 20 <= max(sides(to_digit(strokes))) <= 22  # a place between pixels blurs both ends


@given(any_strokes, st.floats(0.1, 1), coordinate, coordinate)
def test_it_matters_neither_where_nor_how_large_somebody_draws(strokes, scale, right, down):
    assume(scale * size_of(strokes) >= 0.05)
    moved = [
        [(scale * x + (1 - scale) * right, scale * y + (1 - scale) * down) for x, y in stroke]
        for stroke in strokes
    ]
    difference = np.abs(to_digit(moved) - to_digit(strokes))
    assert difference.max() < 0.4  # ends and edges are rounded to a tenth of a pixel
    assert difference.mean() < 0.02


def test_no_ink_is_lost_where_the_centre_of_mass_lies_far_from_the_middle():
    corner = to_digit([[(0, 1), (0, 0), (1, 0)]])
    opposite = to_digit([[(1, 0), (1, 1), (0, 1)]])
    assert corner.sum() == pytest.approx(opposite.sum(), rel=0.01)
    assert min(sides(corner)) == 20
    assert centre_of_mass(corner).max() < 13.5  # moved as far as the field allows


# What it looks like


def test_x_points_to_the_right_and_y_downwards():
    letter_l = to_digit([[(0.2, 0.1), (0.2, 0.8), (0.7, 0.8)]])[..., 0]
    columns, rows = letter_l.sum(axis=0), letter_l.sum(axis=1)
    assert columns[:14].max() > 2 * columns[14:].max()
    assert rows[14:].max() > 2 * rows[:14].max()


def test_drawings_have_about_as_much_ink_as_mnist(digits):
    of_mnist = [digits.train_x[digits.train_y == label].mean() for label in DRAWINGS]
    drawn = [to_digit(strokes).mean() for strokes in DRAWINGS.values()]
    assert np.mean(np.divide(drawn, of_mnist)) == pytest.approx(1, abs=0.05)


def test_drawings_are_centred_where_mnist_is(digits):
    of_mnist = np.mean([centre_of_mass(digit) for digit in digits.test_x], axis=0)
    drawn = np.mean([centre_of_mass(to_digit(each)) for each in DRAWINGS.values()], axis=0)
    assert drawn == pytest.approx(of_mnist, abs=0.1)


@pytest.mark.parametrize("size", [0.2, 1])
def test_network_trained_on_mnist_reads_drawings_large_and_small(cnn, size):
    drawn = [[np.multiply(stroke, size) for stroke in strokes] for strokes in DRAWINGS.values()]
    probabilities = cnn(np.stack([to_digit(strokes) for strokes in drawn])).numpy()
    assert probabilities.argmax(axis=1).tolist() == [*DRAWINGS]


# What it refuses


@pytest.mark.parametrize(
    "strokes",
    [3, None, "7", [[]], [0.1, 0.2], [[0.1, 0.2]], [[[0.1, 0.2, 0.3]]], [[[0.1, 0.2], [0.3]]]],
)
def test_what_are_no_strokes_is_refused_with_an_example(strokes):
    example = re.escape("give a list of strokes, each a list of points, such as [[[0.5, 0.1], ")
    with pytest.raises(ValueError, match=example):
        to_digit(strokes)


@pytest.mark.parametrize("value", [-0.01, 1.01, 140, np.nan, np.inf])
def test_point_outside_the_drawing_area_is_refused_with_the_remedy(value):
    with pytest.raises(ValueError, match=r"stroke 1 .* x and y lie in \[0, 1\], so divide pixels"):
        to_digit([[(0.5, 0.5)], [(0.5, 0.5), (0.5, value)]])


def test_strokes_may_be_arrays_and_come_back_as_plain_lists():
    strokes = check_strokes([np.array([[0, 1], [1, 0]]), ((0.5, 0.25),)])
    assert strokes == [[[0, 1], [1, 0]], [[0.5, 0.25]]]
    assert {type(value) for stroke in strokes for point in stroke for value in point} == {float}
