import base64
import gc
import io
import time
from contextlib import suppress
from threading import Event, Thread

import matplotlib
import numpy as np
import pytest
from PIL import Image
from small_models import with_the_same_weights
from traitlets import TraitError

from gradcam_lab import METHODS, GradCAM, GradCAMExplorer, spatial_layers
from gradcam_lab._tensorflow import keras
from gradcam_lab.widgets.figures import explorer_figure, to_pixels
from gradcam_lab.widgets.heatmap_view import COLORMAPS
from gradcam_lab.widgets.words import WORDS

layers = keras.layers
STATE = {  # each trait, a value for it, and what the browser sends when its control moves there
    "index": (5, {"value": 5}),
    "layer": ("conv2d", {"index": 0}),
    "target": (3, {"value": 3}),
    "method": ("hirescam", {"index": 2}),
    "same_scale": (True, {"value": True}),
    "alpha": (0.9, {"value": 0.9}),
    "colormap": ("viridis", {"index": 2}),
    "threshold": (0.35, {"value": 0.35}),
    "swipe": (True, {"value": True}),
}
ASKED = ("index", "layer", "target", "method", "same_scale")  # the kernel has to answer
DRAWN = {"alpha": 0.9, "colormap_index": 2, "threshold": 0.35, "swipe": True}  # by the view


@pytest.fixture
def explorer(cnn, digits):
    return GradCAMExplorer(cnn, digits.test_x[:20], labels=digits.test_y[:20])


@pytest.fixture
def view(explorer, find):
    return find(explorer, "gradcam-view")


@pytest.fixture
def trainable(cnn):
    """The course's network, with weights that a test may change."""
    return with_the_same_weights(keras.models.clone_model(cnn), cnn)


@pytest.fixture
def expect_state(digits, find, pixels, numbers, read):
    """Return a function that asks the engine, and expects the view and the controls to agree."""

    def expect(explorer):
        image = digits.test_x[explorer.index]
        view, layer = find(explorer, "gradcam-view"), explorer.layer
        explanation = GradCAM(explorer.engine.model).explain(
            image[np.newaxis], explorer.target, method=explorer.method
        )
        heatmap = explanation.heatmaps[layer][0]
        if explorer.same_scale:
            strongest = max(signed.max() for signed in explanation.signed.values())
            heatmap = np.maximum(explanation.signed[layer][0], 0) / strongest
        assert np.array_equal(pixels(view)[..., :1], np.round(255 * image))
        np.testing.assert_allclose(numbers(view), heatmap, atol=1 / 131070 + 1e-6)
        asked = f"Asked about {explanation.target[0]}, at {layer} by {WORDS[explorer.method]}: "
        assert asked in view.description
        assert not view.busy
        assert "alert" not in read(explorer)
        drawn = explorer.alpha, explorer.colormap, explorer.threshold
        expected = to_pixels(explorer_figure(image, heatmap, *drawn, **explorer.look))
        difference = figure(explorer).astype(int) - expected
        assert np.abs(difference).mean() < 1e-2  # a value between two colours may become either
        for trait in STATE:
            assert shown(explorer, find, trait) == getattr(explorer, trait)

    return expect


def figure(explorer):
    """Return what the page of a repository shows of an explorer."""
    png = base64.b64decode(explorer._repr_mimebundle_()["image/png"])
    return np.asarray(Image.open(io.BytesIO(png)))


def shown(explorer, find, trait):
    """Say which value of a trait its control shows."""
    control = find(explorer, f"gradcam-{trait.replace('_', '-')}")
    return None if trait == "target" and control.value == -1 else control.value


def what_is_drawn(view):
    return view.picture, view.heatmap, view.description


def count_model_calls(explorer, seconds=0):
    """Note every call of the model; let it take the given time."""
    calls, run = [], explorer.engine.run

    def run_and_note(*args):
        calls.append(args)
        time.sleep(seconds)
        return run(*args)

    explorer.engine.run = run_and_note
    return calls


# The state and its controls


@pytest.mark.parametrize("trait", STATE)
def test_setting_a_trait_moves_its_control_and_redraws(explorer, view, find, expect_state, trait):
    if trait == "same_scale":
        explorer.index, explorer.layer = 2, "conv2d"  # weaker than the strongest layer
    value, _ = STATE[trait]
    drawn, before = what_is_drawn(view), figure(explorer)
    setattr(explorer, trait, value)
    assert getattr(explorer, trait) == shown(explorer, find, trait) == value
    assert (what_is_drawn(view) != drawn) == (trait in ASKED)
    assert np.array_equal(figure(explorer), before) == (trait == "swipe")
    expect_state(explorer)


