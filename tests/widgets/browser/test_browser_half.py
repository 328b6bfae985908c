"""Python's side of the half in the browser: what it sends, and when it leaves the drawing to it."""

import gc

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets.widgets.widget import _instances
from PIL import Image
from small_models import with_the_same_weights

from gradcam_lab import (
    AnatomyExplorer,
    GradCAM,
    GradCAMExplorer,
    MethodComparison,
    OwnPictureExplorer,
    PretrainedNetwork,
)
from gradcam_lab._tensorflow import keras
from gradcam_lab.widgets import explorer_base

layers = keras.layers


@pytest.fixture
def trainable(cnn):
    """The course's network, with weights that a test may change."""
    return with_the_same_weights(keras.models.clone_model(cnn), cnn)


@pytest.fixture
def explorer(trainable, digits):
    explorer = GradCAMExplorer(trainable, digits.test_x[:20], labels=digits.test_y[:20])
    yield explorer
    explorer.close()


@pytest.fixture
def answered(explorer):
    """An explorer whose browser has tried the network, and answers."""
    explorer.browser.set_state({"answers": True})
    return explorer


def train(model, factor=0.5):
    model.set_weights([weight * factor for weight in model.get_weights()])


# What is sent


def test_network_and_pictures_are_sent_once_for_all_explorers(explorer, trainable, digits):
    others = [kind(trainable, digits.test_x[:20]) for kind in (AnatomyExplorer, MethodComparison)]
    for other in others:
        assert other.browser.network is explorer.browser.network
        assert other.browser.pictures is explorer.browser.pictures
        other.close()
    assert explorer.browser.network.model_id in _instances


def test_closed_explorer_gives_back_what_was_sent(trainable, digits):
    train(trainable, 0.9)
    explorer = GradCAMExplorer(trainable, digits.test_x[7:9])
    sent = explorer.browser.network.model_id, explorer.browser.pictures.model_id
    explorer.close()
    assert not [each for each in sent if each in _instances]


def test_layer_that_the_browser_does_not_compute_is_named(digits):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, activation="swish", name="swishing"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )
    explorer = GradCAMExplorer(model, digits.test_x[:3])
    assert "'swishing'" in explorer.browser.reason
    assert explorer.browser.network is None
    assert "Asked about" in explorer.caption.value  # by the kernel


def test_large_network_is_not_sent(network):
    explorer = GradCAMExplorer(network, [np.zeros((8, 8, 3))])
    assert explorer.browser.reason == "the network's weights take 19 MB"
    assert (explorer.browser.network, explorer.browser.pictures) == (None, None)


def test_every_control_has_its_place(explorer, find):
    for name in explorer.asked:
        control = explorer.browser.controls[name]
        assert control is find(explorer, f"gradcam-{name.replace('_', '-')}")


# Who draws


def test_what_the_browser_answers_costs_python_nothing(answered, find, wire_to, monkeypatch):
    view = find(answered, "gradcam-view")
    sent = wire_to(view)
    monkeypatch.setattr(answered.engine, "run", lambda *_: pytest.fail("Python computes"))
    find(answered, "gradcam-index").set_state({"value": 5})
    find(answered, "gradcam-target").set_state({"value": 3})
    answered.layer = "conv2d"
    assert (answered.index, answered.target, answered.layer) == (5, 3, "conv2d")
    assert sent == [{"receptive_field"}]  # which Python knows without computing


def test_python_answers_when_a_cell_asks(answered, find, digits):
    find(answered, "gradcam-index").set_state({"value": 5})
    expected = GradCAM(answered.engine.model).explain(digits.test_x[[5]])
    heatmap = answered.explanation.heatmaps["conv2d_1"]
    np.testing.assert_allclose(heatmap, expected.heatmaps["conv2d_1"], atol=1e-5)


def test_python_draws_where_the_browser_gives_up(answered, find):
    view = find(answered, "gradcam-view")
    before = view.heatmap
    find(answered, "gradcam-index").set_state({"value": 5})
    assert view.heatmap == before
    answered.browser.set_state({"answers": False})
    assert view.heatmap != before


def test_page_that_shows_it_again_gets_pythons_own_words(answered, find):
    find(answered, "gradcam-index").set_state({"value": 5})
    before = answered.caption.value
    answered._repr_mimebundle_()
    assert answered.caption.value != before


# A network that changes


def test_trained_network_is_sent_anew_and_the_pictures_are_not(answered, find, wire_to):
    half, model = answered.browser, answered.engine.model
    train(model, 0.7)
    find(answered, "gradcam-index").set_state({"value": 1})
    before, pictures = half.network, half.pictures
    sent = wire_to(half)
    train(model, 0.8)
    find(answered, "gradcam-index").set_state({"value": 2})
    assert (half.network is before, half.pictures is pictures) == (False, True)
    assert before.comm is None  # closed
    assert half.answers
    assert sent == [{"network", "description"}]


def test_explorer_follows_a_cell_that_trains(trainable, digits, monkeypatch):
    shell = InteractiveShell()
    monkeypatch.setattr(explorer_base, "get_ipython", lambda: shell)
    explorer = GradCAMExplorer(trainable, digits.test_x[:3])
    explorer.browser.set_state({"answers": True})
    before = explorer.browser.network
    train(trainable)
    shell.run_cell("1 + 1")
    assert explorer.browser.network is not before
    explorer.close()
    train(trainable)
    assert shell.run_cell("1 + 1").success
    gc.collect()


def test_network_that_diverged_is_drawn_by_nobody(answered, find, wire_to):
    view = find(answered, "gradcam-view")
    sent, good = wire_to(view), answered.engine.model.get_weights()
    train(answered.engine.model, np.nan)
    find(answered, "gradcam-index").set_state({"value": 1})
    assert not answered.browser.answers
    assert "NaN" in answered.browser.reason
    assert "NaN" in answered.message.value
    assert "heatmap" in sent[0]  # what Python sends from now on builds on what Python has sent
    answered.engine.model.set_weights(good)
    find(answered, "gradcam-index").set_state({"value": 2})
    assert answered.browser.network is not None
    assert answered.message.value == ""


def test_another_picture_of_ones_own_goes_to_the_browser():
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()]
    )
    explorer = OwnPictureExplorer(PretrainedNetwork(model), np.zeros((8, 8, 3)))
    explorer.browser.set_state({"answers": True})
    black = explorer.browser.pictures.content
    explorer.picture = Image.new("RGB", (8, 8), "white")
    white = explorer.browser.pictures.content
    assert (set(black[:192]), set(white[:192])) == ({0}, {255})
