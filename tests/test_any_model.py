"""Models that students bring: each is explained rightly, or refused with the remedy."""

import numpy as np
import pytest
from small_models import IMAGES, Traced, model_of

from gradcam_lab import GradCAM, cam
from gradcam_lab._checks import PREDICTED
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab._traces import settings_of
from gradcam_lab.cam import trace_pass

layers = keras.layers


def classifier(*last_layers, **options):
    return model_of(*last_layers, layers.Flatten(), layers.Dense(3, **options))


# What changes after the first answer


def test_activation_that_is_exchanged_counts():
    model = classifier()
    before = GradCAM(model).explain(IMAGES, 1).score
    model.get_layer("conv").activation = keras.activations.tanh
    after = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(after, model(IMAGES)[:, 1], rtol=1e-5)
    assert not np.allclose(before, after, rtol=1e-3)


def test_low_rank_adaptation_counts():
    model = classifier()
    GradCAM(model).explain(IMAGES, 1)
    model.layers[-1].enable_lora(2)
    model.layers[-1].lora_kernel_b.assign(tensorflow.ones_like(model.layers[-1].lora_kernel_b))
    score = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(score, model(IMAGES)[:, 1], rtol=1e-5)


def test_settings_are_the_same_before_and_after_a_model_ran():
    model = classifier(layers.BatchNormalization(), layers.Dropout(0.5))
    before = settings_of(model)
    GradCAM(model).explain(IMAGES)
    model.predict(IMAGES, verbose=0)
    assert list(map(id, settings_of(model))) == list(map(id, before))


class Scaled(keras.Model):
    """A subclassed model with settings of its own, and a layer with some."""

    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(4, 3, name="conv")
        self.own, self.flatten, self.head = OwnLayer(), layers.Flatten(), layers.Dense(3)
        self.strength, self._hidden = 1.0, 1.0

    def call(self, x):
        return self.head(self.flatten(self.own(self.strength * self._hidden * self.conv(x))))


class OwnLayer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.settings, self._factor = {"scale": 1.0}, 1.0

    def call(self, x):
        return self.settings["scale"] * self._factor * x


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model, "strength", 3.0),
        lambda model: setattr(model, "_hidden", 3.0),
        lambda model: setattr(model.own, "_factor", 3.0),
        lambda model: model.own.settings.update({"scale": 3.0}),
    ],
    ids=["of the model", "hidden, of the model", "hidden, of a layer", "in a dict"],
)
def test_setting_of_a_user_s_own_counts(change):
    keras.utils.set_random_seed(0)
    model = Scaled()
    model(IMAGES)
    before = GradCAM(model).explain(IMAGES, 1).score
    change(model)
    after = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(after, model(IMAGES)[:, 1], rtol=1e-5)
    assert not np.allclose(before, after, rtol=1e-3)


# Numbers that are none


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_network_that_answers_nan_is_refused_with_the_reason(bad):
    model = classifier()
    model.layers[-1].bias.assign([bad, 0, 0])
    with pytest.raises(ValueError, match="answers NaN or infinity: its training diverged"):
        GradCAM(model).explain(IMAGES)


def test_map_that_overflows_is_refused_with_the_reason():
    def overflowing(feature_maps, gradients):
        return 3e38 * (1 + tensorflow.reduce_sum(feature_maps * gradients, axis=-1) ** 2)

    engine = GradCAM(classifier())
    with pytest.raises(ValueError, match="map of layer 'conv' overflows: its feature maps"):
        engine.run(engine.trace(None), 1e3 * IMAGES, np.full(3, PREDICTED), overflowing)


def deep_in_half_precision(scale):
    """A float16 network whose gradients are `scale` times those of the float32 one."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv", dtype="mixed_float16"),
            layers.Conv2D(4, 3, name="next", dtype="mixed_float16"),
            layers.Rescaling(scale, dtype="mixed_float16"),
            layers.Flatten(dtype="mixed_float16"),
            layers.Dense(3, dtype="float32"),
        ]
    )


@pytest.mark.parametrize("scale", [1e-6, 1.0, 200.0])
def test_gradients_in_half_precision_neither_vanish_nor_overflow(scale):
    half = deep_in_half_precision(scale)
    whole = keras.models.clone_model(
        half,
        clone_function=lambda each: type(each).from_config(
            each.get_config() | {"dtype": "float32"}
        ),
    )
    whole.set_weights(half.get_weights())
    actual, expected = (GradCAM(model).explain(IMAGES, 1).signed["conv"] for model in (half, whole))
    assert expected.any()
    np.testing.assert_allclose(actual, expected, atol=0.05 * np.abs(expected).max())


# Models that are refused


class Own(layers.Dense):
    """A head of a user's own: three times what a Dense layer gives."""

    def call(self, inputs):
        return 3 * super().call(inputs)


