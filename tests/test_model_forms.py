"""The many forms in which Keras users build a model: all are explained alike, and left alone."""

import numpy as np
import pytest
from small_models import (
    IMAGES,
    Chain,
    half_precision,
    leftovers,
    model_of,
    with_the_same_weights,
)

from gradcam_lab import GradCAM, make_gradcam_heatmap, spatial_layers
from gradcam_lab._tensorflow import keras

layers = keras.layers


@pytest.fixture
def part():
    """The network that all the forms are made of."""
    return model_of(layers.Flatten(), layers.Dense(3, activation="softmax"))


# Forms of the same network


def sequential(part):
    return keras.Sequential([keras.Input(part.input.shape[1:]), *part.layers[1:]])


def sequential_not_yet_called(part):
    model = keras.Sequential(part.layers[1:])
    assert not model.built
    return model


def sequential_built_by_one_image(part):
    model = keras.Sequential(part.layers[1:])
    model(IMAGES[:1])
    return model


def sequential_not_yet_called_of_a_sequential(part):
    return keras.Sequential([keras.Sequential(part.layers[1:3]), part.layers[3]])


def whole_in_another(part):
    picture = keras.Input((8, 8, 1))
    return keras.Model(picture, part(picture))


def twice_nested(part):
    return whole_in_another(whole_in_another(part))


def input_as_a_list(part):
    return keras.Model([part.inputs[0]], part.outputs[0])


def input_in_a_dict(part):
    return keras.Model({part.inputs[0].name: part.inputs[0]}, part.outputs[0])


def input_and_output_as_lists(part):
    return keras.Model([part.inputs[0]], [part.outputs[0]])


def subclassed(part):
    model = Chain(part.layers[1:])
    model(IMAGES[:1])
    return model


def subclassed_not_yet_called(part):
    model = Chain(part.layers[1:])
    assert not model.built
    return model


def subclassed_in_a_functional(part):
    return whole_in_another(Chain(part.layers[1:]))


def functional_in_a_subclassed(part):
    return Chain([part])


def of_free_input_size(part):
    picture = keras.Input((None, None, 1))
    x = part.layers[1](picture)
    return keras.Model(picture, part.layers[3](layers.Reshape((144,))(x)))


def behind_rescaling_and_augmentation(part):
    augmentation = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.2)])
    picture = keras.Input((8, 8, 1))
    x = layers.Rescaling(1 / 2, offset=1 / 2)(augmentation(picture))
    undone = layers.Rescaling(2, offset=-1)(layers.RandomZoom(0.2)(x))
    return keras.Model(picture, part(undone))


@pytest.mark.parametrize(
    "form",
    [
        sequential,
        sequential_not_yet_called,
        sequential_built_by_one_image,
        sequential_not_yet_called_of_a_sequential,
        whole_in_another,
        twice_nested,
        input_as_a_list,
        input_in_a_dict,
        input_and_output_as_lists,
        subclassed,
        subclassed_not_yet_called,
        subclassed_in_a_functional,
        functional_in_a_subclassed,
        of_free_input_size,
        behind_rescaling_and_augmentation,
    ],
)
@pytest.mark.filterwarnings("error")
def test_every_form_of_model_gives_the_same_maps(part, form):
    expected, explanation = GradCAM(part).explain(IMAGES), GradCAM(form(part)).explain(IMAGES)
    np.testing.assert_allclose(explanation.probabilities, expected.probabilities, rtol=1e-5)
    np.testing.assert_allclose(explanation.score, expected.score, rtol=1e-5)
    (conv,) = [name for name in explanation.signed if name.split("/")[-1] == "conv"]
    np.testing.assert_allclose(
        explanation.signed[conv], expected.signed["conv"], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("form", [sequential_not_yet_called, subclassed_not_yet_called])
def test_one_heatmap_needs_no_model_that_was_called_before(part, form):
    expected = make_gradcam_heatmap(IMAGES[:1], part)
    np.testing.assert_allclose(make_gradcam_heatmap(IMAGES[:1], form(part)), expected, atol=1e-5)


@pytest.mark.parametrize("images", [IMAGES[0], IMAGES[:0], IMAGES[:, 0]])
def test_model_not_yet_called_is_not_built_from_what_is_no_batch(part, images):
    model = sequential_not_yet_called(part)
    with pytest.raises(ValueError, match=r"keep the batch axis|give at least one image"):
        GradCAM(model).explain(images)
    assert not model.built


@pytest.mark.parametrize("form", [sequential, whole_in_another])
def test_model_from_a_file_gives_the_same_maps(part, form, tmp_path):
    form(part).save(tmp_path / "model.keras")
    explanation = GradCAM(keras.saving.load_model(tmp_path / "model.keras")).explain(IMAGES)
    expected = GradCAM(part).explain(IMAGES).signed["conv"]
    (signed,) = explanation.signed.values()
    np.testing.assert_allclose(signed, expected, rtol=1e-5, atol=1e-6)


def test_base_model_as_a_layer_gives_the_same_maps_as_its_layers_themselves():
    """The usual form of transfer learning: a base without its head, pooling, a new Dense layer."""
    base = model_of(layers.BatchNormalization(), layers.ReLU(name="last"))
    head = [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(3)]
    nested = keras.Sequential([keras.Input((8, 8, 1)), base, *head])
    flat = keras.Sequential([keras.Input((8, 8, 1)), *base.layers[1:], *head])
    assert spatial_layers(nested) == [f"small/{name}" for name in spatial_layers(flat)]
    actual, expected = GradCAM(nested).explain(IMAGES, 1), GradCAM(flat).explain(IMAGES, 1)
    for name, signed in expected.signed.items():
        np.testing.assert_allclose(actual.signed[f"small/{name}"], signed, rtol=1e-5, atol=1e-6)


def test_layers_of_a_nested_model_are_asked_for_as_outer_inner(part):
    assert make_gradcam_heatmap(IMAGES[:1], whole_in_another(part), "small/conv").shape == (6, 6)


@half_precision
@pytest.mark.parametrize("end", ["float32", "mixed_float16"])
def test_half_precision_model_gives_float32_maps(part, end):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv", dtype="mixed_float16"),
            layers.Flatten(dtype="mixed_float16"),
            layers.Dense(3, activation="softmax", dtype=end),
        ]
    )
    explanation = GradCAM(with_the_same_weights(model, part)).explain(IMAGES, 1)
    signed = explanation.signed["conv"]
    assert signed.dtype == explanation.probabilities.dtype == explanation.score.dtype == np.float32
    expected = GradCAM(part).explain(IMAGES, 1).signed["conv"]
    np.testing.assert_allclose(signed, expected, atol=0.02 * np.abs(expected).max())


