"""What a cell is said to see is what changes it: every row and column of pixels is tried."""

import numpy as np
import pytest
from small_models import Chain

import gradcam_lab as lab
from gradcam_lab._checks import input_shape
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.hooks import forward_hooks, named_layers
from gradcam_lab.widgets.receptive_field import Along, receptive_fields

layers = keras.layers


def chain(*parts, shape=(20, 17, 1)):
    x = picture = keras.Input(shape)
    for part in parts:
        x = part(x)
    return keras.Model(picture, x)


def strided():
    return chain(
        layers.Conv2D(2, (3, 5), strides=2, padding="same", name="a"),
        layers.BatchNormalization(name="b"),
        layers.DepthwiseConv2D(3, strides=2, padding="same", name="c"),
        layers.SeparableConv2D(2, 2, name="d"),
    )


def dilated():
    return chain(
        layers.Conv2D(2, 3, dilation_rate=(2, 3), name="a"),
        layers.ZeroPadding2D(((1, 1), (1, 0)), name="b"),
        layers.AveragePooling2D((3, 3), strides=(1, 2), padding="same", name="c"),
        layers.Conv2D(2, 2, padding="same", activation="relu", name="d"),
    )


def branched():
    picture = keras.Input((18, 18, 1))
    x = layers.Conv2D(2, 3, padding="same", name="trunk")(picture)
    wide = layers.Conv2D(2, 7, strides=2, padding="same", name="wide")(x)
    odd = layers.Conv2D(2, 2, strides=2, padding="same", name="odd")(x)
    both = layers.Concatenate(name="both")([wide, odd])
    y = layers.Conv2D(4, 1, name="one")(both)
    total = layers.Add(name="total")([y, both])
    return keras.Model(picture, layers.Dropout(0.5, name="last")(total))


def nested():
    inner = chain(layers.Conv2D(2, 3, name="inside"), shape=(9, 8, 2))
    return chain(layers.Conv2D(2, 2, strides=2, name="outside"), inner, shape=(18, 16, 1))


def subclassed():
    model = Chain([layers.Conv2D(2, 3, strides=2, name="a"), layers.MaxPooling2D(name="b")])
    model(np.zeros((1, 20, 17, 1), np.float32))
    return model


MODELS = [strided, dilated, branched, nested, subclassed]


def with_sums(model):
    """Make every value depend on all that it is computed from: no weight is zero, no ReLU shuts."""
    for weight in model.weights:
        weight.assign(np.full(weight.shape, 0.25))
    return model


def moved(model, axis, lines):
    """Change the picture in one row (axis 0) or column (1) after the other.

    Return for each layer which of its rows or columns move with each: bool (lines, cells).
    """
    picture = np.full(input_shape(model), 0.5, np.float32)
    changed = np.stack([picture] * (1 + len(lines)))  # the first stays as it is
    for image, line in zip(changed[1:], lines, strict=True):
        np.moveaxis(image, axis, 0)[line] += np.random.default_rng(line).uniform(1, 2)
    calls = []
    with forward_hooks(named_layers(model), calls.append):
        model(changed, training=False)
    across = tuple({1, 2, 3} - {1 + axis})
    outputs = {call.name: np.asarray(call.outputs) for call in calls}
    return {
        name: filled((output[1:] != output[:1]).any(axis=across))
        for name, output in outputs.items()
        if output.ndim == 4
    }


def filled(tried):
    """A dilated window skips pixels; a receptive field reaches from the first to the last."""
    from_first = np.maximum.accumulate(tried, axis=0)
    to_last = np.maximum.accumulate(tried[::-1], axis=0)[::-1]
    return from_first & to_last


def said(along, lines, cells):
    """Return the same as the receptive field says it."""
    start = along.start + np.arange(cells) * along.stride
    lines = np.array(lines)[:, np.newaxis]
    return (start <= lines) & (lines < start + along.size)


def assert_true_of(model, names, lines):
    fields = receptive_fields(model)
    for axis in range(2):
        tried = moved(model, axis, lines[axis])
        for name in names:
            expected = said(fields[name][axis], lines[axis], tried[name].shape[1])
            assert not (tried[name] & ~expected).any(), (name, axis)
            if type(named_layers(model)[name]) is not layers.ZeroPadding2D:  # its edge sees nothing
                assert np.array_equal(tried[name], expected), (name, axis)