@pytest.mark.parametrize("activation", ["softmax", None])
def test_head_of_a_user_s_own_is_not_taken_for_a_dense_layer(activation):
    model = model_of(layers.Flatten(), Own(3, activation=activation))
    with pytest.raises(ValueError, match="does not end in softmax"):
        GradCAM(model).explain(IMAGES)


def test_logits_are_no_probabilities():
    model = model_of(layers.Flatten(), Own(3, bias_initializer=keras.initializers.Constant(12)))
    with pytest.raises(ValueError, match=r"which are no probabilities: end it in softmax"):
        GradCAM(model, score="probability").explain(IMAGES)


def test_logit_is_found_before_a_last_layer_that_only_changes_the_precision():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv", dtype="mixed_float16"),
            layers.Flatten(dtype="mixed_float16"),
            layers.Dense(3, activation="softmax", dtype="mixed_float16"),
            layers.Activation("linear", dtype="float32"),
        ]
    )
    explanation = GradCAM(model).explain(IMAGES, 1)
    np.testing.assert_allclose(explanation.probabilities, model(IMAGES), atol=2e-3)
    features = keras.Model(model.inputs[0], model.layers[1].output)(IMAGES).numpy()
    logits = features @ model.layers[2].kernel.numpy()
    np.testing.assert_allclose(explanation.score, logits[:, 1], atol=2e-2)