@pytest.mark.parametrize("channels", [1, 3])
def test_picture_of_any_size_can_be_explained(channels):
    model = model_of(
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
        make_input=lambda: keras.Input((None, None, channels)),
    )
    for height, width in [(9, 12), (5, 4), (3, 3)]:
        picture = np.ones((1, height, width, channels))
        assert make_gradcam_heatmap(picture, model).shape == (height - 2, width - 2)


@pytest.mark.parametrize("shapes", [[(8, 8, 1), (8, 8, 1)], [(8, 8, 1), (5,)]], ids=str)
def test_model_of_several_inputs_is_refused_with_the_remedy(shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    x = layers.Flatten()(layers.Conv2D(2, 3)(inputs[0]))
    model = keras.Model(inputs, layers.Dense(3)(layers.Concatenate()([x, layers.Flatten()(x)])))
    with pytest.raises(ValueError, match=r"takes 2 inputs, .* wrap it in a model of one input"):
        GradCAM(model).explain(IMAGES)


# The model is left as it was


def whole_state(model):
    """All that an explanation might leave changed."""
    found = model._flatten_layers()
    return {
        "answer": model.predict(IMAGES, verbose=0).tolist(),
        "weights": [weight.numpy().tolist() for weight in model.weights],
        "trainable": [(layer.name, layer.trainable) for layer in found],
        "trainable weights": [weight.path for weight in model.trainable_weights],
        "attributes": [(layer.name, set(vars(layer))) for layer in found],
        "activations": [getattr(layer, "activation", None) for layer in found],
        "compiled": (model.compiled, id(getattr(model, "optimizer", None))),
    }


@pytest.mark.parametrize(
    ("form", "method"),
    [(sequential, "scorecam"), (whole_in_another, "gradcam"), (subclassed, "hirescam")],
)
def test_model_is_left_as_it_was(part, form, method):
    normalised = model_of(
        layers.BatchNormalization(), layers.Flatten(), layers.Dense(3, activation="softmax")
    )
    normalised.layers[1].trainable = False
    model = form(normalised)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(IMAGES, np.arange(3), verbose=0)
    loss = model.evaluate(IMAGES, np.arange(3), verbose=0)
    before = whole_state(model)
    GradCAM(model).explain(IMAGES, method=method, progress=False)
    assert whole_state(model) == before
    assert leftovers(model) == []
    assert model.evaluate(IMAGES, np.arange(3), verbose=0) == loss


def test_model_can_be_trained_and_saved_after_it_was_explained(part, tmp_path):
    part.compile("sgd", "sparse_categorical_crossentropy")
    before = GradCAM(part).explain(IMAGES, 1).score
    part.fit(IMAGES, np.arange(3), verbose=0)
    after = GradCAM(part).explain(IMAGES, 1).score
    assert not np.allclose(before, after, rtol=1e-6)
    part.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(GradCAM(again).explain(IMAGES, 1).score, after, rtol=1e-5)


@pytest.mark.parametrize("method", ["gradcam", "scorecam"])
def test_picture_without_a_channel_axis_can_be_explained(method):
    model = keras.Sequential(
        [
            keras.Input((8, 8)),
            layers.Reshape((8, 8, 1)),
            layers.Conv2D(2, 3, name="conv"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    engine = GradCAM(model)
    explanation = engine.explain(IMAGES[..., 0], layers="conv", method=method, progress=False)
    assert explanation.signed["conv"].shape == (3, 6, 6)
    with pytest.raises(ValueError, match=r"takes \(n, 8, 8\)"):
        engine.explain(IMAGES)


class NeedsTraining(keras.Model):
    """A subclassed model whose `call` must be told whether it trains."""

    def __init__(self):
        super().__init__()
        self.chain = [layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3)]

    def call(self, x, training):
        for layer in self.chain:
            x = layer(x)
        return x


def test_model_that_must_be_told_whether_it_trains_can_be_explained():
    assert GradCAM(NeedsTraining()).explain(IMAGES).signed["conv"].shape == (3, 6, 6)
