import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import DrawingExplorer, GradCAM
from gradcam_lab.widgets.drawing import to_digit
from gradcam_lab.widgets.drawing_pad import DrawingPad

ONE = [[[0.5, 0.12], [0.5, 0.88]]]
FLAG = [[0.22, 0.2], [0.5, 0.12]]


@pytest.fixture
def drawing(cnn):
    return DrawingExplorer(cnn, strokes=ONE)


def test_strokes_on_the_pad_are_explained_as_the_digit_that_they_give(drawing, cnn, find):
    find(drawing, DrawingPad).set_state({"strokes": [*ONE, FLAG]})
    assert drawing.strokes == [*ONE, FLAG]
    expected = GradCAM(cnn).explain(to_digit([*ONE, FLAG])[np.newaxis])
    assert np.array_equal(drawing.explanation.probabilities, expected.probabilities)
    shown = np.frombuffer(find(drawing, "gradcam-view").heatmap, np.float32).reshape(14, 14)
    assert np.allclose(shown, expected.heatmaps["conv2d_1"][0], atol=1e-6)


def test_a_flag_turns_a_1_into_a_7_and_clearing_it_back(drawing, read):
    assert "says 1, " in read(drawing)
    drawing.strokes = [*ONE, FLAG]
    assert "says 7, " in read(drawing)
    drawing.strokes = ONE
    assert "says 1, " in read(drawing)


def test_strokes_set_from_python_stand_on_the_pad(drawing, find):
    drawing.strokes = [FLAG]
    assert find(drawing, DrawingPad).strokes == [FLAG]


def test_empty_pad_asks_for_a_digit_and_shows_no_map_until_there_is_one(cnn, find, read):
    drawing = DrawingExplorer(cnn)
    assert "Draw a digit" in read(drawing)
    assert "says" not in read(drawing)
    assert "%" not in read(drawing)  # no bar of any class,
    assert not find(drawing, "gradcam-target").probabilities
    assert find(drawing, "gradcam-view").layout.visibility == "hidden"
    drawing.strokes = ONE
    assert "says 1, " in read(drawing)
    assert find(drawing, "gradcam-view").layout.visibility == "visible"
    drawing.strokes = []
    assert "Draw a digit" in read(drawing)
    assert find(drawing, "gradcam-view").layout.visibility == "hidden"


def test_figure_of_an_empty_pad_is_black(cnn, tmp_path):
    assert not np.any(Image.open(DrawingExplorer(cnn).save(tmp_path / "pad.png")))


@pytest.mark.parametrize("strokes", [[[[0.5, 1.5]]], [[0.5, 0.5]], ["one"], [[[float("nan"), 0]]]])
def test_bad_strokes_are_refused_and_leave_the_drawing_as_it_was(drawing, find, strokes):
    with pytest.raises(TraitError, match="stroke"):
        drawing.strokes = strokes
    assert drawing.strokes == find(drawing, DrawingPad).strokes == ONE


def test_network_for_other_pictures_is_refused(brightness):
    with pytest.raises(ValueError, match=r"give one that takes \(28, 28, 1\)"):
        DrawingExplorer(brightness)