@pytest.mark.parametrize("trait", STATE)
def test_moving_a_control_in_the_browser_sets_the_trait_and_redraws(
    explorer, view, find, expect_state, trait
):
    if trait == "same_scale":
        explorer.index, explorer.layer = 2, "conv2d"
    value, moved = STATE[trait]
    drawn = what_is_drawn(view)
    find(explorer, f"gradcam-{trait.replace('_', '-')}").set_state(moved)
    assert getattr(explorer, trait) == value
    assert (what_is_drawn(view) != drawn) == (trait in ASKED)
    expect_state(explorer)


def test_target_control_leads_back_to_the_predicted_class(explorer, view, find):
    before = what_is_drawn(view)
    explorer.target = 3
    find(explorer, "gradcam-target").set_state({"value": -1})
    assert explorer.target is None
    assert what_is_drawn(view) == before


def test_controls_and_view_start_at_the_state(explorer, view, expect_state):
    assert explorer.layer == "conv2d_1"
    expect_state(explorer)
    drawn = view.alpha, COLORMAPS[view.colormap_index], view.threshold, view.swipe
    assert drawn == (explorer.alpha, explorer.colormap, explorer.threshold, explorer.swipe)


def test_layer_control_offers_the_spatial_layers(explorer, cnn, find):
    assert list(find(explorer, "gradcam-layer").options) == spatial_layers(cnn)


def test_method_control_offers_the_methods_of_one_pass(explorer, find):
    assert [name for _, name in find(explorer, "gradcam-method").options] == list(METHODS)


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
        ("threshold", -0.1, r"threshold is -0.1: give a number from 0 .* to 1"),
        ("target", 10, r"no class 10: the model has 10 classes, 0 to 9"),
        ("target", -1, r"no class -1"),
        ("method", "gradcamm", r"no method 'gradcamm'; there are: gradcam, gradcam\+\+, hirescam"),
        ("colormap", "sepia", r"no colormap 'sepia'; there are: jet, turbo"),
    ],
)
def test_value_that_does_not_exist_is_refused_and_leaves_everything_as_it_was(
    explorer, find, expect_state, trait, value, remedy
):
    before = getattr(explorer, trait)
    with pytest.raises(TraitError, match=remedy):
        setattr(explorer, trait, value)
    assert getattr(explorer, trait) == shown(explorer, find, trait) == before
    expect_state(explorer)


def test_integers_of_numpy_are_as_good_as_python_s(explorer):
    explorer.index = np.flatnonzero([0, 0, 1])[0]
    explorer.target = np.argmax([0, 1, 0])
    assert (explorer.index, explorer.target) == (2, 1)


def test_colormap_may_be_given_itself(explorer, find):
    explorer.colormap = matplotlib.colormaps["viridis"]
    assert explorer.colormap == find(explorer, "gradcam-colormap").value == "viridis"
    with pytest.raises(TraitError, match="no colormap 'hsv'; there are: jet"):
        explorer.colormap = matplotlib.colormaps["hsv"]


def test_explorer_shows_its_state_as_text(explorer):
    explorer.target = 3
    assert repr(explorer) == (
        "GradCAMExplorer(index=0, layer='conv2d_1', target=3, method='gradcam', same_scale=False, "
        "alpha=0.6, colormap='OrRd', threshold=0.0, paper=True, contours=False, swipe=False)"
    )


def test_class_names_that_do_not_fit_are_refused_with_the_remedy(cnn, digits):
    with pytest.raises(ValueError, match="2 class names for 10 classes: give one for each"):
        GradCAMExplorer(cnn, digits.test_x[:3], class_names=["zero", "one"])


def test_model_of_one_output_has_two_classes_to_name(read):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(1, 1, kernel_initializer="ones"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid", kernel_initializer="ones"),
        ]
    )
    explorer = GradCAMExplorer(
        model, np.ones((1, 4, 4, 1)), labels=[1], class_names=["dark", "bright"]
    )
    assert "says bright, 73.1 % sure (true: bright)" in read(explorer)


