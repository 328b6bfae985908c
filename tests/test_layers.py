"""Which layers are offered, and which one is looked at by default, in the shapes of real models."""

from dataclasses import replace

import numpy as np
import pytest
from small_models import IMAGES

from gradcam_lab import GradCAM, GradCAMExplorer, spatial_layers
from gradcam_lab._survey import survey
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.layers import last_convolutional_layer

layers = keras.layers


def application(name):
    """Build one of Keras's networks without weights; its shape is what counts."""
    return getattr(keras.applications, name)(weights=None)


# The default layer


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("MobileNet", 1024),
        ("MobileNetV3Small", 576),
        ("DenseNet121", 1024),
        ("InceptionV3", 2048),
        ("NASNetMobile", 1056),
        ("ResNet50", 2048),
    ],
)
def test_default_layer_has_places_and_all_channels_of_the_answer(name, channels):
    model = application(name)
    shape = survey(model).shapes[last_convolutional_layer(model)]
    assert shape[1:3] in [(7, 7), (8, 8), (None, None)]  # MobileNetV3 takes pictures of any size
    assert shape[3] == channels


def test_default_layer_of_vgg16_is_that_of_the_course():
    picture = keras.Input((32, 32, 3))
    x = picture
    for block in range(1, 6):
        x = layers.Conv2D(4, 3, padding="same", activation="relu", name=f"block{block}_conv3")(x)
        x = layers.MaxPooling2D(padding="same", name=f"block{block}_pool")(x)
    model = keras.Model(picture, layers.Dense(3)(layers.Flatten()(x)))
    assert last_convolutional_layer(model) == "block5_conv3"


def branches(*, joined_by=layers.Concatenate):
    """Two branches of convolutions, joined, and an activation behind."""
    picture = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="stem")(picture)
    ends = [layers.Conv2D(4, 3, padding="same", name=name)(x) for name in ("left", "right")]
    x = layers.ReLU(name="active")(layers.BatchNormalization()(joined_by(name="joined")(ends)))
    x = layers.Conv2D(3, 1, name="one_place")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return keras.Model(picture, layers.Softmax()(layers.Flatten()(x)))


@pytest.mark.parametrize("joined_by", [layers.Concatenate, layers.Add])
def test_branch_is_no_default_but_what_joins_all_of_them(joined_by):
    assert last_convolutional_layer(branches(joined_by=joined_by)) == "active"


def test_default_of_branches_that_meet_as_vectors_comes_before_them():
    picture = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="stem")(picture)
    ends = [layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(x)) for _ in range(2)]
    model = keras.Model(picture, layers.Dense(3)(layers.Concatenate()(ends)))
    assert last_convolutional_layer(model) == "stem"


def test_shape_that_a_path_asks_for_is_no_way_around_a_layer():
    """A layer that looks up the size of the picture does not carry its values."""

    class AsLargeAs(layers.Layer):
        def call(self, x, picture):
            return tensorflow.image.resize(x, tensorflow.shape(picture)[1:3])

    picture = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, strides=2, name="conv")(picture)
    model = keras.Model(picture, layers.Flatten()(AsLargeAs()(x, picture)))
    assert "conv" in survey(model).crossed


def test_explorer_begins_where_a_pretrained_network_says(network):
    other = replace(network, last_conv=spatial_layers(network.model)[3])
    assert GradCAMExplorer(other, [np.zeros((9, 9, 3), np.uint8)]).layer == other.last_conv


# What is offered


def test_layers_of_one_place_are_listed_but_neither_offered_nor_a_default():
    model = branches()
    assert "one_place" in spatial_layers(model)
    assert "one_place" not in GradCAM(model).layers
    assert "one_place" not in GradCAM(model).explain(IMAGES).heatmaps
    assert "one_place" not in GradCAMExplorer(model, IMAGES).layers
    assert GradCAM(model).explain(IMAGES, layers="one_place").heatmaps["one_place"].shape == (
        3,
        1,
        1,
    )


