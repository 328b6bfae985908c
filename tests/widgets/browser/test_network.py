"""A network is described just as it computes, or refused by name."""

import json

import numpy as np
import pytest
from in_node import call_in_node
from small_models import Chain, leftovers, model_of

from gradcam_lab import GradCAM
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.widgets.browser.network import (
    NotInBrowser,
    describe_network,
    probe_probabilities,
)

layers = keras.layers
END = [layers.GlobalAveragePooling2D, lambda: layers.Dense(3, activation="softmax", name="last")]


def describe(model, **options):
    return describe_network(GradCAM(model, **options))


def ending(*middle):
    """A small network with some layers between its convolution and its answer."""
    return model_of(*middle, *(make() for make in END))


def parts(model):
    return describe(model).description["layers"]


def part(model, name):
    (found,) = [each for each in parts(model) if each["name"] == name]
    return found


def numbers(described, where):
    floats = np.frombuffer(described.weights, "<f4")
    return floats[where["at"] : where["at"] + np.prod(where["shape"])].reshape(where["shape"])


# What is described


def test_description_of_the_courses_network(cnn):
    description, weights = describe(cnn)
    found = [(each["name"], each["kind"], each["inputs"]) for each in description["layers"]]
    assert found == [
        ("", "Input", []),
        ("conv2d", "Conv2D", [0]),
        ("max_pooling2d", "MaxPooling2D", [1]),
        ("conv2d_1", "Conv2D", [2]),
        ("max_pooling2d_1", "MaxPooling2D", [3]),
        ("flatten", "Flatten", [4]),
        ("dense", "Dense", [5]),
        ("dense_1", "Dense", [6]),
    ]
    assert description["spatial"] == ["conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1"]
    assert description["answer"] == "softmax"
    assert description["layers"][1] == {
        **{"name": "conv2d", "kind": "Conv2D", "inputs": [0], "shape": [28, 28, 32]},
        **{"window": [3, 3], "strides": [1, 1], "dilation": [1, 1], "padding": "same"},
        "activation": "relu",
        "weights": [{"at": 0, "shape": [3, 3, 1, 32]}, {"at": 288, "shape": [32]}],
    }
    assert len(weights) == 4 * cnn.count_params()
    assert json.loads(json.dumps(description)) == description


def test_weights_are_the_present_ones_at_their_places():
    model = ending()
    for factor in (1, 2):
        model.get_layer("conv").kernel.assign(model.get_layer("conv").kernel * factor)
        described = describe(model)
        kernel, bias = described.description["layers"][1]["weights"]
        assert np.array_equal(numbers(described, kernel), model.get_layer("conv").kernel)
        assert np.array_equal(numbers(described, bias), model.get_layer("conv").bias)


def test_softmax_at_the_end_is_taken_off():
    assert part(ending(), "last")["activation"] is None
    apart = ending()
    apart = keras.Model(apart.inputs, layers.Softmax(name="end")(apart.layers[-2].output))
    assert [each["kind"] for each in parts(apart)][-2:] == ["GlobalAveragePooling2D", "Identity"]


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        ([layers.Dense(3, activation="sigmoid")], "sigmoid"),
        ([layers.Dense(3), layers.Activation("sigmoid")], "sigmoid"),
        ([layers.Dense(1, activation="sigmoid"), layers.Dropout(0.5)], "sigmoid"),
        ([layers.Dense(1)], "sigmoid"),
        ([layers.Dense(3)], "softmax"),
        ([layers.Dense(3), layers.Softmax()], "softmax"),
        ([layers.Dense(3), layers.Activation("linear"), layers.Activation("softmax")], "softmax"),
    ],
)
def test_what_leads_from_logits_to_probabilities(end, answer):
    model = model_of(layers.GlobalAveragePooling2D(), *end)
    assert describe(model).description["answer"] == answer


def test_layers_of_nested_models_have_the_names_of_grad_cam():
    inner = keras.Sequential([layers.Conv2D(4, 3, name="conv")], name="inner")
    outer = keras.Sequential([keras.Input((8, 8, 1)), inner, *(make() for make in END)])
    assert [each["name"] for each in parts(outer)][1] == "inner/conv"
    assert describe(outer).description["spatial"] == ["inner/conv"]


def test_subclassed_model_of_keras_layers_is_read_as_it_runs():
    chain = Chain([layers.Conv2D(4, 3, name="conv"), *(make() for make in END)])
    chain(np.zeros((1, 8, 8, 1), np.float32))
    kinds = [each["kind"] for each in parts(chain)]
    assert kinds == ["Input", "Conv2D", "GlobalAveragePooling2D", "Dense"]


