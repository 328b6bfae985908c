import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from weakref import ref

import numpy as np
import pytest

from gradcam_lab import GradCAM, build_cnn, make_gradcam_heatmap, spatial_layers
from gradcam_lab._tensorflow import keras

layers = keras.layers
IMAGES = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype(np.float32)


class Traced(layers.Layer):
    """Passes its input on, and counts how often Python runs through it."""

    runs = 0

    def call(self, inputs):
        self.runs += 1
        return inputs


def model_of(*last_layers, make_input=lambda: keras.Input((8, 8, 1))):
    """A small network with the given end."""
    keras.utils.set_random_seed(0)
    x = picture = make_input()
    for layer in [layers.Conv2D(4, 3, activation="relu", name="conv"), *last_layers]:
        x = layer(x)
    return keras.Model(picture, x, name="small")


def with_the_same_weights(model, other):
    model.set_weights(other.get_weights())
    return model


@pytest.fixture
def plain():
    """The network that ends in logits: there is nothing before its last layer to look for."""
    return model_of(layers.Flatten(), layers.Dense(3))


# Tracing


def test_pass_is_traced_once_whatever_the_pictures_classes_and_their_number():
    traced = Traced()
    model = model_of(traced, layers.Flatten(), layers.Dense(3))
    make_gradcam_heatmap(IMAGES[:1], model, "conv")
    after_the_first = traced.runs
    for target in (None, 0, np.int64(1), 2):
        make_gradcam_heatmap(IMAGES[[1]], model, "conv", target)
    GradCAM(model).explain(IMAGES, [2, 0, 1], "conv")
    GradCAM(model).explain(IMAGES.astype(np.float64)[:2].tolist(), layers=["conv"])
    assert traced.runs == after_the_first


def test_weights_that_change_after_tracing_count():
    model = model_of(layers.Flatten(), layers.Dense(3))
    before = GradCAM(model).explain(IMAGES).signed["conv"]
    model.set_weights([2 * weights for weights in model.get_weights()])
    after = GradCAM(model).explain(IMAGES, GradCAM(model).explain(IMAGES).target).signed["conv"]
    assert not np.allclose(before, after)


def test_model_is_explained_as_it_answers_not_as_it_trains():
    model = model_of(layers.Dropout(0.9), layers.Flatten(), layers.Dense(3))
    score = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(score, model(IMAGES, training=False)[:, 1], rtol=1e-5)


def test_model_that_nobody_holds_any_more_is_freed():
    model = model_of(layers.Flatten(), layers.Dense(3))
    make_gradcam_heatmap(IMAGES[:1], model)
    held = ref(model)
    del model
    gc.collect()
    assert held() is None