def test_network_without_weights_can_be_explored(read):
    x = picture = keras.Input((8, 8, 3))
    for layer in (layers.AveragePooling2D(2), layers.GlobalAveragePooling2D(), layers.Softmax()):
        x = layer(x)
    explorer = GradCAMExplorer(keras.Model(picture, x), np.ones((1, 8, 8, 3)))
    assert "Asked about 0" in read(explorer)


@pytest.mark.parametrize("picture", [np.ones((1, 4, 4, 1)), np.zeros((1, 4, 4, 1))])
def test_one_scale_for_all_layers_leaves_a_blank_map_as_it_is(brightness, find, read, picture):
    explorer = GradCAMExplorer(brightness, picture)
    explorer.target, explorer.same_scale = 1, True
    assert not any(find(explorer, "gradcam-view").heatmap)
    assert "nothing is positive" in read(explorer)
    assert "alert" not in read(explorer)


# What travels to the browser


@pytest.mark.parametrize(
    ("trait", "drawn"),
    list(zip(["alpha", "colormap", "threshold", "swipe"], DRAWN, strict=True)),
)
def test_what_the_browser_draws_alone_costs_no_message(explorer, view, find, wire_to, trait, drawn):
    sent, (value, moved) = wire_to(view), STATE[trait]
    find(explorer, f"gradcam-{trait}").set_state(moved)
    assert sent == []
    setattr(explorer, trait, getattr(type(explorer), trait).default_value)
    setattr(explorer, trait, value)
    assert getattr(view, drawn) == DRAWN[drawn]
    assert {name for message in sent for name in message} == {drawn}


def test_another_layer_costs_messages_without_the_picture(explorer, view, find, wire_to):
    sent = wire_to(view)
    find(explorer, "gradcam-layer").set_state({"index": 0})
    assert sent == [{"receptive_field"}, {"heatmap", "shape", "description"}]


def test_another_picture_costs_one_message_besides_the_spinner(explorer, view, find, wire_to):
    sent = wire_to(view)
    find(explorer, "gradcam-index").set_state({"value": 1})
    assert sent == [{"busy"}, {"picture", "heatmap", "description", "busy"}]


# What costs a model call, and what does not


@pytest.mark.parametrize(
    ("trait", "values"),
    [
        ("alpha", [0.1, 0.2, 1]),
        ("colormap", ["gray"]),
        ("threshold", [0.5]),
        ("swipe", [True]),
        ("same_scale", [True, False]),
        ("layer", ["conv2d", "max_pooling2d"]),
    ],
)
def test_layer_and_what_is_drawn_need_no_model_call(explorer, find, expect_state, trait, values):
    calls = count_model_calls(explorer)
    for value in values:
        setattr(explorer, trait, value)
        expect_state(explorer)
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


def test_sixteen_explanations_are_remembered(explorer):
    for explorer.index in range(17):
        pass
    calls = count_model_calls(explorer)
    for explorer.index in range(16, 0, -1):
        pass
    assert calls == []
    explorer.index = 0
    assert len(calls) == 1
    assert explorer.explanation_of.cache_info().currsize == 16


def train(model, digits):
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    model.fit(digits.train_x[:32], digits.train_y[:32], verbose=0)


def set_other_weights(model, _digits):
    model.set_weights([0.5 * weight for weight in model.get_weights()])


def set_other_weights_of_one_layer(model, _digits):
    layer = model.get_layer("conv2d")
    layer.set_weights([-weight for weight in layer.get_weights()])


def train_below_a_frozen_end(model, digits):
    model.layers[-1].trainable = False
    train(model, digits)


@pytest.mark.parametrize(
    "change",
    [train, set_other_weights, set_other_weights_of_one_layer, train_below_a_frozen_end],
)
def test_explanations_of_other_weights_are_forgotten(trainable, digits, view, expect_state, change):
    explorer = GradCAMExplorer(trainable, digits.test_x[:20])
    explorer.index = 1
    change(trainable, digits)
    for explorer.index in (0, 1):
        expect_state(explorer)


def test_explorer_that_is_shown_again_after_training_shows_the_new_network(
    trainable, digits, expect_state
):
    explorer = GradCAMExplorer(trainable, digits.test_x[:20])
    train(trainable, digits)
    explorer._repr_mimebundle_()
    expect_state(explorer)


# Errors


