import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradcam_lab import METHODS, GradCAM, build_cnn, make_gradcam_heatmap
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.cam import to_heatmap
from gradcam_lab.class_scores import SCORES

layers = keras.layers
LAYERS = ["conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1"]

# From signed map to heatmap

any_signed_maps = arrays(
    np.float32,
    array_shapes(min_dims=3, max_dims=3, max_side=5),
    elements=st.floats(allow_nan=False, allow_infinity=False, width=32),
)


@pytest.mark.filterwarnings("error")
@given(any_signed_maps)
def test_heatmap_has_a_maximum_of_1_or_is_zero_everywhere(signed):
    heatmaps = to_heatmap(signed)
    assert (heatmaps.shape, heatmaps.dtype) == (signed.shape, np.float32)
    assert ((heatmaps >= 0) & (heatmaps <= 1)).all()
    assert not np.signbit(heatmaps).any()  # no -0.0
    assert (heatmaps.max(axis=(1, 2)) == (signed.max(axis=(1, 2)) > 0)).all()
    assert not heatmaps[signed <= 0].any()


def test_each_heatmap_of_a_batch_is_scaled_by_its_own_maximum():
    assert to_heatmap(np.array([[[-1.0, 2, 4]], [[1, 0.5, -8]]])).tolist() == [
        [[0, 0.5, 1]],
        [[1, 0.5, 0]],
    ]


# Agreement with Grad-CAM computed in other ways


@pytest.fixture(scope="module")
def random_cnn():
    keras.utils.set_random_seed(0)
    return build_cnn()


def textbook_signed_map(model, image, layer, target, score):
    """Grad-CAM as papers and tutorials have it: eager, a model cut in two, one picture."""
    last = model.layers[-1]
    cut = keras.Model(model.inputs[0], [model.get_layer(layer).output, last.input])
    with tensorflow.GradientTape() as tape:
        feature_maps, features = cut(image[np.newaxis])
        scores = features @ last.kernel + last.bias
        if score == "probability":
            scores = tensorflow.nn.softmax(scores)
        class_score = scores[0, target]
    gradients = tape.gradient(class_score, feature_maps)
    return feature_maps[0].numpy() @ gradients[0].numpy().mean(axis=(0, 1))


def assert_equal_maps(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("layer", LAYERS)
def test_signed_map_agrees_with_the_textbook(random_cnn, digits, layer, score):
    image, target = digits.test_x[0], 3
    explanation = GradCAM(random_cnn, score=score).explain(image[np.newaxis], target)
    expected = textbook_signed_map(random_cnn, image, layer, target, score)
    assert_equal_maps(explanation.signed[layer][0], expected)


def heatmap_of_the_course(image, model, layer):
    """The function of the course, with the shapes that it has: NaN where nothing is positive."""
    cut = keras.Model(model.inputs[0], [model.get_layer(layer).output, model.outputs[0]])
    with tensorflow.GradientTape() as tape:
        feature_maps, predictions = cut(image[np.newaxis])
        class_channel = predictions[:, tensorflow.argmax(predictions[0])]
    weights = tensorflow.reduce_mean(tape.gradient(class_channel, feature_maps), axis=(0, 1, 2))
    signed = tensorflow.squeeze(feature_maps[0] @ weights[..., tensorflow.newaxis])
    return (tensorflow.maximum(signed, 0) / tensorflow.reduce_max(signed)).numpy()


@pytest.mark.parametrize("layer", LAYERS)
def test_probability_as_score_gives_the_heatmap_of_the_course_where_that_is_finite(
    cnn, digits, layer
):
    compared = 0
    for image in digits.test_x[:12]:
        expected = heatmap_of_the_course(image, cnn, layer)
        actual = make_gradcam_heatmap(image[np.newaxis], cnn, layer, score="probability")
        if np.isfinite(expected).all():
            compared += 1
            np.testing.assert_allclose(actual, np.abs(expected), atol=1e-3)
    assert compared >= 6


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "layercam"])
@pytest.mark.parametrize("layer", ["first", "second"])
def test_signed_map_agrees_with_finite_differences(layer, method):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((5, 6, 2), dtype="float64"),
            layers.Conv2D(3, 3, activation="tanh", name="first", dtype="float64"),
            layers.Conv2D(2, 2, activation="tanh", name="second", dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(4, name="logits", dtype="float64"),
        ]
    )
    image, target, step = np.random.default_rng(1).normal(size=(1, 5, 6, 2)), 2, 1e-5
    image = image.astype(np.float32)  # as the engine receives it
    cut = model.get_layer(layer).output
    feature_maps = keras.Model(model.inputs[0], cut)(image)[0].numpy()
    tail = keras.Model(cut, model.get_layer("logits").output)
    nudges = step * np.eye(feature_maps.size).reshape(-1, *feature_maps.shape)
    difference = (tail(feature_maps + nudges) - tail(feature_maps - nudges)).numpy()[:, target]
    gradients = (difference / (2 * step)).reshape(feature_maps.shape)
    expected = METHODS[method](feature_maps[np.newaxis], gradients[np.newaxis])[0]
    actual = GradCAM(model).explain(image, target, method=method).signed[layer][0]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