def test_looking_at_layer_after_layer_warns_of_nothing():
    code = """
import numpy as np, gradcam_lab as lab
for model in (lab.build_cnn(), lab.build_cnn()):
    for layer in lab.spatial_layers(model):
        lab.make_gradcam_heatmap(np.zeros((1, 28, 28, 1)), model, layer)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_layers_are_as_before_when_a_pass_fails():
    model = model_of(layers.Flatten(), layers.Dense(3, activation="tanh"))
    with pytest.raises(ValueError, match=r"^the model's last layer .* gives no probabilities"):
        GradCAM(model).explain(IMAGES)
    assert not [layer.name for layer in model.layers if "call" in vars(layer)]


# Threads: a cell runs in one, the callback of a widget in another


def test_passes_of_one_model_can_be_traced_in_several_threads_at_once():
    model, start = build_cnn(), Barrier(4)
    image = np.ones((1, 28, 28, 1), np.float32)

    def look_at(layer):
        start.wait()
        return make_gradcam_heatmap(image, model, layer, 0)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(look_at, spatial_layers(model)))
    alone = GradCAM(model).explain(image, 0).heatmaps.values()
    for heatmap, (expected,) in zip(found, alone, strict=True):
        np.testing.assert_allclose(heatmap, expected, rtol=1e-4, atol=1e-5)


def test_model_can_run_in_another_thread_while_its_pass_is_traced():
    model, running, stop = build_cnn(), Event(), Event()
    image = np.ones((1, 28, 28, 1), np.float32)

    def keep_running():
        while not stop.is_set():
            model(image, training=False)
            running.set()

    thread = Thread(target=keep_running)
    thread.start()
    try:
        running.wait(10)
        explanation = GradCAM(model).explain(image)
    finally:
        stop.set()
        thread.join()
    np.testing.assert_allclose(explanation.probabilities, model(image), rtol=1e-4)


# The many forms of a classifier, all explained alike


@pytest.mark.parametrize(
    "end",
    [
        lambda: [layers.Dense(3, activation="softmax")],
        lambda: [layers.Dense(3, activation="sigmoid")],
        lambda: [layers.Dense(3), layers.Softmax()],
        lambda: [layers.Dense(3), layers.Activation("softmax")],
        lambda: [layers.Dense(3), layers.Activation("linear")],
    ],
    ids=["softmax", "sigmoid", "Softmax layer", "Activation layer", "linear Activation"],
)
def test_logit_is_found_before_the_last_activation(plain, end):
    model = with_the_same_weights(model_of(layers.Flatten(), *end()), plain)
    actual, expected = GradCAM(model).explain(IMAGES, 1), GradCAM(plain).explain(IMAGES, 1)
    np.testing.assert_allclose(actual.score, plain(IMAGES)[:, 1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(actual.signed["conv"], expected.signed["conv"], atol=1e-6)


def test_logit_is_found_without_a_bias():
    model = model_of(layers.Flatten(), layers.Dense(3, activation="softmax", use_bias=False))
    logits = keras.Model(model.inputs[0], model.layers[-1].input)(IMAGES) @ model.layers[-1].kernel
    score = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(score, logits[:, 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "function"), [(None, "softmax"), ("softmax", "softmax"), ("sigmoid", "sigmoid")]
)
def test_probabilities_belong_to_the_kind_of_end(plain, activation, function):
    end = layers.Dense(3, activation=activation)
    model = with_the_same_weights(model_of(layers.Flatten(), end), plain)
    expected = getattr(keras.activations, function)(plain(IMAGES))
    explanation = GradCAM(model, score="probability").explain(IMAGES, 2)
    np.testing.assert_allclose(explanation.probabilities, expected, rtol=1e-5)
    np.testing.assert_allclose(explanation.score, expected[:, 2], rtol=1e-5)


def test_model_of_one_sigmoid_explains_its_only_class():
    model = model_of(layers.Flatten(), layers.Dense(1, activation="sigmoid"))
    explanation = GradCAM(model).explain(IMAGES)
    assert explanation.target.tolist() == [0, 0, 0]
    logit = np.log(explanation.probabilities / (1 - explanation.probabilities))
    np.testing.assert_allclose(explanation.score, logit[:, 0], rtol=1e-3, atol=1e-4)


def test_model_may_end_in_global_average_pooling():
    model = model_of(layers.GlobalAveragePooling2D())
    explanation = GradCAM(model).explain(IMAGES, 1)
    np.testing.assert_allclose(explanation.score, model(IMAGES)[:, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("end", "remedy"),
    [
        (
            lambda: [layers.Flatten(), layers.Dense(3, activation="relu")],
            "^the model's last layer .* relu, .* end the model",
        ),
        (
            lambda: [layers.Conv2D(3, 1)],
            r"^the model does not end in .* \(n, classes\): end it in a Dense",
        ),
    ],
    ids=["relu", "feature maps"],
)
def test_model_that_is_no_classifier_is_refused_with_the_remedy(end, remedy):
    with pytest.raises(ValueError, match=remedy):
        GradCAM(model_of(*end())).explain(IMAGES, layers="conv")


def sequential(part):
    return keras.Sequential([keras.Input(part.input.shape[1:]), *part.layers[1:]])


def whole_in_another(part):
    picture = keras.Input((8, 8, 1))
    return keras.Model(picture, part(picture))


def twice_nested(part):
    return whole_in_another(whole_in_another(part))


def input_as_a_list(part):
    return keras.Model([part.inputs[0]], part.outputs[0])


@pytest.mark.parametrize("form", [sequential, whole_in_another, twice_nested, input_as_a_list])
def test_every_form_of_model_gives_the_same_maps(form):
    part = model_of(layers.Flatten(), layers.Dense(3, activation="softmax"))
    expected = GradCAM(part).explain(IMAGES).signed["conv"]
    (signed,) = GradCAM(form(part)).explain(IMAGES).signed.values()
    np.testing.assert_allclose(signed, expected, rtol=1e-5, atol=1e-6)


def test_layers_of_a_nested_model_are_asked_for_as_outer_inner():
    model = whole_in_another(model_of(layers.Flatten(), layers.Dense(3)))
    assert make_gradcam_heatmap(IMAGES[:1], model, "small/conv").shape == (6, 6)


def test_layer_that_runs_twice_is_refused_as_ambiguous():
    twice = layers.Conv2D(1, 3, padding="same", name="twice")
    model = model_of(layers.Conv2D(1, 1), twice, twice, layers.Flatten(), layers.Dense(3))
    with pytest.raises(
        ValueError, match=r"^layer 'twice' runs 2 times .* choose a layer that runs once"
    ):
        GradCAM(model).explain(IMAGES, layers="twice")
    assert GradCAM(model).explain(IMAGES, layers="conv").signed["conv"].shape == (3, 6, 6)


@pytest.mark.parametrize("end", ["float32", "mixed_float16"])
def test_half_precision_model_gives_float32_maps(plain, end):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv", dtype="mixed_float16"),
            layers.Flatten(dtype="mixed_float16"),
            layers.Dense(3, activation="softmax", dtype=end),
        ]
    )
    explanation = GradCAM(with_the_same_weights(model, plain)).explain(IMAGES, 1)
    signed = explanation.signed["conv"]
    assert signed.dtype == explanation.probabilities.dtype == explanation.score.dtype == np.float32
    expected = GradCAM(plain).explain(IMAGES, 1).signed["conv"]
    np.testing.assert_allclose(signed, expected, atol=0.02 * np.abs(expected).max())


def test_picture_of_any_size_can_be_explained():
    model = model_of(
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
        make_input=lambda: keras.Input((None, None, 1)),
    )
    assert make_gradcam_heatmap(np.ones((1, 9, 12, 1)), model).shape == (7, 10)
