import re

import numpy as np
import pytest

from gradcam_lab import METHODS
from gradcam_lab.widgets import page_parts
from gradcam_lab.widgets.words import WORDS

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
        "predicted seven (99.8 %), true seven; "
        "explaining class seven at conv2d_1 by HiResCAM: warmest at the bottom right"
    )
    assert page_parts.sentence(**SHOWN | {"label": None, "target": 0}) == (
        "predicted seven (99.8 %); "
        "explaining class one at conv2d_1 by HiResCAM: warmest at the bottom right"
    )


def test_sentence_says_that_there_is_no_positive_evidence():
    words = page_parts.sentence(**SHOWN | {"heatmap": 0 * HEATMAP})
    assert words.endswith(
        "by HiResCAM: no positive evidence for this class, the heatmap is zero everywhere"
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


def test_bars_are_the_five_most_likely_classes_in_order():
    bars = page_parts.bars_html(
        np.array([0.05, 0.4, 0.02, 0.2, 0.03, 0.3]), list("abcdef"), target=0
    )
    positions = [bars.index(f">{name}</b>") for name in "bfdae"]
    assert positions == sorted(positions)
    assert ">c</b>" not in bars
    assert "40.0 %" in bars
    assert "width:40.0%" in bars


def test_of_equally_likely_classes_the_first_come_first():
    probabilities = np.eye(1000, dtype=np.float32)[3]
    bars = page_parts.bars_html(probabilities, [f"class {i}" for i in range(1000)], target=3)
    assert re.findall(r">class (\d+)</b>", bars) == ["3", "0", "1", "2", "4"]


def test_bar_of_the_explained_class_stands_out():
    rows = page_parts.bars_html(np.array([0.7, 0.3]), ["a", "b"], target=1).split("<b ")[1:]
    assert ["class='explained'" in row for row in rows] == [False, True]


def test_class_name_is_shown_as_text_even_if_it_looks_like_html():
    assert "<img" not in page_parts.bars_html(np.array([1.0]), ["<img src=x>"], target=0)


def test_every_method_has_a_name_as_people_write_it():
    assert [name for name in METHODS if name not in WORDS] == []


def test_method_of_one_s_own_is_called_what_code_calls_it():
    assert "by my_cam:" in page_parts.sentence(**SHOWN | {"method": "my_cam"})
