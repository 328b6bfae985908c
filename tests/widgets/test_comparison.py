import base64
import io

import numpy as np
import pytest
from PIL import Image
from small_models import IMAGES, model_of
from traitlets import TraitError

from gradcam_lab import METHODS, GradCAM, GradCAMComparison, MethodComparison, TargetComparison
from gradcam_lab._tensorflow import keras
from gradcam_lab.widgets.figures import comparison_figure, questions_figure, to_pixels

layers = keras.layers
LABELS = [7, 3, 3, 8, 7, 3]  # of six pictures; what they show does not matter


@pytest.fixture
def comparison(cnn, digits):
    return GradCAMComparison(cnn, digits.test_x[:6], LABELS, classes=[3, 8])


@pytest.fixture
def methods(cnn, digits):
    return MethodComparison(cnn, digits.test_x[:6], methods=["layercam", "hirescam", "gradcam"])


@pytest.fixture
def targets(cnn, digits):
    return TargetComparison(cnn, digits.test_x[:6], [3, 8])


def figure(comparison):
    """Return what the page of a repository shows of a comparison."""
    png = base64.b64decode(comparison._repr_mimebundle_()["image/png"])
    return Image.open(io.BytesIO(png))


def what_is_drawn(comparison):
    return [(view.picture, view.heatmap, view.title) for view in comparison.views]


@pytest.fixture
def expect_column(digits, pixels, numbers):
    """Return a function that expects a column to show one picture and one heatmap."""

    def expect(view, index, heatmap, title):
        assert np.array_equal(pixels(view)[..., :1], np.round(255 * digits.test_x[index]))
        assert np.array_equal(numbers(view), heatmap)
        assert view.title == title
        assert view.description.startswith(f"{title}, at ")
        assert not view.busy

    return expect


# Pictures of several classes


def test_first_picture_of_each_class_is_chosen_in_the_order_of_the_classes(comparison):
    assert comparison.indices == (1, 3)


def test_next_picture_of_each_class_follows_and_after_the_last_the_first(comparison):
    seen = []
    for _ in range(3):
        comparison.show_others()
        seen.append(comparison.indices)
    assert seen == [(2, 3), (5, 3), (1, 3)]


def test_each_column_shows_a_picture_and_its_heatmap(comparison, cnn, digits, expect_column):
    comparison.layer, comparison.alpha, comparison.colormap = "conv2d", 0.7, "viridis"
    comparison.method, comparison.threshold = "hirescam", 0.2
    titles, heatmaps = [], []
    for view, index in zip(comparison.views, comparison.indices, strict=True):
        explanation = GradCAM(cnn).explain(digits.test_x[[index]], method="hirescam")
        chance = 100 * explanation.probabilities.max()
        titles.append(f"true {LABELS[index]}, says {explanation.target[0]}, {chance:.1f} % sure")
        heatmaps.append(explanation.heatmaps["conv2d"][0])
        expect_column(view, index, heatmaps[-1], titles[-1])
        assert (view.alpha, view.colormap_index, view.threshold) == (0.7, 2, 0.2)
    chosen = digits.test_x[list(comparison.indices)]
    expected = comparison_figure(chosen, heatmaps, titles, 0.7, "viridis", 0.2, paper=True)
    assert np.array_equal(figure(comparison), to_pixels(expected))


@pytest.mark.parametrize(
    ("trait", "moved", "value", "asks"),
    [
        ("layer", {"index": 1}, "max_pooling2d", True),
        ("target", {"value": 3}, 3, True),
        ("method", {"index": 2}, "hirescam", True),
        ("same_scale", {"value": True}, True, True),
        ("alpha", {"value": 0.9}, 0.9, False),
        ("colormap", {"index": 2}, "viridis", False),
        ("threshold", {"value": 0.3}, 0.3, False),
    ],
)
def test_moving_a_control_in_the_browser_is_the_same_as_setting_the_trait(
    comparison, cnn, digits, find, trait, moved, value, asks
):
    before, seen = what_is_drawn(comparison), figure(comparison)
    find(comparison, f"gradcam-{trait.replace('_', '-')}").set_state(moved)
    assert getattr(comparison, trait) == value
    assert (what_is_drawn(comparison) != before) == asks
    assert figure(comparison) != seen
    set_in_python = GradCAMComparison(cnn, digits.test_x[:6], LABELS, classes=[3, 8])
    setattr(set_in_python, trait, value)
    assert what_is_drawn(comparison) == what_is_drawn(set_in_python)
    assert figure(comparison) == figure(set_in_python)


def test_setting_the_indices_redraws(comparison, digits, pixels, read):
    comparison.indices = (5, 3)
    for view, index in zip(comparison.views, (5, 3), strict=True):
        assert np.array_equal(pixels(view)[..., :1], np.round(255 * digits.test_x[index]))
    assert "alert" not in read(comparison)


