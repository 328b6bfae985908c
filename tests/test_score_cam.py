import numpy as np
import pytest
from small_models import IMAGES, model_of

from gradcam_lab import GradCAM, trained_cnn
from gradcam_lab._score_cam import score_cam
from gradcam_lab._tensorflow import keras, tensorflow

layers = keras.layers

# Agreement with Score-CAM written down once more: one image, one channel after another


def plain_loop(model, image, layer, target, score="logit"):
    last = model.layers[-1]
    logits_of = keras.Model(model.inputs[0], last.input)
    cut = keras.Model(model.inputs[0], model.get_layer(layer).output)
    feature_maps = cut(image[np.newaxis])[0].numpy()
    scores, counting = [], []
    for k in range(feature_maps.shape[-1]):
        mask = tensorflow.image.resize(
            feature_maps[:, :, [k]], image.shape[:2], method="bilinear"
        ).numpy()
        if mask.max() == mask.min():
            continue
        mask = (mask - mask.min()) / (mask.max() - mask.min())
        logits = (logits_of((image * mask)[np.newaxis]) @ last.kernel + last.bias).numpy()[0]
        shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        scores.append({"logit": logits, "probability": shares}[score][target])
        counting.append(k)
    weights = np.exp(np.array(scores) - max(scores))
    return feature_maps[:, :, counting] @ (weights / weights.sum())


@pytest.mark.parametrize("score", ["logit", "probability"])
@pytest.mark.parametrize("layer", ["conv2d", "conv2d_1", "max_pooling2d_1"])
def test_signed_map_agrees_with_a_plain_loop(cnn, digits, layer, score):
    engine = GradCAM(cnn, score=score)
    explanation = engine.explain(
        digits.test_x[:2], [3, 7], layer, method="scorecam", progress=False
    )
    for i, target in enumerate([3, 7]):
        expected = plain_loop(cnn, digits.test_x[i], layer, target, score)
        np.testing.assert_allclose(
            explanation.signed[layer][i], expected, rtol=1e-3, atol=1e-4 * expected.max()
        )


def test_explanation_holds_what_that_of_any_method_holds(cnn, digits):
    images = digits.test_x[:2]
    grad_cam = GradCAM(cnn).explain(images, layers=["conv2d", "max_pooling2d_1"])
    scored = GradCAM(cnn).explain(
        images, layers=["conv2d", "max_pooling2d_1"], method="scorecam", progress=False
    )
    for one, other in zip(list(vars(scored).values())[:3], vars(grad_cam).values(), strict=False):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    for name, maps in grad_cam.heatmaps.items():
        assert scored.heatmaps[name].shape == scored.signed[name].shape == maps.shape
        assert scored.heatmaps[name].dtype == scored.signed[name].dtype == np.float32
        assert (scored.heatmaps[name].max(axis=(1, 2)) == 1).all()


def test_last_convolutional_layer_is_explained_unless_another_is_asked_for(cnn, digits):
    explanation = GradCAM(cnn).explain(digits.test_x[:1], method="scorecam", progress=False)
    assert list(explanation.signed) == ["conv2d_1"]


# Weights


RAMP = np.arange(4, dtype=np.float32).reshape(2, 2)
IMAGE = np.ones((2, 2, 1), np.float32)


def map_of(channels, scores, at_once=8, image=IMAGE):
    """Score-CAM where the class scores of the masked images are given."""
    left = list(scores)

    def score_of(images):
        assert len(images) <= at_once
        return np.array([left.pop(0) for _ in images])

    signed = score_cam(np.stack(channels, axis=-1), image, score_of, at_once, lambda n: None)
    assert left == []  # every score was asked for
    return signed


def test_weights_are_the_softmax_of_the_scores_over_the_channels():
    signed = map_of([RAMP, RAMP.T], [0, np.log(3)])
    np.testing.assert_allclose(signed, RAMP / 4 + 3 * RAMP.T / 4, rtol=1e-6)


def test_scores_of_any_size_give_finite_weights():
    signed = map_of([RAMP, RAMP.T], [-1e5, 1e5])
    np.testing.assert_allclose(signed, RAMP.T)


def test_channel_that_is_the_same_everywhere_counts_for_nothing():
    signed = map_of([np.full_like(RAMP, 5), RAMP, np.zeros_like(RAMP)], [-7])
    np.testing.assert_allclose(signed, RAMP)


@pytest.mark.parametrize("value", [0, 1, -3.5])
def test_map_is_zero_everywhere_where_all_channels_are_constant(value):
    signed = map_of([np.full_like(RAMP, value)] * 3, [])
    assert np.array_equal(signed, np.zeros((2, 2)))


def test_map_of_a_blank_picture_without_biases_is_zero_everywhere():
    model = model_of(layers.Flatten(), layers.Dense(3, activation="softmax"))
    explanation = GradCAM(model).explain(np.zeros_like(IMAGES), method="scorecam", progress=False)
    assert not explanation.signed["conv"].any()
    assert not explanation.heatmaps["conv"].any()


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_channels_may_be_masked_in_parts(at_once):
    channels = [RAMP, np.ones_like(RAMP), RAMP.T, -RAMP]
    np.testing.assert_allclose(
        map_of(channels, [1, 3, 2], at_once), map_of(channels, [1, 3, 2]), rtol=1e-6
    )


def test_image_is_multiplied_by_each_channel_scaled_to_0_and_1():
    seen = []

    def score_of(images):
        seen.extend(images)
        return np.zeros(len(images))

    image = np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]], np.float32)
    score_cam(np.stack([RAMP, 8 - 2 * RAMP], axis=-1), image, score_of, 8, lambda n: None)
    scaled = np.array([[0, 1 / 3], [2 / 3, 1]])[..., np.newaxis]
    np.testing.assert_allclose(seen[0], image * scaled, rtol=1e-6)
    np.testing.assert_allclose(seen[1], image * (1 - scaled), rtol=1e-6, atol=1e-6)


# Progress


def test_progress_is_printed_until_every_channel_is_done(digits, capsys):
    GradCAM(trained_cnn()).explain(digits.test_x[:2], layers=["conv2d"], method="scorecam")
    printed = capsys.readouterr().out
    assert printed.endswith("\rScore-CAM: 64 of 64 channels\n")
    assert printed.count("\n") == printed.count("64 of 64") == 1


def test_constant_channels_are_done_too(capsys):
    model = model_of(layers.Flatten(), layers.Dense(3))
    GradCAM(model).explain(np.zeros_like(IMAGES), method="scorecam")
    assert capsys.readouterr().out.endswith("\rScore-CAM: 12 of 12 channels\n")


def test_nothing_is_printed_unless_asked_for(cnn, digits, capsys):
    GradCAM(cnn).explain(digits.test_x[:1], method="scorecam", progress=False)
    GradCAM(cnn).explain(digits.test_x[:1], method="gradcam", progress=True)
    assert capsys.readouterr().out == ""
