import json

import numpy as np
import pytest
from traitlets import TraitError

from gradcam_lab.widgets.drawing import to_digit
from gradcam_lab.widgets.drawing_pad import DrawingPad

SEVEN = [[[0.3, 0.2], [0.7, 0.2], [0.5, 0.8]]]
NO_STROKES = [[[0.1, 0.2]], [[[0.1, 1.2]]], [[[0.1, None]]], [[]], 7]


@pytest.fixture
def pad():
    pad = DrawingPad()
    yield pad
    pad.close()


def test_new_pad_is_empty(pad):
    assert pad.strokes == []
    assert repr(pad) == "DrawingPad(0 strokes)"


def test_what_is_drawn_in_the_browser_arrives_as_strokes(pad):
    heard = []
    pad.observe(lambda change: heard.append(change.new), "strokes")
    pad.set_state({"strokes": SEVEN})
    assert pad.strokes == SEVEN
    assert heard == [SEVEN]
    assert repr(pad) == "DrawingPad(1 strokes)"


def test_strokes_set_from_python_reach_the_browser_as_plain_lists_of_three_decimals(pad):
    pad.strokes = (np.array([[1 / 3, 0], [1, 2 / 3]]), [(0.5, 0.5)])
    sent = pad.get_state("strokes")["strokes"]
    assert json.loads(json.dumps(sent)) == [[[0.333, 0], [1, 0.667]], [[0.5, 0.5]]]


def test_what_the_browser_sent_is_not_sent_back_changed(pad):
    every_value = [[k / 1000, 1 - k / 1000] for k in range(1001)]
    drawn = [[[round(x, 3), round(y, 3)] for x, y in every_value]]
    pad.set_state({"strokes": drawn})
    assert pad.strokes == drawn


def test_strokes_of_a_pad_make_a_digit():
    with_strokes = DrawingPad(strokes=SEVEN)
    assert np.array_equal(to_digit(with_strokes.strokes), to_digit(SEVEN))
    with_strokes.strokes = []
    assert not to_digit(with_strokes.strokes).any()


@pytest.mark.parametrize("strokes", NO_STROKES)
def test_what_are_no_strokes_is_refused_from_python_and_from_the_browser(pad, strokes):
    pad.strokes = SEVEN
    with pytest.raises(TraitError):
        pad.strokes = strokes
    with pytest.raises(TraitError):
        pad.set_state({"strokes": strokes})
    assert pad.strokes == SEVEN


def test_refusal_names_the_remedy(pad):
    with pytest.raises(TraitError, match=r"x and y lie in \[0, 1\], so divide pixels by the width"):
        pad.strokes = [[[140, 20]]]


def test_pads_do_not_share_their_strokes(pad):
    other = DrawingPad(strokes=SEVEN)
    assert (pad.strokes, other.strokes) == ([], SEVEN)


def test_browser_half_is_the_plain_files_beside_it(pad):
    state = pad.get_state()
    assert "export default { initialize, render }" in state["_esm"]
    assert ".gradcam-pad" in state["_css"]
    assert "import" not in state["_esm"]  # no library, no network
