import numpy as np
import pytest
from traitlets import TraitError

from gradcam_lab import GradCAM, GradCAMComparison
from gradcam_lab.views import comparison_figure, to_png

LABELS = [7, 3, 3, 8, 7, 3]  # of six pictures; what they show does not matter


@pytest.fixture
def comparison(cnn, digits):
    return GradCAMComparison(cnn, digits.test_x[:6], LABELS, classes=[3, 8])


def test_first_picture_of_each_class_is_chosen_in_the_order_of_the_classes(comparison):
    assert comparison.indices == (1, 3)


def test_next_picture_of_each_class_follows_and_after_the_last_the_first(comparison, find):
    seen = []
    for _ in range(3):
        find(comparison, "gradcam-others").click()
        seen.append(comparison.indices)
    assert seen == [(2, 3), (5, 3), (1, 3)]


def test_view_shows_the_pictures_and_their_overlays(comparison, cnn, digits, find):
    comparison.layer, comparison.alpha, comparison.colormap = "conv2d", 0.7, "viridis"
    comparison.method = "hirescam"
    titles, heatmaps = [], []
    for index in comparison.indices:
        explanation = GradCAM(cnn).explain(digits.test_x[[index]], method="hirescam")
        chance = 100 * explanation.probabilities.max()
        titles.append(f"true {LABELS[index]}, predicted {explanation.target[0]} ({chance:.1f} %)")
        heatmaps.append(explanation.heatmaps["conv2d"][0])
    chosen = digits.test_x[list(comparison.indices)]
    expected = comparison_figure(chosen, heatmaps, titles, 0.7, "viridis")
    assert find(comparison, "gradcam-view").value == to_png(expected)


@pytest.mark.parametrize(
    ("trait", "moved", "value"),
    [
        ("layer", {"index": 0}, "conv2d"),
        ("alpha", {"value": 0.9}, 0.9),
        ("target", {"index": 4}, 3),
        ("method", {"index": 2}, "hirescam"),
        ("colormap", {"index": 2}, "viridis"),
    ],
)
def test_moving_a_control_in_the_browser_redraws_all(
    comparison, cnn, digits, find, trait, moved, value
):
    before = find(comparison, "gradcam-view").value
    find(comparison, f"gradcam-{trait}").set_state(moved)
    assert getattr(comparison, trait) == value
    set_in_python = GradCAMComparison(cnn, digits.test_x[:6], LABELS, classes=[3, 8])
    setattr(set_in_python, trait, value)
    after = find(comparison, "gradcam-view").value
    assert before != after == find(set_in_python, "gradcam-view").value


def test_setting_the_indices_redraws(comparison, find, read):
    before = find(comparison, "gradcam-view").value
    comparison.indices = (5, 3)
    assert find(comparison, "gradcam-view").value != before
    assert "alert" not in read(comparison)


def test_opacity_and_layer_need_no_model_call(comparison, read):
    def refuse(*_args, **_options):
        raise AssertionError("the model was called")

    comparison._engine.explain = refuse
    comparison.alpha = 1
    comparison.layer = "conv2d"
    assert "the model was called" not in read(comparison)
    comparison.target = 5
    assert "the model was called" in read(comparison)


def test_caption_says_what_is_explained_and_where(comparison, read):
    assert "each picture explained for its predicted class, at conv2d_1" in read(comparison)
    comparison.target = 4
    assert "each picture explained for class 4, at conv2d_1" in read(comparison)


def test_caption_names_the_pictures_without_positive_evidence(brightness, read):
    bright_and_dark = np.stack([np.ones((4, 4, 1)), np.zeros((4, 4, 1))])
    comparison = GradCAMComparison(
        brightness, bright_and_dark, [0, 1], classes=[0, 1], class_names=["bright", "dark"]
    )
    assert "no positive evidence in the picture of dark" in read(comparison)
    comparison.target = 1
    assert "no positive evidence in the picture of bright, dark" in read(comparison)


def test_class_without_a_picture_is_refused(cnn, digits):
    with pytest.raises(ValueError, match=r"classes are \(3, 5\): give at least one"):
        GradCAMComparison(cnn, digits.test_x[:6], LABELS, classes=[3, 5])


@pytest.mark.parametrize(
    ("indices", "remedy"),
    [
        ((1, 6), "no image 6: give 0 to 5"),
        ((-1, 3), "no image -1"),
        ((1.5, 3), "1.5"),
        (("one", 3), "one"),
        ((1,), "2"),
        ((1, 2, 3), "2"),
    ],
    ids=str,
)
def test_indices_that_do_not_fit_are_refused_and_leave_everything_as_it_was(
    comparison, find, indices, remedy
):
    view = find(comparison, "gradcam-view").value
    with pytest.raises(TraitError, match=remedy):
        comparison.indices = indices
    assert comparison.indices == (1, 3)
    assert find(comparison, "gradcam-view").value == view
