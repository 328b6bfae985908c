import numpy as np
import pytest
from small_models import IMAGES, model_of, with_the_same_weights

from gradcam_lab import GradCAM
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.class_scores import SCORES

layers = keras.layers


@pytest.fixture(scope="module")
def plain():
    """The network that ends in logits: there is nothing before its last layer to look for."""
    return model_of(layers.Flatten(), layers.Dense(3))


def ending_in(plain, *end):
    """The same network with another end: its logits, and so its explanation, are the same."""
    return with_the_same_weights(model_of(layers.Flatten(), *end), plain)


# The logit


@pytest.mark.parametrize(
    "end",
    [
        lambda: [layers.Dense(3, activation="softmax")],
        lambda: [layers.Dense(3, activation="sigmoid")],
        lambda: [layers.Dense(3, activation=tensorflow.nn.softmax)],
        lambda: [layers.Dense(3, activation=keras.ops.sigmoid)],
        lambda: [layers.Dense(3), layers.Softmax()],
        lambda: [layers.Dense(3), layers.Activation("softmax")],
        lambda: [layers.Dense(3), layers.Activation("sigmoid")],
        lambda: [layers.Dense(3), layers.Activation("linear")],
        lambda: [layers.Dense(3), layers.Dropout(0.5)],
        lambda: [layers.Dense(3, activation="softmax"), layers.Dropout(0.5)],
        lambda: [layers.Dense(3, activation="softmax"), layers.Activation("linear")],
        lambda: [layers.Dense(3), layers.Reshape((3,)), layers.Softmax()],
    ],
    ids=[
        "softmax",
        "sigmoid",
        "softmax of TensorFlow",
        "sigmoid of keras.ops",
        "Softmax layer",
        "Activation layer",
        "sigmoid Activation layer",
        "linear Activation",
        "Dropout",
        "softmax, then Dropout",
        "softmax, then linear Activation",
        "Softmax layer after Reshape",
    ],
)
def test_logit_is_found_before_the_last_activation(plain, end):
    actual = GradCAM(ending_in(plain, *end())).explain(IMAGES, 1)
    expected = GradCAM(plain).explain(IMAGES, 1)
    np.testing.assert_allclose(actual.score, plain(IMAGES)[:, 1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(actual.signed["conv"], expected.signed["conv"], atol=1e-6)


def test_logit_is_found_without_a_bias():
    model = model_of(layers.Flatten(), layers.Dense(3, activation="softmax", use_bias=False))
    logits = keras.Model(model.inputs[0], model.layers[-1].input)(IMAGES) @ model.layers[-1].kernel
    score = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(score, logits[:, 1], rtol=1e-5, atol=1e-6)


def test_logit_is_explained_where_the_probability_says_nothing_any_more(plain):
    """A network that is sure: its probabilities are exactly 1 and 0 and their gradients 0."""
    model = ending_in(plain, layers.Dense(3, activation="softmax"))
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + np.array([0, 1000, 0])])
    assert not GradCAM(model, score="probability").explain(IMAGES, 1).signed["conv"].any()
    expected = GradCAM(plain).explain(IMAGES, 1).signed["conv"]
    actual = GradCAM(model).explain(IMAGES, 1).signed["conv"]
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


def test_model_may_end_in_global_average_pooling():
    model = model_of(layers.GlobalAveragePooling2D())
    explanation = GradCAM(model).explain(IMAGES, 1)
    np.testing.assert_allclose(explanation.score, model(IMAGES)[:, 1], rtol=1e-5)


# The probabilities


@pytest.mark.parametrize(
    ("end", "function"),
    [
        (lambda: [layers.Dense(3)], "softmax"),
        (lambda: [layers.Dense(3, activation="softmax")], "softmax"),
        (lambda: [layers.Dense(3, activation="sigmoid")], "sigmoid"),
        (lambda: [layers.Dense(3), layers.Softmax()], "softmax"),
        (lambda: [layers.Dense(3, activation="softmax"), layers.Dropout(0.5)], "softmax"),
    ],
    ids=["logits", "softmax", "sigmoid", "Softmax layer", "softmax, then Dropout"],
)
@pytest.mark.parametrize("score", SCORES)
def test_probabilities_belong_to_the_kind_of_end(plain, end, function, score):
    expected = getattr(keras.activations, function)(plain(IMAGES))
    explanation = GradCAM(ending_in(plain, *end()), score=score).explain(IMAGES, 2)
    np.testing.assert_allclose(explanation.probabilities, expected, rtol=1e-5)
    assert explanation.score.tolist() == pytest.approx(
        (expected if score == "probability" else plain(IMAGES))[:, 2].numpy().tolist(), rel=1e-5
    )


