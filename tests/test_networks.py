import numpy as np
import pytest

from gradcam_lab import build_cnn, spatial_layers
from gradcam_lab._tensorflow import keras
from gradcam_lab.networks import last_convolutional_layer

layers = keras.layers

CNN_LAYERS = ["conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1"]


def nested_model():
    convolution = layers.Conv2D(4, 3, name="conv")
    inner = keras.Sequential([keras.Input((8, 8, 2)), convolution], name="inner")
    picture = keras.Input((8, 8, 1))
    x = inner(layers.Conv2D(2, 3, padding="same", name="conv")(picture))
    return keras.Model(picture, layers.Dense(3)(layers.Flatten()(x)), name="outer")


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="subclassed")
        self.convolution = layers.Conv2D(2, 3)
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(keras.ops.mean(self.convolution(x), axis=(1, 2)))


def test_cnn_has_the_layers_of_the_course():
    names = [layer.name for layer in build_cnn().layers[1:]]
    assert names == [*CNN_LAYERS, "flatten", "dense", "dense_1"]


def test_cnn_has_119530_parameters_and_answers_with_10_probabilities(digits):
    model = build_cnn()
    probabilities = model(digits.test_x[:3], training=False).numpy()
    assert model.count_params() == 119_530
    assert probabilities.shape == (3, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_trained_cnn_is_the_cnn_with_other_weights(cnn):
    assert [layer.name for layer in cnn.layers] == [layer.name for layer in build_cnn().layers]
    assert cnn.count_params() == 119_530


def test_trained_cnn_recognises_95_of_100_digits_that_it_has_not_seen(cnn, digits):
    predicted = cnn.predict(digits.test_x, verbose=0).argmax(axis=1)
    assert np.mean(predicted == digits.test_y) >= 0.95


def test_spatial_layers_of_a_functional_model_leave_out_input_and_dense_layers():
    assert spatial_layers(build_cnn()) == CNN_LAYERS


def test_spatial_layers_of_a_sequential_model():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv"), layers.Flatten()]
    )
    assert spatial_layers(model) == ["conv"]


def test_spatial_layers_of_a_sequential_model_that_a_batch_has_built():
    model = keras.Sequential([layers.Conv2D(2, 3, name="conv"), layers.Flatten()])
    model(np.zeros((1, 8, 8, 1)))
    assert spatial_layers(model) == ["conv"]


def test_layers_of_a_nested_model_are_named_outer_inner():
    assert spatial_layers(nested_model()) == ["conv", "inner/conv"]


@pytest.mark.parametrize(
    "make", [lambda: keras.Sequential([layers.Conv2D(2, 3), layers.Flatten()]), Subclassed]
)
def test_model_whose_shapes_are_unknown_is_refused_with_the_remedy(make):
    with pytest.raises(ValueError, match=r"call the model once .* functional or Sequential"):
        spatial_layers(make())


def test_model_without_a_spatial_layer_is_refused_with_the_remedy():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="only_dense")
    with pytest.raises(ValueError, match=r"'only_dense' has no layer .* convolutional"):
        spatial_layers(model)


def test_last_convolutional_layer_comes_before_what_follows_it(cnn, network):
    assert last_convolutional_layer(cnn) == "conv2d_1"
    assert last_convolutional_layer(nested_model()) == "inner/conv"
    assert last_convolutional_layer(network.model) == network.last_conv


def test_last_convolutional_layer_of_a_model_without_convolution_is_its_last_spatial_one():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.MaxPooling2D(name="pool")])
    model.add(layers.Flatten())
    assert last_convolutional_layer(model) == "pool"
