"""The engine in JavaScript, run in node, finds the heatmaps that Python finds."""

import numpy as np
import pytest
from engine_parity import ask_node, heatmaps_of_node, needs_node, write_question

from gradcam_lab import METHODS, GradCAM, build_cnn, sample_image
from gradcam_lab._tensorflow import keras
from tools.browser.reference_heatmaps import (
    heatmaps_in_float64,
    heatmaps_of_python,
    largest_differences,
)

pytestmark = needs_node
layers = keras.layers
numbers = np.random.default_rng(0)
PICTURES = numbers.uniform(-1, 1, (2, 9, 12, 2)).astype(np.float32)
BOUND = dict.fromkeys(METHODS, 1e-4) | {
    "gradcam++": 1e-2  # it divides by what is nearly 0 at some layers without an activation
}


def assert_equal_in_node(model, images, folder, **asked):
    engine = GradCAM(model)
    expected = heatmaps_of_python(engine, images, **asked)
    found = heatmaps_of_node(engine, images, folder, **asked)
    differences = largest_differences(found, expected)
    print(differences)
    assert any(heatmaps.any() for heatmaps in expected["gradcam"].values())
    assert {m: d for m, d in differences.items() if d > BOUND[m]} == {}


def odd_normalization():
    norm = layers.BatchNormalization(epsilon=1e-4)
    norm.build((None, 9, 12, 4))
    gamma, beta = [0.01, -3, 20, 0], [5, -0.5, 0, 1]
    mean, variance = [-7, 0.3, 100, 2], [1e-6, 40, 1e4, 0]
    norm.set_weights([np.float32(each) for each in (gamma, beta, mean, variance)])
    return norm


def adapted_normalization():
    norm = layers.Normalization()
    norm.adapt(numbers.normal([0, 1, -2, 5], [1, 2, 0.1, 3], (50, 9, 12, 4)))
    return norm


def odd_weights(model):
    """Give every layer weights that matter, biases too."""
    for weight in model.trainable_weights:
        if "gamma" not in weight.path and "beta" not in weight.path:
            shape = weight.shape
            spread = 1 / np.sqrt(np.prod(shape[:-1])) if len(shape) > 1 else 0.2
            weight.assign(numbers.normal(0, 1.5 * spread, shape))
    return model


def model_with(*middle):
    """A network of a convolution that keeps all places, the given layers and two dense ones."""
    picture = keras.Input((9, 12, 2))
    x = layers.Conv2D(4, 3, padding="same", name="conv")(picture)
    for layer in middle:
        x = layer(x)
    x = layers.Flatten()(x)
    x = layers.Dense(6, activation="relu")(x)
    return odd_weights(keras.Model(picture, layers.Dense(3, activation="softmax")(x)))


