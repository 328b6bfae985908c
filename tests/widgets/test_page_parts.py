import numpy as np
import pytest

from gradcam_lab.widgets import page_parts

HEATMAP = np.array([[0, 0.25], [0.5, 1]], np.float32)
WORDS = {
    "probabilities": np.array([0.002, 0.998]),
    "class_names": ["one", "seven"],
    "label": 1,
    "target": 1,
    "layer": "conv2d_1",
    "method": "hirescam",
    "heatmap": HEATMAP,
}


def test_sentence_says_prediction_truth_class_layer_method_and_place():
    assert page_parts.sentence(**WORDS) == (
        "The network says seven, 99.8 % sure (true: seven). "
        "Asked about seven, at conv2d_1 by hirescam: warmest at the bottom right"
    )
    assert page_parts.sentence(**WORDS | {"label": None, "target": 0}) == (
        "predicted seven (99.8 %); "
        "Asked about one, at conv2d_1 by hirescam: warmest at the bottom right"
    )


def test_sentence_says_that_there_is_no_positive_evidence():
    words = page_parts.sentence(**WORDS | {"heatmap": 0 * HEATMAP})
    assert words.endswith(
        "by hirescam: no positive evidence for this class, the heatmap is zero everywhere"
    )


@pytest.mark.parametrize(
    ("shape", "row", "column", "place"),
    [
        ((7, 7), 0, 0, "top left"),
        ((7, 7), 1, 3, "top centre"),
        ((7, 7), 3, 6, "middle right"),
        ((7, 7), 3, 3, "centre"),
        ((7, 7), 5, 2, "bottom centre"),
        ((14, 28), 13, 8, "bottom left"),
        ((1, 1), 0, 0, "centre"),
        ((2, 2), 1, 0, "bottom left"),
    ],
    ids=str,
)
def test_place_of_the_maximum_is_named_by_thirds(shape, row, column, place):
    heatmap = np.full(shape, 0.5)
    heatmap[row, column] = 1
    assert page_parts.whereabouts(heatmap) == f"warmest at the {place}"


def test_small_pictures_keep_their_proportions_and_take_their_place_before_they_are_decoded():
    channels = page_parts.channels_html([5, 9], np.ones((4, 7, 2)), np.array([0.3, -0.2]), added=1)
    assert channels.count("width='7' height='4'") == 2
    assert "<figure class='for added'>" in channels
    assert (
        "alt='channel 9, against the class, waiting'><figcaption>A<sup>9</sup><br>α −0.2"
        in channels
    )
    sums = page_parts.sum_html(np.ones((200, 100)), np.ones((200, 100)), added=3)
    assert sums.count("width='35' height='70'") == 2
    assert "alt='signed map of 3 channels'" in sums