class SharesItsActivation(keras.Model):
    """A subclassed model as students write it: one ReLU for all convolutions."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(4, 3, name="first")
        self.second = layers.Conv2D(4, 3, name="second")
        self.relu = layers.ReLU(name="relu")
        self.noise = layers.GaussianNoise(0.1, name="noise")
        self.flatten, self.head = layers.Flatten(), layers.Dense(3)

    def call(self, x, training=False):
        if training:
            x = self.noise(x)
        x = self.relu(self.first(x))
        x = self.relu(self.second(x))
        return self.head(self.flatten(x))


@pytest.fixture
def sharing():
    model = SharesItsActivation()
    model(IMAGES)
    return model


def test_layers_that_run_twice_or_never_are_left_out_when_nobody_named_them(sharing):
    assert GradCAM(sharing).layers == ("first", "second")
    assert list(GradCAM(sharing).explain(IMAGES).heatmaps) == ["first", "second"]
    explorer = GradCAMExplorer(sharing, IMAGES)
    assert explorer.layer == "second"
    explorer.layer = "first"
    assert not explorer.message.value


@pytest.mark.parametrize(
    ("name", "words"), [("relu", "runs 2 times"), ("noise", "never runs when the model answers")]
)
def test_layer_that_runs_twice_or_never_is_refused_when_it_is_named(sharing, name, words):
    with pytest.raises(ValueError, match=f"layer '{name}' {words}"):
        GradCAM(sharing).explain(IMAGES, layers=name)


def test_explorer_refuses_a_layer_that_it_does_not_offer(sharing):
    with pytest.raises(Exception, match=r"'relu' cannot be explained here: .*: first, second"):
        GradCAMExplorer(sharing, IMAGES).layer = "relu"


# Layers that hide


class Hiding(keras.Model):
    """A subclassed model whose layer `inner` runs in some hidden way."""

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.outer = layers.Conv2D(4, 3, activation="relu", name="outer")
        self.inner = layers.Conv2D(4, 3, padding="same", name="inner")
        self.flatten, self.head = layers.Flatten(), layers.Dense(3)

    def build(self, shape):
        self.inner.build((None, 6, 6, 4))

    def call(self, x):
        return self.head(self.flatten(self.way(self.inner, self.outer(x))))


def recompute(layer, x):
    return x + tensorflow.recompute_grad(layer)(x)


def round_off(layer, x):
    return x + tensorflow.round(layer(x))


def on_a_condition(layer, x):
    bright = tensorflow.reduce_sum(x) > 0
    return x + tensorflow.cond(bright, lambda: layer(x), lambda: layer(-x))


def in_a_loop(layer, x):
    (x,) = tensorflow.while_loop(lambda _: True, lambda x: [layer(x)], [x], maximum_iterations=2)
    return x


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (recompute, "'inner' has no gradient: .* such as recompute_grad"),
        (round_off, "'inner' has no gradient: .* or a rounding"),
        (on_a_condition, "'inner' runs inside of tf.cond or a loop"),
        (in_a_loop, "'inner' runs inside of tf.cond or a loop"),
    ],
)
def test_layer_that_hides_is_left_out_and_refused_when_named(way, words):
    model = Hiding(way)
    model(IMAGES)
    explanation = GradCAM(model).explain(IMAGES)
    assert list(explanation.signed) == ["outer"]
    assert explanation.signed["outer"].any()
    with pytest.raises(ValueError, match=words):
        GradCAM(model).explain(IMAGES, layers="inner")


def test_remedies_for_other_dimensions_are_named():
    for shape, layer, words in [
        ((8, 1), layers.Conv1D(2, 3), "Conv2D with kernels"),
        ((8, 8, 8, 1), layers.Conv3D(2, 3), "one frame at a time"),
        ((2, 8, 8, 1), layers.TimeDistributed(layers.Conv2D(2, 3)), "one frame at a time"),
    ]:
        model = keras.Sequential([keras.Input(shape), layer, layers.Flatten(), layers.Dense(3)])
        with pytest.raises(ValueError, match=words):
            GradCAM(model).explain(np.zeros((1, *shape)))


# Where branches meet again


def residual(join, *, outputs=1):
    """A stem, then two blocks of convolutions with a way around each."""
    picture = keras.Input((8, 8, 1))
    x = stem = layers.Conv2D(4, 3, activation="relu", name="stem")(picture)
    for block in ("a", "b"):
        inner = layers.Conv2D(4, 3, padding="same", activation="relu", name=f"{block}1")(x)
        x = join([x, layers.Conv2D(4, 3, padding="same", name=f"{block}2")(inner)], f"{block}_join")
    ends = [layers.Dense(3)(layers.GlobalAveragePooling2D()(each)) for each in (x, stem)]
    return keras.Model(picture, ends if outputs == 2 else ends[0])


@pytest.mark.parametrize("merge", [layers.Average, layers.Maximum, layers.Multiply])
def test_every_layer_that_joins_branches_counts(merge):
    model = residual(lambda both, name: merge(name=name)(both))
    assert last_convolutional_layer(model) == "b_join"


def test_last_convolution_stays_the_default_where_no_layer_joins_the_branches():
    assert last_convolutional_layer(residual(lambda both, _: both[0] + both[1])) == "b2"


@pytest.mark.parametrize(("output", "default"), [(0, "b_join"), (1, "stem")])
def test_default_layer_is_that_of_the_output_that_is_explained(output, default):
    model = residual(lambda both, name: layers.Add(name=name)(both), outputs=2)
    assert GradCAMExplorer(GradCAM(model, output=output), IMAGES).layer == default
