"""What holds for any picture whatever, each property at every layer and for every method."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradcam_lab import METHODS, GradCAM
from gradcam_lab._tensorflow import keras

layers = keras.layers
few_examples = settings(max_examples=12)
every_method = pytest.mark.parametrize("method", [*METHODS, "scorecam"])


def small_network():
    keras.utils.set_random_seed(4)
    return keras.Sequential(
        [
            keras.Input((6, 5, 1)),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Conv2D(1, 2, name="one_channel"),
            layers.Conv2D(4, (3, 2), activation="tanh", name="one_place"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


LAYERS = ["conv", "one_channel", "one_place"]
ENGINE = GradCAM(small_network())
batches = st.integers(1, 4).flatmap(
    lambda n: arrays(np.float32, (n, 6, 5, 1), elements=st.floats(0, 1, width=32))
)


def explain(images, method, target=None, engine=ENGINE):
    return engine.explain(images, target, LAYERS, method, progress=False)


def assert_same_maps(actual, expected):
    for layer in LAYERS:
        tolerance = 1e-4 * np.abs(expected[layer]).max() + 1e-7
        np.testing.assert_allclose(actual[layer], expected[layer], rtol=1e-3, atol=tolerance)


def assert_sound(explanation):
    """Everything is finite, and each heatmap has the maximum 1 or is zero everywhere."""
    assert np.isfinite(explanation.probabilities).all()
    assert np.isfinite(explanation.score).all()
    for layer in LAYERS:
        signed, heatmaps = explanation.signed[layer], explanation.heatmaps[layer]
        assert np.isfinite(signed).all()
        assert ((heatmaps >= 0) & (heatmaps <= 1)).all()
        assert (heatmaps.max(axis=(1, 2)) == (signed.max(axis=(1, 2)) > 0)).all()


@every_method
@few_examples
@given(batches)
def test_batch_equals_its_images_one_by_one(method, images):
    together = explain(images, method)
    for i in range(len(images)):
        alone = explain(images[[i]], method, together.target[i])
        np.testing.assert_allclose(alone.score, together.score[[i]], rtol=1e-4, atol=1e-5)
        assert_same_maps(alone.signed, {name: maps[[i]] for name, maps in together.signed.items()})


@every_method
@few_examples
@given(batches, st.randoms(use_true_random=False))
def test_images_in_another_order_have_the_same_maps_in_that_order(method, images, random):
    order = list(range(len(images)))
    random.shuffle(order)
    targets = np.arange(len(images)) % 3
    expected = explain(images, method, targets)
    actual = explain(images[order], method, targets[order])
    assert actual.target.tolist() == targets[order].tolist()
    assert_same_maps(actual.signed, {name: maps[order] for name, maps in expected.signed.items()})


@every_method
@few_examples
@given(batches)
def test_heatmaps_are_finite_with_a_maximum_of_1_or_zero_everywhere(method, images):
    assert_sound(explain(images, method))


@every_method
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((6, 5, 1)),
        np.ones((6, 5, 1)),
        np.full((6, 5, 1), 0.3),
        np.indices((6, 5)).sum(axis=0)[..., np.newaxis] % 2,
        np.full((6, 5, 1), 255),
        np.full((6, 5, 1), -1e4),
        np.full((6, 5, 1), 1e-30),
        np.eye(6, 5)[..., np.newaxis] * 1e6,
    ],
    ids=["black", "white", "grey", "chequered", "0 to 255", "negative", "tiny", "saturated"],
)
def test_extreme_pictures_have_sound_heatmaps(method, image):
    for target in (None, 0, 1, 2):
        assert_sound(explain(image[np.newaxis], method, target))


@every_method
@few_examples
@given(arrays(np.float32, (2, 6, 5, 1), elements=st.floats(0, 1, width=32)))
def test_map_of_one_place_is_one_number_for_each_image(method, images):
    explanation = explain(images, method)
    assert explanation.signed["one_place"].shape == (2, 1, 1)
    assert set(explanation.heatmaps["one_place"].ravel()) <= {0, 1}


def test_of_a_layer_with_one_channel_grad_cam_is_that_channel_times_a_weight():
    images, model = np.random.default_rng(5).uniform(size=(4, 6, 5, 1)), ENGINE.model
    cut = keras.Model(model.inputs, model.get_layer("one_channel").output)
    channel = cut([images]).numpy()[..., 0]
    signed = explain(images, "gradcam", 1).signed["one_channel"]
    weights = signed[:, :1, :1] / channel[:, :1, :1]
    assert signed.any(axis=(1, 2)).all()
    np.testing.assert_allclose(signed, weights * channel, rtol=1e-3, atol=1e-6)


@few_examples
@given(batches, st.sampled_from(["logit", "probability"]))
def test_score_is_that_of_the_target_whatever_it_is(images, score):
    engine = GradCAM(ENGINE.model, score=score)
    all_scores = np.stack([engine.explain(images, each, "conv").score for each in range(3)], axis=1)
    explanation = engine.explain(images, layers="conv")
    top = all_scores.max(axis=1)
    np.testing.assert_allclose(explanation.score, top, rtol=1e-4, atol=1e-6)
    if score == "probability":
        np.testing.assert_allclose(explanation.probabilities, all_scores, rtol=1e-4, atol=1e-6)