def test_dropout_and_its_kin_are_nothing_and_stand_behind_what_they_pass_on():
    picture = keras.Input((8, 8, 1))
    x = layers.RandomFlip(name="flip")(picture)
    x = layers.Conv2D(4, 3, name="conv")(x)
    beside = layers.MaxPooling2D(name="beside")(x)  # runs before `drop`, on the same tensor
    dropped = layers.AveragePooling2D(2, name="mean")(layers.SpatialDropout2D(0.5, name="drop")(x))
    x = layers.Add()([beside, dropped])
    model = keras.Model(picture, END[1]()(END[0]()(x)))
    found = {each["name"]: each for each in parts(model)}
    names = list(found)
    assert found["flip"]["kind"] == found["drop"]["kind"] == "Identity"
    assert found["conv"]["inputs"] == [names.index("flip")]
    assert found["beside"]["inputs"] == found["mean"]["inputs"] == [names.index("drop")]


def test_separable_convolution_is_two():
    model = ending(layers.SeparableConv2D(5, 3, strides=2, activation="relu", name="separable"))
    _, _, depthwise, pointwise, *_ = parts(model)
    assert (depthwise["kind"], depthwise["name"]) == ("DepthwiseConv2D", "")
    assert depthwise["shape"] == [2, 2, 4]
    assert len(depthwise["weights"]) == 1
    assert (pointwise["kind"], pointwise["name"]) == ("Conv2D", "separable")
    assert pointwise["activation"] == "relu"
    assert "window" not in pointwise


def test_statistics_come_down_to_one_factor_and_one_offset_for_each_channel():
    norm = layers.BatchNormalization(epsilon=0.5, name="norm")
    model = ending(norm)
    for weight, values in zip(norm.weights, [2, 3, 5, 8.5], strict=True):
        weight.assign(np.full(4, values))  # gamma, beta, mean, variance
    described = describe(model)
    (found,) = [each for each in described.description["layers"] if each["name"] == "norm"]
    factor, offset = (numbers(described, where) for where in found["weights"])
    assert found["kind"] == "Scale"
    np.testing.assert_allclose(factor, np.full(4, 2 / 3), rtol=1e-7)
    np.testing.assert_allclose(offset, np.full(4, 3 - 5 * 2 / 3), rtol=1e-6)


def test_model_is_left_as_it_was(cnn):
    describe(cnn)
    assert leftovers(cnn) == []


def test_probe_is_answered_by_the_model_itself(cnn):
    values = [i * 0.6180339887498949 % 1 for i in range(28 * 28)]
    picture = np.float32(values).reshape(1, 28, 28, 1)
    expected = cnn(picture, training=False)[0]
    np.testing.assert_allclose(probe_probabilities(GradCAM(cnn)), expected, atol=1e-6)


# What is refused


class Own(layers.Dense):
    """A layer that nobody knows."""


def with_replaced_call():
    model = ending(layers.ReLU(name="odd"))
    model.get_layer("odd").call = lambda x: x
    return model


def with_two_inputs():
    pictures = [keras.Input((8, 8, 1)), keras.Input((8, 8, 1))]
    x = layers.Conv2D(4, 3)(layers.Add()(pictures))
    return keras.Model(pictures, END[1]()(END[0]()(x)))


def with_two_outputs():
    model = ending()
    return keras.Model(model.inputs, [model.outputs[0], model.layers[-2].output])


def twice():
    relu = layers.ReLU(name="odd")
    return ending(relu, layers.MaxPooling2D(), relu)


def with_an_operation():
    picture = keras.Input((8, 8, 1))
    x = keras.ops.square(layers.Conv2D(4, 3)(picture))
    return keras.Model(picture, END[1]()(layers.GlobalAveragePooling2D(name="odd")(x)))


def with_unequal_sums():
    picture = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same")(picture)
    return keras.Model(picture, END[1]()(END[0]()(layers.Add(name="odd")([x, picture]))))


def with_softmax_inside():
    return ending(layers.Activation("softmax", name="odd"))


def with_attention():
    picture = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3)(picture)
    x = layers.MultiHeadAttention(1, 2, name="odd")(x, x)
    return keras.Model(picture, END[1]()(END[0]()(x)))


def with_a_layer_behind_the_answer():
    class Beside(Chain):
        def call(self, x):
            *chain, beside = reversed(self.kept)
            for layer in chain:
                x = layer(x)
            beside(x)
            return x

    model = Beside([layers.Conv2D(4, 3), *(make() for make in END), layers.Dense(2, name="odd")])
    model(np.zeros((1, 8, 8, 1), np.float32))
    return model