def test_opacity_and_layer_need_no_model_call(comparison, read):
    def refuse(*_args, **_options):
        raise AssertionError("the model was called")

    comparison.engine.run = refuse
    comparison.alpha = 1
    comparison.layer = "conv2d"
    assert "the model was called" not in read(comparison)
    comparison.target = 5
    assert "the model was called" in read(comparison)


def test_caption_says_what_is_explained_and_where(comparison, read):
    assert "each picture explained for its predicted class, at conv2d_1" in read(comparison)
    comparison.target = 4
    assert "each picture explained for class 4, at conv2d_1" in read(comparison)


def test_caption_names_the_columns_in_which_nothing_is_positive(brightness, read):
    bright_and_dark = np.stack([np.ones((4, 4, 1)), np.zeros((4, 4, 1))])
    comparison = GradCAMComparison(
        brightness, bright_and_dark, [0, 1], classes=[0, 1], class_names=["bright", "dark"]
    )
    assert read(comparison).count("true ") == 1
    assert "nothing is positive in: true dark, says bright" in read(comparison)
    comparison.target = 1
    for name in ("bright", "dark"):
        assert f"true {name}, says bright" in read(comparison)
    assert "nothing is positive" in comparison.views[0].description


def test_class_name_is_shown_as_text_even_if_it_looks_like_html(brightness, read):
    for comparison in (
        GradCAMComparison(brightness, np.zeros((1, 4, 4, 1)), [0], [0], class_names=["<img>", "b"]),
        TargetComparison(brightness, np.zeros((1, 4, 4, 1)), [0], class_names=["<img>", "b"]),
        MethodComparison(brightness, np.zeros((1, 4, 4, 1)), class_names=["<img>", "b"]),
    ):
        assert "&lt;img&gt;" in read(comparison)
        assert "<img>" not in read(comparison)
        assert "alert" not in read(comparison)


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
    comparison, indices, remedy
):
    before = what_is_drawn(comparison)
    with pytest.raises(TraitError, match=remedy):
        comparison.indices = indices
    assert comparison.indices == (1, 3)
    assert what_is_drawn(comparison) == before


def test_warmest_place_is_that_of_the_heatmap_before_it_is_rounded_for_the_view():
    picture = keras.Input((100, 100, 1))
    conv = layers.Conv2D(1, 1, kernel_initializer="ones", name="conv")(picture)
    scores = layers.Dense(2, kernel_initializer="ones")(layers.GlobalAveragePooling2D()(conv))
    images = np.zeros((1, 100, 100, 1), np.float32)
    images[0, 0, 0], images[0, -1, -1] = 1 - 1e-6, 1
    comparison = TargetComparison(keras.Model(picture, scores), images, [0])
    (view,) = comparison.views
    assert "warmest at the bottom right" in view.description


# One picture under several methods


def test_each_method_has_a_column(methods, cnn, digits, expect_column):
    methods.index, methods.target, methods.layer = 2, 5, "max_pooling2d"
    titles, heatmaps = ["LayerCAM", "HiResCAM", "Grad-CAM"], []
    names = ["layercam", "hirescam", "gradcam"]
    for view, method, title in zip(methods.views, names, titles, strict=True):
        explanation = GradCAM(cnn).explain(digits.test_x[[2]], 5, "max_pooling2d", method)
        heatmaps.append(explanation.heatmaps["max_pooling2d"][0])
        expect_column(view, 2, heatmaps[-1], title)
    notes = [view.note for view in methods.views]
    titled = ["\n".join(filter(None, pair)) for pair in zip(titles, notes, strict=True)]
    expected = questions_figure(digits.test_x[2], heatmaps, titled, 0.6, "OrRd", paper=True)
    assert np.array_equal(figure(methods), to_pixels(expected))


@pytest.fixture
def alike_and_not(cnn, digits):
    """Two columns of one method, and one of another."""
    comparison = MethodComparison(
        cnn, digits.test_x[:6], methods=["gradcam", "gradcam", "hirescam"]
    )
    comparison.index = 2
    return comparison


def test_each_column_says_how_far_it_is_from_the_first(alike_and_not, numbers):
    first, same, other = alike_and_not.views
    largest = np.abs(numbers(other) - numbers(first)).max()
    assert largest > 0.1
    assert first.note == ""
    assert same.note == "the same map as Grad-CAM"
    assert other.note == f"differs by up to {largest:.2f} from Grad-CAM"
    assert other.description.endswith(f"; {other.note}")