# What an explanation holds


def test_explanation_holds_one_of_everything_for_each_image(cnn, digits):
    explanation = GradCAM(cnn).explain(digits.test_x[:3])
    assert (explanation.target.shape, explanation.target.dtype) == ((3,), np.int64)
    assert (explanation.score.shape, explanation.score.dtype) == ((3,), np.float32)
    assert list(explanation.signed) == list(explanation.heatmaps) == LAYERS
    for layer, side in zip(LAYERS, (28, 14, 14, 7), strict=True):
        for maps in (explanation.signed[layer], explanation.heatmaps[layer]):
            assert (maps.shape, maps.dtype) == ((3, side, side), np.float32)


def test_probabilities_are_what_the_model_answers(cnn, digits):
    explanation = GradCAM(cnn).explain(digits.test_x[:3])
    expected = cnn(digits.test_x[:3], training=False)
    np.testing.assert_allclose(explanation.probabilities, expected, rtol=1e-5, atol=1e-7)


def test_score_is_the_target_s_logit_or_probability(cnn, digits):
    logit = GradCAM(cnn).explain(digits.test_x[:5], 4)
    probability = GradCAM(cnn, score="probability").explain(digits.test_x[:5], 4)
    np.testing.assert_allclose(probability.score, probability.probabilities[:, 4], rtol=1e-5)
    all_logits = [GradCAM(cnn).explain(digits.test_x[:5], each).score for each in range(10)]
    softmax = np.exp(logit.score) / np.exp(all_logits).sum(axis=0)
    np.testing.assert_allclose(softmax, probability.score, rtol=1e-4)


def test_predicted_class_is_explained_unless_another_is_asked_for(cnn, digits):
    predicted = GradCAM(cnn).explain(digits.test_x[:20])
    assert np.array_equal(predicted.target, predicted.probabilities.argmax(axis=1))
    asked = GradCAM(cnn).explain(digits.test_x[:20], list(predicted.target))
    assert np.array_equal(asked.signed["conv2d"], predicted.signed["conv2d"])


def test_each_image_can_have_its_own_target(cnn, digits):
    images, targets = digits.test_x[:3], [7, 0, 2]
    mixed = GradCAM(cnn).explain(images, targets)
    assert mixed.target.tolist() == targets
    for i, target in enumerate(targets):
        same_for_all = GradCAM(cnn).explain(images, target)
        assert same_for_all.target.tolist() == [target] * 3
        assert_equal_maps(mixed.signed["conv2d_1"][i], same_for_all.signed["conv2d_1"][i])


def test_only_the_asked_layers_are_explained_in_the_asked_order(cnn, digits):
    explanation = GradCAM(cnn).explain(digits.test_x[:1], layers=["conv2d_1", "conv2d"])
    assert list(explanation.heatmaps) == ["conv2d_1", "conv2d"]
    assert list(GradCAM(cnn).explain(digits.test_x[:1], layers="conv2d").signed) == ["conv2d"]


