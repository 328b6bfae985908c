"""What an explorer holds while it lives, and lets go of when it is closed."""

import gc
import html
import logging
from weakref import ref

import ipywidgets as widgets
import numpy as np
import pytest
from small_models import IMAGES, Traced, model_of, with_the_same_weights

from gradcam_lab import (
    AnatomyExplorer,
    DeletionExplorer,
    DrawingExplorer,
    GradCAMComparison,
    GradCAMExplorer,
    MethodComparison,
    RandomizationExplorer,
    TargetComparison,
)
from gradcam_lab._tensorflow import keras

layers = keras.layers


@pytest.fixture
def model(cnn):
    """The course's network, of which a test may change everything."""
    return with_the_same_weights(keras.models.clone_model(cnn), cnn)


EXPLORERS = {
    "GradCAMExplorer": lambda model, digits: GradCAMExplorer(model, digits.test_x[:20]),
    "AnatomyExplorer": lambda model, digits: AnatomyExplorer(model, digits.test_x[:20]),
    "DrawingExplorer": lambda model, digits: DrawingExplorer(
        model, strokes=[[[0.5, 0.1], [0.5, 0.9]]]
    ),
    "GradCAMComparison": lambda model, digits: GradCAMComparison(
        model, digits.test_x, digits.test_y, (1, 7)
    ),
    "MethodComparison": lambda model, digits: MethodComparison(model, digits.test_x[:20]),
    "TargetComparison": lambda model, digits: TargetComparison(model, digits.test_x[:20], (1, 7)),
    "DeletionExplorer": lambda model, digits: DeletionExplorer(model, digits.test_x[:20]),
    "RandomizationExplorer": lambda model, digits: RandomizationExplorer(
        model, digits.test_x[:20], digits.test_y[:20]
    ),
}
every_explorer = pytest.mark.parametrize("make", EXPLORERS.values(), ids=EXPLORERS)


def live_widgets():
    return set(widgets.widget._instances)


@every_explorer
def test_closing_an_explorer_closes_all_its_parts_and_frees_the_network(make, digits, cnn):
    model = with_the_same_weights(keras.models.clone_model(cnn), cnn)
    before, held = live_widgets(), ref(model)
    explorer = make(model, digits)
    assert len(live_widgets()) > len(before) + 20
    explorer.close()
    assert live_widgets() == before
    del model
    gc.collect()
    assert held() is None  # though somebody still has the explorer


def test_ten_explorers_one_after_the_other_hold_no_more_than_one(digits, cnn):
    before, held = live_widgets(), []
    for _ in range(10):
        model = with_the_same_weights(keras.models.clone_model(cnn), cnn)
        held.append(ref(model))
        explorer = GradCAMExplorer(model, digits.test_x[:3])
        explorer.index = 1
        explorer.close()
    del model
    gc.collect()
    assert live_widgets() == before
    assert [each() for each in held] == [None] * 10


def test_lesson_that_is_run_again_lets_go_of_the_networks_of_its_explorers(digits, cnn):
    """Lesson 3 calls `close_all` before it loads a network."""
    model = with_the_same_weights(keras.models.clone_model(cnn), cnn)
    held = ref(model)
    explorers = [make(model, digits) for make in EXPLORERS.values()]
    widgets.Widget.close_all()
    del model
    gc.collect()
    assert held() is None
    assert len(explorers) == len(EXPLORERS)


@every_explorer
def test_closed_explorer_says_so_whatever_it_is_asked(make, digits, cnn, tmp_path):
    explorer = make(cnn, digits)
    explorer.close()
    for question in (
        lambda: explorer.save(tmp_path / "cam.png"),
        lambda: setattr(explorer, "layer", "conv2d"),
        lambda: explorer._redraw(),
    ):
        with pytest.raises(RuntimeError, match="this explorer was closed: make a new one"):
            question()


# What every explorer notices


@every_explorer
def test_change_of_one_weight_of_a_kernel_is_noticed(make, digits, model, find):
    explorer = make(model, digits)
    view = next(part for part in explorer_parts(explorer) if "gradcam-view" in part._dom_classes)
    before = view.heatmap
    kernel = model.get_layer("conv2d_1").kernel
    kernel.assign(kernel * np.where(np.arange(64) < 32, 0.0, 1.0))  # ablation: channels go to 0
    explorer._redraw()
    assert view.heatmap != before


def explorer_parts(widget):
    return [widget, *(p for c in getattr(widget, "children", ()) for p in explorer_parts(c))]


def test_score_is_that_of_the_changed_network(model, digits):
    explorer = GradCAMExplorer(model, digits.test_x[:5])
    assert explorer.explanation.score[0] != 0
    kernel = model.layers[-1].kernel.value
    kernel[:, :].assign(np.zeros(kernel.shape))  # in place, by a slice
    bias = model.layers[-1].bias.numpy()
    assert explorer.explanation.score[0] == pytest.approx(bias.max(), abs=1e-5)
    calls = []
    run = explorer.engine.run
    explorer.engine.run = lambda *a: calls.append(a) or run(*a)
    assert explorer.explanation.score[0] == pytest.approx(bias.max(), abs=1e-5)
    assert calls == []  # nothing has changed since


def test_activation_that_is_exchanged_is_noticed(model, digits):
    explorer = GradCAMExplorer(model, digits.test_x[:5])
    before = explorer.explanation.score
    model.get_layer("conv2d_1").activation = keras.activations.tanh
    assert not np.allclose(explorer.explanation.score, before)


# What every explorer traces


