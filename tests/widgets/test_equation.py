import re

import numpy as np
import pytest

from gradcam_lab.overlay import colorize
from gradcam_lab.widgets.anatomy import take_apart
from gradcam_lab.widgets.equation import draw_channel, draw_signed_maps, equation_html

RNG = np.random.default_rng(2)
PARTS = take_apart(RNG.random((5, 4, 13)) - 0.5, RNG.normal(size=13))


def test_equation_is_read_from_the_left_to_the_right():
    page = equation_html(PARTS.equation(12))
    words = re.sub("<[^>]*>", " ", page[page.index("<div") :])
    channels = " [+] ".join([r"[+−]\S+ · +A +\d+ "] * 10)
    pattern = (
        rf" *{channels} [+] +… +2 of 3 more +"
        "= +signed map of 12 channels +→ ReLU → +heatmap +signed map of all channels *"
    )
    assert re.fullmatch(pattern.replace(" [+] ", " +[+] +"), words)


def test_each_term_is_a_button_that_says_what_it_adds():
    buttons = re.findall("<button type='button' [^>]*>", equation_html(PARTS.equation(2)))
    assert re.findall(r"data-channels='(\d+)'", "".join(buttons)) == [*map(str, range(1, 11)), "13"]
    labels = [re.search("title='(.*?)'", button)[1] for button in buttons]
    assert [label.endswith(", added: add all up to it") for label in labels[:4]] == 2 * [
        True
    ] + 2 * [False]
    assert labels[-1] == "of the other channels, 0 of 3 added: add all"


def test_small_pictures_keep_their_proportions_and_take_their_place_before_they_are_decoded():
    page = equation_html(PARTS.equation(3))
    assert page.count("width='4' height='5'") == page.count("<img ") == 10 + 1 + 3
    large = take_apart(np.ones((200, 100, 1)), np.ones(1))
    assert equation_html(large.equation(1)).count("width='35' height='70'") == 1 + 3


def test_signed_maps_have_one_scale_and_the_heatmap_is_what_relu_leaves():
    equation = PARTS.equation(11)
    pictures = {name: np.asarray(each) for name, each in draw_signed_maps(equation).items()}
    limit = max(np.abs(equation.so_far).max(), np.abs(equation.whole).max())
    for name in ("so_far", "rest", "whole"):
        shares = getattr(equation, name) / (2 * limit) + 0.5
        assert np.array_equal(pictures[name], colorize(shares, "RdBu_r"))
    negative = equation.so_far <= 0
    assert negative.any()
    assert not negative.all()
    white = colorize(np.array([[0.5]]), "RdBu_r")
    assert (pictures["heatmap"][negative] == white[0, 0]).all()
    assert (pictures["heatmap"][equation.so_far == equation.so_far.max()] == [103, 0, 31]).all()


def test_map_of_zeros_and_a_channel_of_one_value_can_be_drawn():
    assert not np.any(draw_channel(np.full((2, 2), 5.0)))
    nothing = take_apart(np.zeros((2, 2, 3)), np.zeros(3))
    for picture in draw_signed_maps(nothing.equation(2)).values():
        assert np.ptp(picture) <= 1  # RdBu's white


@pytest.mark.parametrize("added", [0, 4, 10, 11, 13])
def test_drawn_channels_and_the_rest_are_the_sum_so_far(added):
    equation = PARTS.equation(added)
    drawn = min(added, 10)
    first = equation.feature_maps[..., :drawn] @ equation.weights[:drawn]
    assert np.allclose(first + equation.rest, equation.so_far)