KINDS = {
    "conv same": lambda: [layers.Conv2D(5, 3, padding="same", activation="relu")],
    "conv valid": lambda: [layers.Conv2D(5, (2, 4), activation="relu")],
    "conv same, stride 2": lambda: [layers.Conv2D(5, 3, 2, padding="same", activation="relu")],
    "conv even, strides": lambda: [layers.Conv2D(5, 4, (2, 3), padding="same")],
    "conv valid, stride 2": lambda: [layers.Conv2D(5, 3, 2)],
    "conv dilated": lambda: [layers.Conv2D(5, 3, dilation_rate=(2, 3), padding="same")],
    "conv dilated, valid": lambda: [layers.Conv2D(5, 3, dilation_rate=2)],
    "conv pointwise": lambda: [layers.Conv2D(7, 1, activation="relu6", use_bias=False)],
    "conv pointwise, stride 2": lambda: [layers.Conv2D(7, 1, 2)],
    "depthwise": lambda: [layers.DepthwiseConv2D(3, padding="same", activation="relu")],
    "depthwise, stride 2": lambda: [layers.DepthwiseConv2D(3, 2, padding="same", use_bias=False)],
    "depthwise dilated": lambda: [layers.DepthwiseConv2D(3, dilation_rate=2)],
    "separable": lambda: [layers.SeparableConv2D(5, 3, 2, padding="same", activation="relu")],
    "dense of each place": lambda: [layers.Dense(5, activation="relu")],
    "max": lambda: [layers.MaxPooling2D()],
    "max overlapping": lambda: [layers.MaxPooling2D(3, 2, padding="same")],
    "max tied": lambda: [layers.ReLU(), layers.MaxPooling2D(3, 1)],
    "mean": lambda: [layers.AveragePooling2D(2)],
    "mean same": lambda: [layers.AveragePooling2D(3, 2, padding="same")],
    "mean same, overlapping": lambda: [layers.AveragePooling2D((2, 4), 1, padding="same")],
    "global mean": lambda: [layers.GlobalAveragePooling2D()],
    "global mean, kept": lambda: [layers.GlobalAveragePooling2D(keepdims=True)],
    "global max": lambda: [layers.GlobalMaxPooling2D()],
    "global max, tied": lambda: [layers.Activation("relu6"), layers.GlobalMaxPooling2D()],
    "zero padding": lambda: [layers.ZeroPadding2D(((1, 2), (0, 3))), layers.Conv2D(3, 3)],
    "relu6 saturated": lambda: [layers.Rescaling(8.0), layers.ReLU(max_value=6)],
    "batch normalization": lambda: [odd_normalization()],
    "batch normalization, plain": lambda: [layers.BatchNormalization(center=False, scale=False)],
    "batch normalization, dense": lambda: [
        *(layers.Flatten(), layers.Dense(4), layers.BatchNormalization())
    ],
    "rescaling": lambda: [layers.Rescaling(1 / 127.5, offset=-1)],
    "rescaling of channels": lambda: [layers.Rescaling([1, 2, 3, -4], offset=[0, 1, 0.5, 2])],
    "normalization": lambda: [layers.Normalization(mean=[1, 0, 0, 2], variance=[4, 1, 0, 0.25])],
    "normalization, adapted": lambda: [adapted_normalization()],
    "normalization of all": lambda: [layers.Normalization(axis=None, mean=0.5, variance=4)],
    "dropout": lambda: [layers.Dropout(0.5), layers.SpatialDropout2D(0.5)],
    "noise": lambda: [layers.GaussianNoise(1), layers.GaussianDropout(0.5), layers.Identity()],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer(kind, tmp_path):
    keras.utils.set_random_seed(0)
    assert_equal_in_node(model_with(*KINDS[kind]()), PICTURES, tmp_path)


def branched():
    picture = keras.Input((9, 12, 2))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(picture)
    y = layers.Conv2D(4, 1, name="beside")(x)
    dropped = layers.Dropout(0.5, name="dropped")(x)
    x = layers.Add(name="sum")([x, y, dropped])
    x = layers.Concatenate(name="joined")([x, y, layers.Conv2D(3, 1, name="third")(x)])
    x = layers.GlobalAveragePooling2D()(layers.ReLU(name="relu")(x))
    return keras.Model(picture, layers.Dense(3, activation="softmax")(x))


def nested():
    inner = keras.Sequential(
        [layers.RandomFlip(), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D()]
    )
    classifier = keras.Sequential([layers.Flatten(), layers.Dense(3)])
    return keras.Sequential([keras.Input((9, 12, 2)), inner, classifier, layers.Softmax()])


def ends_in(*last):
    x = picture = keras.Input((9, 12, 2))
    for layer in [layers.Conv2D(4, 3, activation="relu"), layers.GlobalMaxPooling2D(), *last]:
        x = layer(x)
    return keras.Model(picture, x)


FORMS = {
    "branches": branched,
    "nested": nested,
    "one logit": lambda: ends_in(layers.Dense(1)),
    "one sigmoid": lambda: ends_in(layers.Dense(1, activation="sigmoid")),
    "sigmoids": lambda: ends_in(layers.Dense(3), layers.Activation("sigmoid"), layers.Dropout(0.1)),
    "no dense layer": lambda: ends_in(layers.Softmax()),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_network(form, tmp_path):
    keras.utils.set_random_seed(0)
    assert_equal_in_node(odd_weights(FORMS[form]()), PICTURES, tmp_path)


def assert_exact_in_node(model, images, folder):
    """Compare with double precision.

    TensorFlow's float32 may take another one of two nearly equal values in a pooling window, and
    the gradient goes elsewhere; Grad-CAM, which takes means, hardly notices.
    """
    engine = GradCAM(model)
    found = heatmaps_of_node(engine, images, folder)
    differences = largest_differences(found, heatmaps_in_float64(model, images, range(10)))
    assert {m: d for m, d in differences.items() if not d < 1e-4} == {}
    of_python = heatmaps_of_python(engine, images, methods=["gradcam"])
    assert largest_differences(of_python, found)["gradcam"] < 1e-4


def test_course_network_on_thirty_digits(cnn, digits, tmp_path):
    assert_exact_in_node(cnn, digits.test_x[:30], tmp_path)


def test_network_that_was_trained_a_moment_ago(digits, tmp_path):
    keras.utils.set_random_seed(1)
    model = build_cnn()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(digits.train_x[:500], digits.train_y[:500], epochs=2, verbose=0)
    assert_exact_in_node(model, digits.test_x[:20], tmp_path)


def test_class_without_a_positive_map_is_zero_everywhere(brightness, tmp_path):
    bright = np.full((1, 4, 4, 1), 0.5, np.float32)
    found = heatmaps_of_node(GradCAM(brightness), bright, tmp_path)
    for by_layer in found.values():
        (((map_of_0, map_of_1),),) = by_layer.values()
        assert map_of_0.any()
        assert not map_of_1.any()


def test_what_is_no_number_is_said_in_the_words_of_python(cnn, digits, tmp_path):
    broken = keras.models.clone_model(cnn)
    broken.set_weights(cnn.get_weights())
    engine = GradCAM(broken)
    images = digits.test_x[:1].copy()
    asked = {"targets": [0], "methods": ["gradcam"]}
    write_question(engine, images * np.nan, tmp_path, **asked)
    assert words_of_node(tmp_path) == words_of_python(engine, images * np.nan)

    write_question(engine, images, tmp_path, **asked)
    weights = np.frombuffer((tmp_path / "weights.f32").read_bytes(), "<f4").copy()
    weights[7] = np.nan
    (tmp_path / "weights.f32").write_bytes(weights.tobytes())
    kernel = broken.get_layer("conv2d").kernel
    kernel.assign(np.where(np.arange(288).reshape(kernel.shape) == 7, np.nan, kernel))
    assert words_of_node(tmp_path) == words_of_python(engine, images)


def words_of_node(folder):
    with pytest.raises(RuntimeError) as raised:
        ask_node(folder)
    return str(raised.value).strip()


def words_of_python(engine, images):
    with pytest.raises(ValueError, match="NaN") as raised:
        engine.explain(images)
    return str(raised.value)


@pytest.mark.thorough
def test_efficientnet_lite0_against_double_precision(network, tmp_path):
    image = network.preprocess(sample_image("cat"))
    engine = GradCAM(network.model)
    likeliest = np.argsort(-engine.explain(image).probabilities[0])
    targets = [int(likeliest[0]), int(likeliest[1]), 7]
    found = heatmaps_of_node(engine, image, tmp_path, targets)
    expected = heatmaps_in_float64(network.model, image, targets)
    differences = largest_differences(found, expected)
    print(differences)
    assert differences["gradcam"] < 1e-4