@every_explorer
def test_after_the_first_answer_no_control_traces_the_network(make, digits):
    traced = Traced()
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv2d"),
            traced,
            layers.Conv2D(4, 3, activation="relu", name="conv2d_1"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    explorer = make(model, digits)
    after_the_first = traced.runs
    settings = {"layer": "conv2d", "target": 3, "method": "layercam", "index": 1, "channels": 2}
    for name in settings.keys() & {*explorer.asked, *explorer.drawn}:
        setattr(explorer, name, settings[name])
    assert traced.runs == after_the_first


# What explorers are given, and what they say


@pytest.mark.parametrize(
    "change",
    [lambda x: x[..., 0], lambda x: x[0], lambda x: x[:, :27], lambda x: x * np.nan],
    ids=["no channels", "no batch axis", "too small", "NaN"],
)
@pytest.mark.parametrize("explorer", [AnatomyExplorer, GradCAMExplorer])
def test_images_that_do_not_fit_end_no_process(explorer, change, cnn, digits):
    with pytest.raises(ValueError, match="images"):
        made = explorer(cnn, change(digits.test_x[:3].astype(np.float64)))
        assert "NaN" in made.message.value
        raise ValueError("images: refused in the widget")


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_anatomy_takes_numbers_of_any_precision(cnn, digits, dtype):
    anatomy = AnatomyExplorer(cnn, digits.test_x[:3].astype(dtype))
    assert "channels of conv2d_1 added" in anatomy.caption.value


def test_error_that_does_not_explain_itself_is_shown_with_its_kind_and_logged(
    cnn, digits, monkeypatch, caplog
):
    explorer = GradCAMExplorer(cnn, digits.test_x[:3])

    def fail(*_args, **_options):
        raise KeyError("conv2d")

    monkeypatch.setattr(explorer.engine, "run", fail)
    with caplog.at_level(logging.ERROR, logger=explorer.log.name):
        explorer.log.propagate = True
        explorer.index = 1
    assert "KeyError: &#x27;conv2d&#x27;" in explorer.message.value
    assert "GradCAMExplorer shows an error" in caplog.text


@every_explorer
def test_network_that_was_trained_to_give_numbers_is_refused_in_every_explorer(make, digits):
    keras.utils.set_random_seed(0)
    pictures = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="conv2d")(pictures)
    model = keras.Model(pictures, layers.Dense(10)(layers.Flatten()(x)))
    trained_later = make(model, digits)
    assert trained_later.message.value == ""
    model.compile("sgd", "mse")
    trained_later._redraw()
    assert "trained with the loss &#x27;mse&#x27;" in trained_later.message.value
    model.fit(digits.train_x[:8], np.zeros((8, 10)), verbose=0)
    for explorer in (trained_later, make(model, digits)):
        explorer.layer = "conv2d"
        explorer._redraw()  # nor does it help to ask once more
        assert "trained with the loss &#x27;mse&#x27;" in explorer.message.value


def test_network_that_diverged_is_named_in_the_widget(model, digits):
    explorer = GradCAMExplorer(model, digits.test_x[:3])
    model.layers[-1].bias.assign(np.full(10, np.nan))
    explorer.index = 1
    assert "its training diverged" in html.unescape(explorer.message.value)


def test_anatomy_shows_what_is_wrong_and_goes_on_working(model, digits, find):
    images = np.array(digits.test_x[:3])
    images[0] = np.nan
    anatomy = AnatomyExplorer(model, images)
    assert "NaN" in anatomy.message.value
    find(anatomy, "gradcam-channels").set_state({"value": 7})
    assert anatomy.channels == find(anatomy, "gradcam-channels").value == 7
    anatomy.index = 1
    assert anatomy.message.value == ""
    assert "7 of 64 channels" in anatomy.caption.value


def test_error_is_not_shown_beside_the_sentence_about_another_state(model, digits):
    explorer = GradCAMExplorer(model, digits.test_x[:3])
    assert explorer.caption.value
    model.layers[-1].bias.assign(np.full(10, np.nan))
    explorer.index = 1
    assert explorer.caption.value == ""


@pytest.mark.parametrize(
    ("shapes", "words"), [([(8, 8, 1), (5,)], "takes 2 inputs"), ([(8, 1)], "Conv2D with kernels")]
)
def test_explorer_says_first_what_is_wrong_with_the_model(shapes, words):
    inputs = [keras.Input(shape) for shape in shapes]
    convolve = layers.Conv2D(2, 3) if len(shapes[0]) == 3 else layers.Conv1D(2, 3)
    x = [layers.Flatten()(convolve(inputs[0])), *map(layers.Flatten(), inputs[1:])]
    joined = layers.Concatenate()(x) if len(x) > 1 else x[0]
    model = keras.Model(inputs, layers.Dense(3)(joined))
    with pytest.raises(ValueError, match=words):
        GradCAMExplorer(model, np.zeros((3, *shapes[0])))


def test_flat_pictures_are_refused_with_the_line_that_gives_them_their_places(cnn, digits):
    with pytest.raises(ValueError, match=r"images\.reshape\(-1, 28, 28, 1\)"):
        GradCAMExplorer(cnn, digits.test_x[:3].reshape(3, 784))


@pytest.mark.parametrize("method", ["gradcam++", "xgradcam", "gradcam"])
@pytest.mark.parametrize("activation", ["relu", None])
def test_method_that_shows_chance_at_a_layer_says_so(method, activation):
    model = model_of(
        layers.Conv2D(4, 1, activation=activation, name="last"), layers.Flatten(), layers.Dense(3)
    )
    explorer = GradCAMExplorer(model, IMAGES)
    explorer.method = method
    by_chance = activation is None and method != "gradcam"
    assert ("last has no activation" in explorer.caption.value) == by_chance
    comparison = MethodComparison(model, IMAGES, methods=[method])
    assert ("last has no activation" in comparison.caption.value) == by_chance
