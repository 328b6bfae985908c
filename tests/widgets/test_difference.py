import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from gradcam_lab.widgets import style
from gradcam_lab.widgets.difference import difference_colormap, difference_of, draw_difference

BLUE, RED = (np.round(255 * np.array(to_rgb(name))) for name in (style.AGAINST, style.FOR))
PICTURE = Image.linear_gradient("L").resize((40, 30)).convert("RGB")


@pytest.mark.parametrize("alpha", [0, 0.4, 1])
def test_where_two_heatmaps_are_equal_the_picture_stays_as_it_is(alpha):
    heatmap = np.random.default_rng(0).random((3, 4), np.float32)
    drawn = draw_difference(PICTURE, difference_of(heatmap, heatmap), alpha)
    assert np.array_equal(drawn, PICTURE)


@pytest.mark.parametrize(("difference", "colour"), [(-1, BLUE), (1, RED)])
def test_less_is_blue_and_more_is_red(difference, colour):
    first = np.full((1, 1), float(difference < 0))
    drawn = draw_difference(PICTURE, difference_of(1 - first, first), 0.4)
    assert (np.asarray(drawn) == colour).all()


def test_larger_differences_are_more_opaque_and_so_is_more_alpha():
    black = Image.new("RGB", (1, 1))
    reds = [
        np.asarray(draw_difference(black, np.full((1, 1), (1 + difference) / 2), alpha))[0, 0, 0]
        for difference, alpha in [(0.1, 0), (0.1, 0.4), (0.2, 0.4), (0.2, 0.8)]
    ]
    assert np.array_equal(reds, np.round(np.array([0, 0.2, 0.4, 0.8]) * RED[0]))


def test_colour_bar_is_a_difference_on_white():
    shown = difference_colormap(0.4)([0, 0.5, 0.6, 0.99], bytes=True)[:, :3]
    white = Image.new("RGB", (1, 1), "white")
    for colour, difference in zip(shown, [0, 0.5, 0.6, 0.99], strict=True):
        drawn = np.asarray(draw_difference(white, np.full((1, 1), difference), 0.4))[0, 0]
        assert np.abs(drawn.astype(int) - colour).max() <= 2
