import time
from pathlib import Path
from threading import Event, Thread

import ipywidgets as widgets
import numpy as np
import pytest
from traitlets import TraitError

from gradcam_lab import METHODS, GradCAMExplorer, sample_image, spatial_layers
from gradcam_lab._tensorflow import keras

TRAITS = ("index", "layer", "alpha", "target", "method", "colormap")


@pytest.fixture
def explorer(cnn, digits):
    return GradCAMExplorer(cnn, digits.test_x[:20], labels=digits.test_y[:20])


@pytest.fixture
def fresh_view(cnn, digits, find):
    """Return a function that gives the view of a new explorer in the same state."""

    def draw(explorer):
        new = GradCAMExplorer(cnn, digits.test_x[:20], labels=digits.test_y[:20])
        for trait in TRAITS:
            setattr(new, trait, getattr(explorer, trait))
        return find(new, "gradcam-view").value

    return draw


def shown(explorer, find, trait):
    """Say which value of a trait its control shows."""
    control = find(explorer, f"gradcam-{trait}")
    return None if getattr(control, "label", "") == "the predicted class" else control.value


def count_model_calls(explorer, seconds=0):
    """Note every call of the model; let it take the given time."""
    calls, explain = [], explorer._engine.explain

    def explain_and_note(*args, **options):
        calls.append(args)
        time.sleep(seconds)
        return explain(*args, **options)

    explorer._engine.explain = explain_and_note
    return calls


# The state and its controls


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("index", 5),
        ("layer", "conv2d"),
        ("alpha", 0.9),
        ("target", 3),
        ("method", "layercam"),
        ("colormap", "viridis"),
    ],
)
def test_setting_a_trait_redraws_and_moves_its_control(explorer, find, fresh_view, trait, value):
    before = find(explorer, "gradcam-view").value
    setattr(explorer, trait, value)
    assert shown(explorer, find, trait) == value
    assert before != find(explorer, "gradcam-view").value == fresh_view(explorer)


@pytest.mark.parametrize(
    ("trait", "moved", "value"),
    [
        ("index", {"value": 5}, 5),
        ("layer", {"index": 0}, "conv2d"),
        ("alpha", {"value": 0.9}, 0.9),
        ("target", {"index": 4}, 3),  # before class 0 comes the predicted class
        ("method", {"index": 2}, "hirescam"),
        ("colormap", {"index": 2}, "viridis"),
    ],
)
def test_moving_a_control_in_the_browser_sets_the_trait_and_redraws(
    explorer, find, fresh_view, trait, moved, value
):
    before = find(explorer, "gradcam-view").value
    find(explorer, f"gradcam-{trait}").set_state(moved)
    assert getattr(explorer, trait) == value
    assert before != find(explorer, "gradcam-view").value == fresh_view(explorer)


def test_target_control_leads_back_to_the_predicted_class(explorer, find):
    before = find(explorer, "gradcam-view").value
    explorer.target = 3
    find(explorer, "gradcam-target").set_state({"index": 0})
    assert explorer.target is None
    assert find(explorer, "gradcam-view").value == before


def test_controls_start_at_the_state(explorer, find):
    assert explorer.layer == "conv2d_1"
    for trait in TRAITS:
        assert shown(explorer, find, trait) == getattr(explorer, trait)


def test_layer_control_offers_the_spatial_layers(explorer, cnn, find):
    assert list(find(explorer, "gradcam-layer").options) == spatial_layers(cnn)


def test_method_control_offers_the_methods_of_one_pass(explorer, find):
    assert list(find(explorer, "gradcam-method").options) == list(METHODS)


@pytest.mark.parametrize(
    ("trait", "value", "remedy"),
    [
        ("index", 20, r"no image 20: give 0 to 19"),
        ("index", -1, r"no image -1"),
        ("index", 1.5, r"expected an int"),
        ("layer", "conv2d_9", r"no layer 'conv2d_9'; did you mean conv2d_1"),
        ("layer", "dense", r"'dense' has no output .* layers are: conv2d"),
        ("alpha", 1.5, r"alpha is 1.5: give a number from 0 .* to 1"),
        ("alpha", float("nan"), r"alpha is nan"),
        ("target", 10, r"no class 10: the model has 10 classes, 0 to 9"),
        ("target", -1, r"no class -1"),
        ("method", "gradcamm", r"no method 'gradcamm'; there are: gradcam, gradcam\+\+, hirescam"),
        ("method", "scorecam", r"no method 'scorecam'"),
        ("colormap", "sepia", r"no colormap 'sepia'; there are: jet, turbo"),
    ],
)
def test_value_that_does_not_exist_is_refused_and_leaves_everything_as_it_was(
    explorer, find, trait, value, remedy
):
    before, view = getattr(explorer, trait), find(explorer, "gradcam-view").value
    with pytest.raises(TraitError, match=remedy):
        setattr(explorer, trait, value)
    assert getattr(explorer, trait) == shown(explorer, find, trait) == before
    assert find(explorer, "gradcam-view").value == view


def test_integers_of_numpy_are_as_good_as_python_s(explorer):
    explorer.index = np.flatnonzero([0, 0, 1])[0]
    explorer.target = np.argmax([0, 1, 0])
    assert (explorer.index, explorer.target) == (2, 1)