def test_difference_is_shown_in_place_of_all_maps_but_the_first(alike_and_not, numbers, read, find):
    first, _, other = (numbers(view) for view in alike_and_not.views)
    before, notes = figure(alike_and_not), [view.note for view in alike_and_not.views]
    assert "blue" not in read(alike_and_not)
    find(alike_and_not, "gradcam-difference").set_state({"value": True})
    assert [view.is_difference for view in alike_and_not.views] == [False, True, True]
    shown = [numbers(view) for view in alike_and_not.views]
    for numbers_shown, expected in zip(
        shown, (first, np.full_like(first, 0.5), (other - first + 1) / 2), strict=True
    ):
        assert np.allclose(numbers_shown, expected, atol=1e-6)
    assert "blue: less than Grad-CAM, red: more" in read(alike_and_not)
    assert [view.note for view in alike_and_not.views] == notes
    assert figure(alike_and_not) != before
    alike_and_not.difference = False
    assert [view.is_difference for view in alike_and_not.views] == 3 * [False]
    assert figure(alike_and_not) == before


def test_one_method_alone_differs_from_nothing(cnn, digits, read):
    comparison = MethodComparison(cnn, digits.test_x[:1], methods=["layercam"])
    comparison.difference = True
    assert comparison.views[0].note == ""
    assert "blue" not in read(comparison)
    assert figure(comparison).width > 100


def test_all_methods_of_one_pass_are_compared_unless_told_otherwise(cnn, digits):
    comparison = MethodComparison(cnn, digits.test_x[:1])
    titles = [view.title for view in comparison.views]
    assert titles == ["Grad-CAM", "Grad-CAM++", "HiResCAM", "LayerCAM", "XGrad-CAM"]
    assert len(titles) == len(METHODS)


def test_caption_of_methods_says_prediction_class_and_layer(methods, cnn, digits, read):
    probabilities = cnn(digits.test_x[:1], training=False).numpy()[0]
    prediction = f"says {probabilities.argmax()}, {100 * probabilities.max():.1f} % sure"
    methods.target = 4
    assert f"{prediction}. Asked about 4, at conv2d_1" in read(methods)


@pytest.mark.parametrize("method", [["gradcam", "smoothgrad"], ["scorecam"], []])
def test_methods_that_do_not_exist_are_refused_with_those_that_do(cnn, digits, method):
    with pytest.raises(ValueError, match=r"give at least one out of gradcam, .*, xgradcam"):
        MethodComparison(cnn, digits.test_x[:1], methods=method)


# One picture asked about several classes


def test_answers_are_kept_however_many_columns_there_are(read):
    model = model_of(layers.GlobalAveragePooling2D(name="pooled"), layers.Dense(20))
    comparison = TargetComparison(model, IMAGES, range(20))
    comparison.engine.run = None
    comparison.same_scale = True
    assert "alert" not in read(comparison)


def test_each_target_has_a_column(targets, cnn, digits, expect_column):
    targets.index, targets.method = 2, "hirescam"
    titles, heatmaps = [], []
    for view, target in zip(targets.views, (3, 8), strict=True):
        explanation = GradCAM(cnn).explain(digits.test_x[[2]], target, method="hirescam")
        titles.append(f"asked about {target} ({100 * explanation.probabilities[0, target]:.1f} %)")
        heatmaps.append(explanation.heatmaps["conv2d_1"][0])
        expect_column(view, 2, heatmaps[-1], titles[-1])
    expected = questions_figure(digits.test_x[2], heatmaps, titles, 0.6, "OrRd", paper=True)
    assert np.array_equal(figure(targets), to_pixels(expected))


def test_caption_of_targets_says_the_prediction(targets, cnn, digits, read):
    probabilities = cnn(digits.test_x[:1], training=False).numpy()[0]
    prediction = f"says {probabilities.argmax()}, {100 * probabilities.max():.1f} % sure"
    assert f"{prediction}, at conv2d_1" in read(targets)


@pytest.mark.parametrize(
    ("wanted", "remedy"),
    [([], "give at least one"), ([3, 10], "no class 10"), ([-1], "no class -1"), ([0.5], "0.5")],
)
def test_targets_that_do_not_exist_are_refused(cnn, digits, wanted, remedy):
    with pytest.raises(ValueError, match=remedy):
        TargetComparison(cnn, digits.test_x[:1], wanted)


def test_methods_classes_and_targets_may_come_from_a_generator(cnn, digits):
    images = digits.test_x[:6]
    for comparison in (
        MethodComparison(cnn, images, methods=(each for each in ["gradcam", "layercam"])),
        TargetComparison(cnn, images, (each for each in (3, 8))),
        GradCAMComparison(cnn, images, LABELS, classes=(each for each in (3, 8))),
    ):
        assert len(comparison.views) == 2
        assert comparison.message.value == ""