def test_average_of_probabilities_is_not_taken_for_logits():
    picture = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Conv2D(2, 3, name="conv")(picture))
    members = [layers.Dense(3, activation="softmax")(x) for _ in range(2)]
    model = keras.Model(picture, layers.Average()(members))
    with pytest.raises(ValueError, match="there is no logit"):
        GradCAM(model).explain(IMAGES)
    explanation = GradCAM(model, score="probability").explain(IMAGES)
    np.testing.assert_allclose(explanation.probabilities, model(IMAGES), rtol=1e-5)


# One output alone: two classes


ONE_OUTPUT = pytest.mark.parametrize(
    "end",
    [
        lambda: [layers.Dense(1, activation="sigmoid")],
        lambda: [layers.Dense(1), layers.Activation("sigmoid")],
        lambda: [layers.Dense(1)],
    ],
    ids=["sigmoid", "sigmoid layer", "logit"],
)


@ONE_OUTPUT
def test_model_of_one_output_has_two_classes(end):
    model = model_of(layers.Flatten(), *end())
    probability = model(IMAGES).numpy()[:, 0]
    if model.layers[-1].activation is keras.activations.linear:
        probability = 1 / (1 + np.exp(-probability))
    logit = np.log(probability / (1 - probability))
    explanation = GradCAM(model).explain(IMAGES)
    expected = np.stack([1 - probability, probability], axis=1)
    np.testing.assert_allclose(explanation.probabilities, expected, rtol=1e-5)
    assert explanation.target.tolist() == (probability > 0.5).astype(int).tolist()
    for target, sign in ((0, -1), (1, 1)):
        score = GradCAM(model).explain(IMAGES, target).score
        np.testing.assert_allclose(score, sign * logit, rtol=1e-3, atol=1e-5)


@ONE_OUTPUT
@pytest.mark.parametrize("score", SCORES)
def test_what_speaks_for_one_of_two_classes_speaks_against_the_other(end, score):
    engine = GradCAM(model_of(layers.Flatten(), *end()), score=score)
    for_0, for_1 = (engine.explain(IMAGES, target).signed["conv"] for target in (0, 1))
    assert for_1.any()
    np.testing.assert_allclose(for_0, -for_1, rtol=1e-5, atol=1e-7)


def test_model_of_one_output_has_no_third_class():
    model = model_of(layers.Flatten(), layers.Dense(1, activation="sigmoid"))
    with pytest.raises(ValueError, match=r"no class 2: the model has 2 classes, 0 to 1"):
        GradCAM(model).explain(IMAGES, 2)


# Ends without a logit


WITHOUT_A_LOGIT = pytest.mark.parametrize(
    "end",
    [
        lambda: [layers.Dense(3, activation="relu", bias_initializer="ones")],
        lambda: [layers.Dense(3, activation="softmax"), layers.Reshape((3,))],
        lambda: [layers.Dense(3, activation="softmax"), layers.Flatten()],
        lambda: [layers.Dense(3), keras.ops.softmax],
        lambda: [layers.Dense(3), layers.Lambda(keras.ops.softmax)],
        lambda: [layers.EinsumDense("ab,bc->ac", 3, activation="softmax")],
        lambda: [layers.Dense(3, bias_initializer="ones"), layers.ReLU()],
    ],
    ids=[
        "relu",
        "softmax, then Reshape",
        "softmax, then Flatten",
        "an operation, no layer",
        "a layer of any code",
        "EinsumDense",
        "ReLU layer",
    ],
)


@WITHOUT_A_LOGIT
def test_model_without_a_logit_is_refused_with_the_remedy(end):
    with pytest.raises(
        ValueError, match=r'^the model does not end in .*: use GradCAM.model, score="probability"'
    ):
        GradCAM(model_of(layers.Flatten(), *end())).explain(IMAGES)


@WITHOUT_A_LOGIT
def test_remedy_for_a_model_without_a_logit_explains_its_outputs_as_they_are(end):
    model = model_of(layers.Flatten(), *end())
    explanation = GradCAM(model, score="probability").explain(IMAGES)
    np.testing.assert_allclose(explanation.probabilities, model(IMAGES), rtol=1e-5)
    np.testing.assert_allclose(explanation.score, np.max(model(IMAGES), axis=1), rtol=1e-5)
    assert explanation.signed["conv"].any()


@pytest.mark.parametrize("score", SCORES)
def test_model_that_is_no_classifier_is_refused_with_the_remedy(score):
    with pytest.raises(
        ValueError,
        match=r"shape \(None, 6, 6, 3\) and is no classifier: end it in .* such as Dense",
    ):
        GradCAM(model_of(layers.Conv2D(3, 1)), score=score).explain(IMAGES)