@pytest.mark.parametrize("bad", [0, 1])
def test_error_in_drawing_is_shown_in_the_widget_until_the_next_good_picture(
    cnn, digits, read, expect_state, bad
):
    images = digits.test_x[:20].copy()
    images[bad] = np.nan
    explorer = GradCAMExplorer(cnn, images)
    explorer.index = bad
    assert "role='alert'" in read(explorer)
    assert "images contain NaN or infinite values" in read(explorer)
    explorer.index = 2
    expect_state(explorer)


def test_error_is_shown_as_text_even_if_it_looks_like_html(explorer, view, read):
    def refuse(*_args, **_options):
        raise ValueError("<img src=x>")

    explorer.engine.run = refuse
    explorer.index = 1
    assert "&lt;img src=x&gt;" in read(explorer)
    assert "<img" not in read(explorer)
    assert not view.busy


def test_explorer_that_was_refused_leaves_no_error_behind(cnn, monkeypatch):
    left = []
    monkeypatch.setattr("sys.unraisablehook", left.append)
    with suppress(TypeError):
        GradCAMExplorer(cnn, "digits.npy")
    gc.collect()
    assert left == []


# Threads: callbacks run beside a running cell


def test_latest_state_stays_when_an_earlier_one_is_slower_to_compute(explorer, find, expect_state):
    run, first_is_computing = explorer.engine.run, Event()

    def run_the_first_slowly(*args):
        if not first_is_computing.is_set():
            first_is_computing.set()
            time.sleep(0.2)
        return run(*args)

    explorer.engine.run = run_the_first_slowly
    move = find(explorer, "gradcam-index").set_state
    callback = Thread(target=move, args=({"value": 1},))
    callback.start()
    first_is_computing.wait(10)
    explorer.index = 2
    callback.join(10)
    assert explorer.index == 2
    expect_state(explorer)


def test_view_and_controls_fit_the_state_after_two_threads_have_changed_it(
    explorer, find, expect_state
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
    expect_state(explorer)


def test_controls_can_be_moved_while_the_network_is_trained(trainable, digits, find, expect_state):
    explorer = GradCAMExplorer(trainable, digits.test_x[:20])
    training, moved, errors = Event(), Event(), []
    moves = [
        ("index", {"value": 7}),
        ("layer", {"index": 0}),
        ("target", {"value": 3}),
        ("method", {"index": 3}),  # not traced before
        ("index", {"value": 8}),
    ]

    def move_controls():
        assert training.wait(30)
        try:
            for trait, state in moves:
                find(explorer, f"gradcam-{trait}").set_state(state)
                expect_controls(explorer, find)
        except Exception as error:
            errors.append(error)
        moved.set()

    class StopWhenMoved(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            training.set()
            self.model.stop_training = moved.is_set()

    callback = Thread(target=move_controls)
    callback.start()
    trainable.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    history = trainable.fit(
        digits.train_x[:320],
        digits.train_y[:320],
        epochs=1000,
        verbose=0,
        callbacks=[StopWhenMoved()],
    )
    callback.join(10)
    assert errors == []
    assert len(history.history["loss"]) < 1000  # the moves ended before the training did
    assert np.isfinite(history.history["loss"]).all()
    explorer.index = 9
    expect_state(explorer)


def expect_controls(explorer, find):
    assert all(shown(explorer, find, trait) == getattr(explorer, trait) for trait in STATE)
    assert "alert" not in explorer.message.value


# Saving


def test_save_writes_the_figure(explorer, tmp_path):
    explorer.alpha = 0.8
    explorer.save(tmp_path / "seven.png")
    assert np.array_equal(Image.open(tmp_path / "seven.png"), figure(explorer))


@pytest.mark.parametrize(
    ("path", "remedy"),
    [("missing/cam.png", "choose a folder that exists"), ("cam", "end it in .png or .jpg")],
)
def test_save_says_what_is_wrong_with_the_path(explorer, tmp_path, path, remedy):
    with pytest.raises((OSError, ValueError), match=remedy):
        explorer.save(tmp_path / path)


def test_save_button_writes_nothing_where_the_kernel_runs(explorer, find, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    find(explorer, "gradcam-save").click()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ask", ["explanation", "save"])
def test_what_a_cell_asks_leaves_no_spinner_behind(trainable, digits, find, tmp_path, ask):
    explorer = GradCAMExplorer(trainable, digits.test_x[:3])
    set_other_weights(trainable, digits)
    if ask == "save":
        explorer.save(tmp_path / "cam.png")
    else:
        assert explorer.explanation.target.shape == (1,)
    assert not find(explorer, "gradcam-view").busy