def test_one_heatmap_is_that_of_the_last_convolutional_layer_and_the_predicted_class(cnn, digits):
    (expected,) = GradCAM(cnn).explain(digits.test_x[:1]).heatmaps["conv2d_1"]
    assert_equal_maps(make_gradcam_heatmap(digits.test_x[:1], cnn), expected)


def test_heatmap_of_a_class_for_which_nothing_is_positive_is_zero_everywhere(brightness):
    image = np.eye(4).reshape(1, 4, 4, 1)
    against = GradCAM(brightness).explain(image, 1)
    assert np.array_equal(against.signed["conv"][0], -np.eye(4) / 16)
    assert not against.heatmaps["conv"].any()
    assert not np.signbit(against.heatmaps["conv"]).any()
    assert np.array_equal(make_gradcam_heatmap(image, brightness, pred_index=0), np.eye(4))


# Refusals, each with its remedy

ONE = np.zeros((1, 28, 28, 1), np.float32)


@pytest.mark.parametrize(
    ("images", "options", "remedy"),
    [
        (ONE, {"layers": "conv2d_9"}, r"no layer 'conv2d_9'; did you mean .*conv2d_1.*are: conv2d"),
        (ONE, {"layers": "xyz"}, r"'xyz'; spatial layers are: conv2d, max_pooling2d, conv2d_1"),
        (ONE, {"layers": ["conv2d", "dense"]}, r"'dense' has no output \(n, h', w'.*are: conv2d"),
        (ONE, {"target": 10}, r"no class 10: the model has 10 classes, 0 to 9"),
        (ONE, {"target": -1}, r"no class -1"),
        (ONE, {"target": 2.0}, r"target is 2.0: give one class index"),
        (ONE, {"target": [1, 2]}, r"or one for each of the 1 images"),
        (ONE, {"method": "gradcamm"}, r"no method 'gradcamm'; there are: gradcam"),
        (ONE[0], {}, r"\(28, 28, 1\), but the model takes \(n, 28, 28, 1\): keep the batch axis"),
        (ONE[..., 0], {}, r"add the axis of channels with images\[..., np.newaxis\]"),
        (ONE[:, :27], {}, r"\(1, 27, 28, 1\), .* resize pictures to the model's input"),
        (ONE[:0], {}, r"empty: give at least one image"),
        (np.full_like(ONE, np.nan), {}, r"NaN or infinite values: look at how they were prepared"),
        (np.full_like(ONE, np.inf), {}, r"NaN or infinite"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_remedy(cnn, images, options, remedy):
    with pytest.raises(ValueError, match=remedy):
        GradCAM(cnn).explain(images, **options)


@pytest.mark.parametrize("wrap", [lambda layer: layer, lambda layer: [layer]])
def test_layer_itself_in_place_of_its_name_is_refused_with_the_remedy(cnn, wrap):
    with pytest.raises(TypeError, match=r"give layer\.name"):
        GradCAM(cnn).explain(ONE, layers=wrap(cnn.get_layer("conv2d")))


def test_several_images_for_one_heatmap_are_refused_with_the_remedy(cnn):
    with pytest.raises(ValueError, match=r"holds 2 images.*images\[\[i\]\], or use GradCAM"):
        make_gradcam_heatmap(np.concatenate([ONE, ONE]), cnn)


def test_pretrained_network_in_place_of_its_model_is_refused_with_the_remedy(network):
    with pytest.raises(TypeError, match=r"give its \.model"):
        GradCAM(network)


def test_unknown_score_is_refused_with_the_ones_there_are(cnn):
    with pytest.raises(ValueError, match=r"'loss'; there are: logit, probability"):
        make_gradcam_heatmap(ONE, cnn, score="loss")


def without_spatial_layer():
    return keras.Sequential([keras.Input((784,)), layers.Dense(3)])


@pytest.mark.parametrize(
    "explain",
    [lambda m, x: GradCAM(m).explain(x), lambda m, x: make_gradcam_heatmap(x, m)],
    ids=["explain", "heatmap"],
)
def test_model_that_has_no_feature_maps_is_refused_with_the_remedy(explain):
    with pytest.raises(ValueError, match="use a model with convolutional layers"):
        explain(without_spatial_layer(), ONE.reshape(1, 784))