REFUSED = {
    "own layer": (lambda: ending(Own(3, name="odd")), "'odd' .Own.*: it is none of Keras's own"),
    "replaced call": (with_replaced_call, "'odd' .ReLU.*: its method call was replaced"),
    "attention": (with_attention, r"layer 'odd' \(MultiHeadAttention\) is not computed in the br"),
    "transposed": (lambda: ending(layers.Conv2DTranspose(2, 3, name="odd")), "'odd'.*Transpose"),
    "reshape": (lambda: ending(layers.Reshape((36, 4, 1), name="odd")), "'odd' .Reshape."),
    "groups": (lambda: ending(layers.Conv2D(4, 3, groups=2, name="odd")), "'odd'.*groups=2"),
    "multiplier": (
        lambda: ending(layers.DepthwiseConv2D(3, depth_multiplier=2, name="odd")),
        "'odd'.*depth_multiplier=2",
    ),
    "separable multiplier": (
        lambda: ending(layers.SeparableConv2D(3, 3, depth_multiplier=2, name="odd")),
        "'odd'.*depth_multiplier=2",
    ),
    "activation": (
        lambda: ending(layers.Conv2D(4, 3, activation="gelu", name="odd")),
        "'odd' .Conv2D.*: it has the activation 'gelu'",
    ),
    "activation alone": (lambda: ending(layers.Activation("tanh", name="odd")), "'odd'.*'tanh'"),
    "own activation": (
        lambda: ending(layers.Activation(lambda x: x * 2, name="odd")),
        "'odd'.*activation '<lambda>'",
    ),
    "layer as activation": (
        lambda: ending(layers.Conv2D(4, 3, activation=layers.LeakyReLU(), name="odd")),
        "'odd'.*the activation <LeakyReLU",
    ),
    "leaky": (lambda: ending(layers.ReLU(negative_slope=0.1, name="odd")), "'odd'.*plain ReLU"),
    "ReLU of 3": (lambda: ending(layers.ReLU(max_value=3, name="odd")), "'odd'.*plain ReLU"),
    "threshold": (lambda: ending(layers.ReLU(threshold=1, name="odd")), "'odd'.*plain ReLU"),
    "softmax inside": (with_softmax_inside, "'odd'.*activation softmax before the end"),
    "axis": (lambda: ending(layers.BatchNormalization(axis=1, name="odd")), "'odd'.*axis=1"),
    "places scaled": (
        lambda: ending(layers.Rescaling(np.ones((6, 1, 1)), name="odd")),
        "'odd'.*other things than channels",
    ),
    "inverted": (
        lambda: ending(layers.Normalization(mean=1, variance=1, invert=True, name="odd")),
        "'odd'.*invert=True",
    ),
    "half precision": (
        lambda: ending(layers.Conv2D(4, 3, dtype="mixed_bfloat16", name="odd")),
        "'odd'.*it computes in mixed_bfloat16",
    ),
    "twice": (twice, "'odd' .ReLU.*: it runs 2 times"),
    "operation": (with_an_operation, "'odd' .GlobalAver.*: it takes what no layer"),
    "unequal sums": (with_unequal_sums, r"'odd' .Add.*: it adds .*\(8, 8, 1\) and \(8, 8, 4\)"),
    "behind": (with_a_layer_behind_the_answer, "answer is not what the last of its layers gives"),
    "two inputs": (with_two_inputs, "the model has 2 inputs"),
    "two outputs": (with_two_outputs, "the model has 2 outputs"),
    "one softmax": (
        lambda: model_of(END[0](), layers.Dense(1, activation="softmax")),
        "softmax of one number",
    ),
    "open size": (
        lambda: model_of(*(make() for make in END), make_input=lambda: keras.Input((None, 8, 1))),
        r"the model takes \(None, 8, 1\): the browser needs one fixed size",
    ),
}


@pytest.mark.filterwarnings("error:.*lambda")  # of Keras, when it is asked for such an option
@pytest.mark.parametrize("case", REFUSED)
def test_what_the_browser_would_not_compute_is_refused_by_name(case):
    make, words = REFUSED[case]
    with pytest.raises(NotInBrowser, match=words):
        describe(make())


def test_probabilities_are_not_differentiated():
    with pytest.raises(NotInBrowser, match="score is 'probability'"):
        describe(ending(), score="probability")


def test_unknown_option_is_refused(monkeypatch):
    known = layers.MaxPooling2D.get_config
    monkeypatch.setattr(
        layers.MaxPooling2D, "get_config", lambda self: known(self) | {"wrap": "torus"}
    )
    with pytest.raises(NotInBrowser, match=r"'odd' \(MaxPooling2D\).* wrap='torus'"):
        describe(ending(layers.MaxPooling2D(name="odd")))


def test_tensorflow_function_is_an_activation_like_kerass_own():
    model = ending(layers.Conv2D(4, 3, activation=tensorflow.nn.relu, name="conv_1"))
    assert part(model, "conv_1")["activation"] == "relu"


# Where it is asked


def test_the_courses_network_is_quick_and_a_large_one_is_not(cnn, network):
    def of_size(side):
        end = [layers.Conv2D(8, 3), *(make() for make in END)]
        return model_of(*end, make_input=lambda: keras.Input((side, side, 1)))

    models = [cnn, of_size(28), network.model, of_size(160)]
    calls = [["isQuick", describe(model).description] for model in models]
    assert call_in_node("engine_in_page.js", calls) == [True, True, False, False]
