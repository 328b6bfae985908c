import numpy as np
import pytest
from small_models import Chain

from gradcam_lab import build_cnn, spatial_layers
from gradcam_lab._checks import input_shape
from gradcam_lab._survey import check_layers
from gradcam_lab._tensorflow import keras
from gradcam_lab.layers import last_convolutional_layer

layers = keras.layers

CNN_LAYERS = ["conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1"]


def nested_model():
    convolution = layers.Conv2D(4, 3, name="conv")
    inner = keras.Sequential([keras.Input((8, 8, 2)), convolution], name="inner")
    picture = keras.Input((8, 8, 1))
    x = inner(layers.Conv2D(2, 3, padding="same", name="conv")(picture))
    return keras.Model(picture, layers.Dense(3)(layers.Flatten()(x)), name="outer")


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


def test_spatial_layers_of_a_base_model_that_is_a_layer():
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3, name="conv")], name="base")
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), base, layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    assert spatial_layers(model) == ["base/conv"]
    assert last_convolutional_layer(model) == "base/conv"


def test_spatial_layers_of_a_subclassed_model_are_in_the_order_in_which_they_run():
    chain = [
        layers.Conv2D(2, 3, name="first"),
        layers.ReLU(name="second"),
        layers.Conv2D(2, 3, name="third"),
        layers.Flatten(name="fourth"),
    ]
    model = Chain(chain)
    model(np.zeros((1, 8, 8, 1)))
    assert model.layers[0].name == "fourth"  # as they are defined
    assert spatial_layers(model) == ["first", "second", "third"]
    assert last_convolutional_layer(model) == "third"


def test_layers_of_a_subclassed_model_within_a_functional_one_are_named_outer_inner():
    picture = keras.Input((8, 8, 1))
    model = keras.Model(picture, Chain([layers.Conv2D(2, 3, name="conv")])(picture))
    assert spatial_layers(model) == ["chain/conv"]


def test_looking_for_spatial_layers_leaves_the_model_as_it_was():
    model = Chain([layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Flatten()])
    model(np.zeros((1, 8, 8, 1)))
    weights, attributes = model.get_weights(), [set(vars(layer)) for layer in model.layers]
    spatial_layers(model)
    assert all(map(np.array_equal, model.get_weights(), weights))
    assert [set(vars(layer)) for layer in model.layers] == attributes


@pytest.mark.parametrize("make", [keras.Sequential, Chain])
def test_model_whose_shapes_are_unknown_is_refused_with_the_remedy(make):
    model = make([layers.Conv2D(2, 3), layers.Flatten()])
    with pytest.raises(ValueError, match=f"{model.name!r} has no known shapes yet: call the model"):
        spatial_layers(model)


def test_layer_with_several_outputs_is_no_spatial_layer():
    class Halves(layers.Layer):
        def call(self, inputs):
            return inputs / 2, -inputs / 2

    picture = keras.Input((8, 8, 1))
    half, _ = Halves()(layers.Conv2D(2, 3, name="conv")(picture))
    assert spatial_layers(keras.Model(picture, layers.ReLU(name="relu")(half))) == ["conv", "relu"]


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


@pytest.mark.parametrize(
    "convolution",
    [
        layers.Conv2D(2, 3, name="last"),
        layers.DepthwiseConv2D(3, name="last"),
        layers.SeparableConv2D(2, 3, name="last"),
        layers.Conv2DTranspose(2, 3, name="last"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_every_kind_of_convolution_can_be_the_last_one(convolution):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 1), convolution])
    model.add(layers.ReLU())
    assert last_convolutional_layer(model) == "last"


def test_images_have_the_shape_that_the_input_has(cnn):
    assert input_shape(cnn) == (28, 28, 1)
    sizes_are_free = keras.Sequential([keras.Input((None, None, 3)), layers.ReLU()])
    assert input_shape(sizes_are_free) == (None, None, 3)
    model = Chain([layers.Conv2D(2, 3)])
    model(np.zeros((5, 8, 9, 1)))
    assert input_shape(model) == (8, 9, 1)


def test_inner_name_of_a_nested_layer_is_answered_with_its_full_name(network):
    picture = keras.Input((224, 224, 3))
    model = keras.Model(picture, network.model(picture))
    with pytest.raises(ValueError, match=r"did you mean efficientnet_lite0/top_conv\? .*\.\.\."):
        check_layers(["top_conv"], model)


class Block(keras.layers.Layer):
    """A block that a user wrote: a convolution inside a layer."""

    def __init__(self, **options):
        super().__init__(**options)
        self.convolution = keras.layers.Conv2D(2, 3)

    def call(self, x):
        return self.convolution(x)


def test_block_of_layers_that_a_user_wrote_counts_as_a_convolution():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(2, 3, name="stem"),
            Block(name="block"),
            keras.layers.MaxPooling2D(name="pool"),
        ]
    )
    assert last_convolutional_layer(model) == "block"