@pytest.mark.parametrize("pooling", [layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_probabilities_that_were_pooled_are_no_logits(activation, pooling):
    model = model_of(layers.Conv2D(3, 1, activation=activation), pooling())
    with pytest.raises(ValueError, match=r"as they are \(they have to be probabilities\)"):
        GradCAM(model).explain(IMAGES)


def test_channels_first_is_refused_with_the_remedy():
    model = keras.Sequential(
        [
            keras.Input((4, 8, 8)),
            layers.GlobalAveragePooling2D(data_format="channels_first"),
            layers.Dense(3),
        ]
    )
    with pytest.raises(ValueError, match="data_format='channels_last'"):
        GradCAM(model).explain(np.zeros((1, 4, 8, 8)), layers="conv")


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_quantised_model_is_refused_with_the_remedy():
    model = classifier(activation="softmax")
    model.quantize("int8")
    with pytest.raises(ValueError, match=r"quantised, .* as it was before model.quantize\(\)"):
        GradCAM(model).explain(IMAGES)


@pytest.mark.parametrize("loss", ["mse", ["MAE"], keras.losses.Huber(), keras.losses.huber])
def test_regression_has_no_classes(loss):
    model = model_of(layers.Flatten(), layers.Dense(1))
    GradCAM(model).explain(IMAGES)  # nothing has said yet what it was trained for
    model.compile("sgd", loss)
    with pytest.raises(ValueError, match="answers with plain numbers, not with classes"):
        GradCAM(model).explain(IMAGES)


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_one_unit_with_a_sigmoid_tells_two_classes_apart_whatever_its_loss(loss):
    model = model_of(layers.Flatten(), layers.Dense(1, activation="sigmoid"))
    model.compile("sgd", loss)
    assert GradCAM(model).explain(IMAGES).probabilities.shape == (3, 2)


def test_several_inputs_are_refused_before_their_shapes_are_compared():
    inputs = [keras.Input((8, 8, 1)), keras.Input((5,))]
    x = layers.Flatten()(layers.Conv2D(2, 3)(inputs[0]))
    model = keras.Model(inputs, layers.Dense(3)(layers.Concatenate()([x, inputs[1]])))
    with pytest.raises(ValueError, match=r"takes 2 inputs, .* wrap it in a model of one input"):
        GradCAM(model).explain([IMAGES, np.zeros((3, 5))])


def test_model_of_another_keras_is_refused_with_the_remedy():
    other = type("Sequential", (), {"__module__": "tf_keras.src.engine.sequential"})
    with pytest.raises(TypeError, match=r"is a Sequential of Keras 2 .*works with Keras 3"):
        GradCAM(other())


def test_segmentation_can_be_explained_by_the_wrapper_that_its_refusal_names():
    model = model_of(layers.Conv2D(3, 1, activation="softmax"))
    with pytest.raises(ValueError, match=r"the mean of each class: (GradCAM\(.*\))") as refusal:
        GradCAM(model).explain(IMAGES)
    remedy = str(refusal.value).rsplit("each class: ")[1]
    explanation = eval(remedy, {"GradCAM": GradCAM, "keras": keras, "model": model}).explain(
        IMAGES, 1
    )
    np.testing.assert_allclose(
        explanation.score, model(IMAGES)[..., 1].numpy().mean((1, 2)), rtol=1e-5
    )
    assert explanation.signed["conv"].any()


def test_explanations_are_compared_by_identity():
    first, second = (GradCAM(classifier()).explain(IMAGES) for _ in range(2))
    assert first == first
    assert first != second


# Work that is not done


def test_wrong_shape_is_refused_before_anything_is_traced():
    traced = Traced()
    model = classifier(traced)
    built = traced.runs
    with pytest.raises(ValueError, match="the model takes"):
        GradCAM(model).explain(IMAGES[:, :5])
    assert traced.runs == built


def test_one_trace_serves_every_method():
    traced = Traced()
    engine = GradCAM(classifier(traced))
    first = engine.explain(IMAGES)
    after_the_first = traced.runs
    for method in ("gradcam++", "hirescam", "layercam", "xgradcam"):
        assert list(engine.explain(IMAGES, method=method).signed) == list(first.signed)
    assert traced.runs == after_the_first


def test_large_pictures_for_a_model_of_free_size_count_as_large(sizes_of_parts, monkeypatch):
    model = model_of(
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
        make_input=lambda: keras.Input((None, None, 1)),
    )
    engine, bytes_per_pixel = GradCAM(model), trace_pass(model, "logit", None, None).bytes_per_pixel
    monkeypatch.setattr(cam, "MEMORY", 4.5 * bytes_per_pixel * 8 * 8)  # four pictures and a half
    for side in (4, 8, 16, 64):
        engine.explain(np.ones((9, side, side, 1)))
    assert sizes_of_parts == [9, 4, 4, 1, *[1] * 9, *[1] * 9]


def test_layer_that_gives_a_tuple_runs_but_has_no_output_to_draw():
    picture = keras.Input((8, 8, 1))
    maps = layers.Conv2D(2, 3, name="conv")(picture)
    states = layers.LSTM(2, return_state=True, name="lstm")(layers.Reshape((8, 8))(picture))
    answer = layers.Dense(3)(layers.Concatenate()([states[0], layers.Flatten()(maps)]))
    with pytest.raises(ValueError, match=r"layer 'lstm' has no output \(n, h', w', channels\)"):
        GradCAM(keras.Model(picture, answer)).explain(IMAGES, layers="lstm")


@pytest.mark.parametrize("named", ["c", [], None])
def test_model_without_maps_is_refused_with_the_remedy_whatever_layer_is_named(named):
    signal = keras.Input((16, 3))
    answer = layers.Dense(3)(layers.Flatten()(layers.Conv1D(3, 3, name="c")(signal)))
    with pytest.raises(ValueError, match="treat a signal as a picture of height 1"):
        GradCAM(keras.Model(signal, answer)).explain(np.zeros((1, 16, 3)), layers=named)


def test_images_that_are_no_numbers_are_told_before_a_layer_trips_over_them():
    class Checking(layers.Layer):
        def call(self, x):
            return tensorflow.debugging.check_numerics(x, "a layer's own words")

    picture = keras.Input((8, 8, 1))
    maps = layers.Conv2D(2, 3)(Checking()(picture))
    model = keras.Model(picture, layers.Dense(3)(layers.Flatten()(maps)))
    with pytest.raises(ValueError, match="images contain NaN"):
        GradCAM(model).explain(np.nan * IMAGES)