@pytest.mark.parametrize("make", MODELS)
def test_cell_sees_exactly_the_pixels_that_change_it(make):
    model = with_sums(make())
    names = [n for n, layer in named_layers(model).items() if type(layer) is not layers.InputLayer]
    assert sorted(receptive_fields(model)) == sorted(names)
    assert_true_of(model, names, [range(side) for side in input_shape(model)[:2]])


def test_cell_of_the_course_s_network_sees_8_by_8_pixels(cnn):
    fields = receptive_fields(cnn)
    assert fields["conv2d_1"] == 2 * (Along(size=8, stride=2, start=-3, length=28),)
    assert list(fields) == ["conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1"]
    assert_true_of(with_sums(lab.build_cnn()), fields, [range(28), range(28)])


def test_cell_of_a_photograph_s_network_sees_what_changes_it(network):
    names = ["stem_conv", "block1a_project", "block2b_add", "block3a_project"]
    assert_true_of(network.model, names, 2 * [[0, 1, 2, 3, 110, 111, 112, 113, 221, 222, 223]])


def test_last_convolution_of_a_photograph_s_network_sees_all_of_it(network):
    for along in receptive_fields(network.model)["top_conv"]:
        for cell in range(7):
            start = along.start + cell * along.stride
            assert start <= 0
            assert start + along.size >= along.length == 224


def test_half_precision_sees_as_much():
    policy = keras.mixed_precision.DTypePolicy("mixed_float16")
    convolution = {"filters": 2, "kernel_size": 3}
    half = chain(*(layers.Conv2D(**convolution, dtype=policy, name=name) for name in "ab"))
    single = chain(*(layers.Conv2D(**convolution, name=name) for name in "ab"))
    assert receptive_fields(half) == receptive_fields(single)


# What is not known is not said


def squeeze_and_excite(x):
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return layers.Multiply(name="behind")([x, squeezed])


def side_by_side(x):
    return layers.Concatenate(axis=1, name="behind")([x, x])


def unequal_strides(x):
    fine = layers.Conv2D(2, 14)(layers.ZeroPadding2D(2)(x))
    coarse = layers.Conv2D(2, 2, strides=2)(x)
    return layers.Add(name="behind")([fine[:, :9, :9], coarse])


class Rolled(layers.Layer):
    def call(self, x):
        return tensorflow.roll(x, 3, axis=1)


@pytest.mark.parametrize(
    "behind",
    [
        squeeze_and_excite,
        side_by_side,
        unequal_strides,
        Rolled(name="behind"),
        layers.UpSampling2D(name="behind"),
        layers.Conv2DTranspose(2, 3, name="behind"),
        layers.LayerNormalization(axis=(1, 2), name="behind"),
        layers.BatchNormalization(axis=1, name="behind"),
        lambda x: layers.ReLU(name="behind")(x[:, ::-1]),
        lambda x: layers.Conv2D(2, 1, name="behind")(layers.Reshape((9, 36, 2))(x)),
    ],
)
def test_layer_that_may_see_anything_is_left_out(behind):
    picture = keras.Input((18, 18, 2))
    x = layers.Conv2D(2, 1, name="before")(picture)
    last = layers.Conv2D(2, 1, name="after")(behind(x))
    fields = receptive_fields(keras.Model(picture, last))
    assert "before" in fields
    assert not {"behind", "after"} & set(fields)


def test_layer_that_runs_twice_or_has_no_places_is_left_out():
    picture = keras.Input((8, 8, 1))
    twice = layers.Conv2D(1, 3, name="twice")
    flat = layers.Flatten(name="flat")(twice(twice(picture)))
    assert receptive_fields(keras.Model(picture, layers.Dense(2)(flat))) == {}


def test_pictures_of_any_size_have_no_fields():
    assert receptive_fields(chain(layers.Conv2D(1, 3), shape=(None, None, 1))) == {}


def test_field_is_another_one_when_a_layer_is_exchanged():
    model = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(1, 3, name="a")])
    assert receptive_fields(model)["a"][0].size == 3
    model.pop()
    model.add(layers.Conv2D(1, 5, name="b"))
    assert {name: rows.size for name, (rows, _) in receptive_fields(model).items()} == {"b": 5}
