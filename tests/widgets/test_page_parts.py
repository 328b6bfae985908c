import numpy as np
import pytest

from gradcam_lab.widgets import page_parts

HEATMAP = np.array([[0, 0.25], [0.5, 1]], np.float32)
SHOWN = {
    "probabilities": np.array([0.002, 0.998]),
    "class_names": ["one", "seven"],
    "label": 1,
    "target": 1,
    "layer": "conv2d_1",
    "method": "hirescam",
    "heatmap": HEATMAP,
}


def test_sentence_says_prediction_truth_class_layer_method_and_place():
    assert page_parts.sentence(**SHOWN) == (
        "The network says seven, 99.8 % sure (true: seven). "
        "Asked about seven, at conv2d_1 by HiResCAM: warmest at the bottom right"
    )
    assert page_parts.sentence(**SHOWN | {"label": None, "target": 0}) == (
        "The network says seven, 99.8 % sure. "
        "Asked about one, at conv2d_1 by HiResCAM: warmest at the bottom right"
    )


def test_sentence_says_that_nothing_is_positive():
    words = page_parts.sentence(**SHOWN | {"heatmap": 0 * HEATMAP})
    assert words.endswith(
        "by HiResCAM: nothing is positive for this class, the heatmap is zero everywhere"
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