def test_explorer_shows_its_state_as_text(explorer):
    explorer.target = 3
    assert repr(explorer) == (
        "GradCAMExplorer(index=0, layer='conv2d_1', alpha=0.4, target=3, method='gradcam', "
        "colormap='jet')"
    )


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"labels": [1, 2]}, r"shape \(2,\) .* one whole number .* each of the 3 images"),
        ({"labels": [[1], [2], [3]]}, r"shape \(3, 1\) .*labels.ravel\(\) of a column"),
        ({"labels": np.eye(3, dtype=int)}, r"labels.argmax\(1\) of one-hot rows"),
        ({"labels": ["one", "two", "three"]}, "from 0 to 9"),
        ({"labels": [8, 9, 10]}, "from 0 to 9"),
        ({"class_names": ["zero", "one"]}, "2 class names for 10 classes: give one for each"),
    ],
)
def test_labels_or_names_that_do_not_fit_are_refused_with_the_remedy(cnn, digits, options, remedy):
    with pytest.raises(ValueError, match=remedy):
        GradCAMExplorer(cnn, digits.test_x[:3], **options)


@pytest.mark.parametrize("images", [sample_image("cat"), "cat.jpg", Path("cat.jpg")], ids=repr)
def test_one_picture_instead_of_a_list_is_refused_with_the_remedy(network, images):
    with pytest.raises(TypeError, match=r"give \[Image.open\(path\)\]"):
        GradCAMExplorer(network, images)


def test_model_of_one_output_has_two_classes_to_name(read):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Conv2D(1, 1, kernel_initializer="ones"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1, activation="sigmoid", kernel_initializer="ones"),
        ]
    )
    explorer = GradCAMExplorer(
        model, np.ones((1, 4, 4, 1)), labels=[1], class_names=["dark", "bright"]
    )
    assert "predicted bright (73.1 %), true bright" in read(explorer)


def test_no_images_are_refused(cnn, digits):
    with pytest.raises(ValueError, match="give at least one"):
        GradCAMExplorer(cnn, digits.test_x[:0])


# What costs a model call, and what does not


@pytest.mark.parametrize(
    ("trait", "values"),
    [("alpha", [0.1, 0.2, 1]), ("colormap", ["gray"]), ("layer", ["conv2d", "max_pooling2d"])],
)
def test_opacity_colours_and_layer_need_no_model_call(explorer, trait, values):
    calls = count_model_calls(explorer)
    for value in values:
        setattr(explorer, trait, value)
    assert calls == []


def test_another_picture_class_or_method_needs_one_model_call_and_the_way_back_none(explorer):
    calls = count_model_calls(explorer)
    explorer.index = 1
    explorer.target = 7
    explorer.method = "hirescam"
    assert len(calls) == 3
    explorer.method = "gradcam"
    explorer.target = None
    explorer.index = 0
    assert len(calls) == 3


# Errors


@pytest.mark.parametrize("bad", [0, 1])
def test_error_in_drawing_is_shown_in_the_widget_until_the_next_good_picture(
    cnn, digits, find, read, fresh_view, bad
):
    images = digits.test_x[:20].copy()
    images[bad] = np.nan
    explorer = GradCAMExplorer(cnn, images)
    explorer.index = bad
    assert "role='alert'" in read(explorer)
    assert "images contain NaN or infinite values" in read(explorer)
    explorer.index = 2
    assert "alert" not in read(explorer)
    assert find(explorer, "gradcam-view").value == fresh_view(explorer)


# Threads: callbacks run beside a running cell


def test_latest_state_stays_when_an_earlier_one_is_slower_to_compute(explorer, find, fresh_view):
    explain, first_is_computing = explorer._engine.explain, Event()

    def explain_the_first_slowly(*args, **options):
        if not first_is_computing.is_set():
            first_is_computing.set()
            time.sleep(0.2)
        return explain(*args, **options)

    explorer._engine.explain = explain_the_first_slowly
    move = find(explorer, "gradcam-index").set_state
    callback = Thread(target=move, args=({"value": 1},))
    callback.start()
    first_is_computing.wait(10)
    explorer.index = 2
    callback.join(10)
    assert explorer.index == find(explorer, "gradcam-index").value == 2
    assert find(explorer, "gradcam-view").value == fresh_view(explorer)


def test_view_and_controls_fit_the_state_after_two_threads_have_changed_it(
    explorer, find, fresh_view
):
    count_model_calls(explorer, seconds=0.01)

    def drag_slider():
        for index in range(10):
            find(explorer, "gradcam-index").set_state({"value": index})

    def run_cell():
        for index in range(10, 20):
            explorer.index, explorer.alpha = index, index / 20

    threads = [Thread(target=drag_slider), Thread(target=run_cell)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    for trait in TRAITS:
        assert shown(explorer, find, trait) == getattr(explorer, trait)
    assert find(explorer, "gradcam-view").value == fresh_view(explorer)


# Saving


def click_save(explorer, find, path):
    find(explorer, widgets.Text).set_state({"value": str(path)})
    find(explorer, "gradcam-save").click()


def test_save_button_writes_the_figure_and_says_so(explorer, find, read, tmp_path):
    click_save(explorer, find, tmp_path / "seven.png")
    explorer.save(tmp_path / "again.png")
    assert "saved" in read(explorer)
    assert "seven.png" in read(explorer)
    assert (tmp_path / "seven.png").read_bytes() == (tmp_path / "again.png").read_bytes()


@pytest.mark.parametrize(
    ("path", "remedy"),
    [("missing/cam.png", "choose a folder that exists"), ("cam", "end it in .png or .jpg")],
)
def test_save_button_shows_what_is_wrong_with_the_path_and_goes_on(
    explorer, find, read, fresh_view, tmp_path, path, remedy
):
    click_save(explorer, find, tmp_path / path)
    assert "role='alert'" in read(explorer)
    assert remedy in read(explorer)
    explorer.index = 3
    assert "alert" not in read(explorer)
    assert find(explorer, "gradcam-view").value == fresh_view(explorer)
    click_save(explorer, find, tmp_path / "cam.png")
    assert (tmp_path / "cam.png").is_file()
