"""What the papers prove of the methods, seen in whole networks with random weights."""

import numpy as np
import pytest

from gradcam_lab import METHODS, GradCAM, sample_image
from gradcam_lab._tensorflow import keras

layers = keras.layers
IMAGES = np.random.default_rng(2).uniform(size=(4, 9, 8, 2)).astype(np.float32)
TARGETS = [2, 0, 1, 2]


def network_of(*end, kernel_initializer="random_normal", activation="relu"):
    """Two convolutions, an end and a Dense layer of three classes; all biases are random."""
    keras.utils.set_random_seed(3)
    random = {"bias_initializer": "random_normal"}
    convolution = {"activation": activation, **random}
    return keras.Sequential(
        [
            keras.Input(IMAGES.shape[1:]),
            layers.Conv2D(5, 3, name="first", **convolution),
            layers.Conv2D(6, 2, name="last", **convolution),
            *end,
            layers.Dense(3, kernel_initializer=kernel_initializer, **random),
        ]
    )


@pytest.fixture(scope="module")
def averaging():
    return network_of(layers.GlobalAveragePooling2D())


@pytest.fixture(scope="module")
def flattening():
    return network_of(layers.Flatten())


def explain(model, method, layer="last", targets=TARGETS):
    """Return the signed maps, and what is to be shared out: the class scores less their biases."""
    explanation = GradCAM(model).explain(IMAGES, targets, layer, method)
    bias = model.layers[-1].bias.numpy()[list(explanation.target)]
    return explanation.signed[layer], explanation.score - bias


def assert_equal(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def assert_differ(actual, expected):
    assert np.abs(actual - expected).max() > 0.05 * np.abs(expected).max()


# Before global average pooling and one dense layer


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "xgradcam"])
def test_map_before_global_average_pooling_is_that_of_cam_for_each_place(averaging, method):
    feature_maps = keras.Model(averaging.inputs, averaging.get_layer("last").output)([IMAGES])
    weights = averaging.layers[-1].kernel.numpy()[:, TARGETS]
    cam = np.einsum("nijk,kn->nij", feature_maps, weights)
    height, width = cam.shape[1:]
    signed, _ = explain(averaging, method)
    assert_equal(signed, cam / (height * width))


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "xgradcam"])
def test_map_before_global_average_pooling_shares_out_the_class_score(averaging, method):
    signed, to_share = explain(averaging, method)
    assert_equal(signed.sum(axis=(1, 2)), to_share)


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "xgradcam"])
def test_map_of_a_known_network_shares_out_its_class_score(network, method):
    batch = network.preprocess([sample_image("cat"), sample_image("cat").rotate(90)])
    explanation = GradCAM(network.model).explain(batch, layers=network.last_conv, method=method)
    bias = network.model.layers[-1].bias.numpy()[explanation.target]
    shared_out = explanation.signed[network.last_conv].sum(axis=(1, 2))
    np.testing.assert_allclose(shared_out, explanation.score - bias, rtol=1e-3)


def test_methods_differ_at_an_earlier_layer(averaging):
    grad_cam, _ = explain(averaging, "gradcam", "first")
    hires_cam, _ = explain(averaging, "hirescam", "first")
    assert_differ(hires_cam, grad_cam)


# Before one dense layer that sees each place by itself


@pytest.mark.parametrize("method", ["hirescam", "xgradcam"])
def test_map_before_flattening_shares_out_the_class_score(flattening, method):
    signed, to_share = explain(flattening, method)
    assert_equal(signed.sum(axis=(1, 2)), to_share)


def test_grad_cam_before_flattening_does_not_share_out_the_class_score(flattening):
    signed, to_share = explain(flattening, "gradcam")
    assert_differ(signed.sum(axis=(1, 2)), to_share)


def test_hires_cam_before_flattening_is_the_dense_layer_place_by_place(flattening):
    feature_maps = keras.Model(flattening.inputs, flattening.get_layer("last").output)([IMAGES])
    kernel = flattening.layers[-1].kernel.numpy().reshape(*feature_maps.shape[1:], 3)
    expected = np.einsum("nijk,ijkn->nij", feature_maps, kernel[..., TARGETS])
    assert_equal(explain(flattening, "hirescam")[0], expected)


# Where all gradients have one sign


def test_layer_cam_is_hires_cam_where_no_gradient_is_negative():
    positive = network_of(layers.Flatten(), kernel_initializer=keras.initializers.RandomUniform(0))
    hires_cam, _ = explain(positive, "hirescam")
    assert_equal(explain(positive, "layercam")[0], hires_cam)


def test_layer_cam_differs_from_hires_cam_where_gradients_are_negative(flattening):
    hires_cam, _ = explain(flattening, "hirescam")
    assert_differ(explain(flattening, "layercam")[0], hires_cam)


@pytest.mark.parametrize("method", ["layercam", "gradcam++"])
def test_methods_of_positive_gradients_see_nothing_where_all_are_negative(method):
    negative = network_of(
        layers.Flatten(), kernel_initializer=keras.initializers.RandomUniform(-0.05, 0)
    )
    assert not explain(negative, method)[0].any()
    assert (explain(negative, "gradcam")[0] < 0).any()


# What holds for every method


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["first", "last"])
def test_class_that_nothing_speaks_for_or_against_has_a_map_of_zeros(averaging, method, layer):
    indifferent = keras.models.clone_model(averaging)
    *others, kernel, bias = averaging.get_weights()
    kernel[:, 1] = 0
    indifferent.set_weights([*others, kernel, bias])
    signed, _ = explain(indifferent, method, layer, targets=1)
    assert np.array_equal(signed, np.zeros_like(signed))


@pytest.mark.parametrize("method", METHODS)
def test_map_does_not_depend_on_the_bias_of_the_class(flattening, method):
    shifted = keras.models.clone_model(flattening)
    *others, bias = flattening.get_weights()
    shifted.set_weights([*others, bias + 100])
    expected, _ = explain(flattening, method)
    assert_equal(explain(shifted, method)[0], expected)
