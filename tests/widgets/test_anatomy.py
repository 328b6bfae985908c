import io
import re

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import AnatomyExplorer, GradCAM, sample_image
from gradcam_lab._checks import check_targets
from gradcam_lab.cam import to_heatmap
from gradcam_lab.methods import channels_and_weights
from gradcam_lab.widgets.anatomy import take_apart


@pytest.fixture
def anatomy(cnn, digits):
    return AnatomyExplorer(cnn, digits.test_x[:5])


def parts_of(engine, image, target, layer):
    targets = check_targets(target, 1, engine.classes)
    _, _, _, terms = engine.run(
        engine.trace((layer,)), image[np.newaxis], targets, channels_and_weights
    )
    (feature_maps,), (weights,) = terms[layer]
    return take_apart(feature_maps, weights)


@pytest.mark.parametrize("layer", ["conv2d", "conv2d_1", "max_pooling2d_1"])
@pytest.mark.parametrize("target", [None, 3])
def test_all_parts_together_are_the_grad_cam_map(cnn, digits, layer, target):
    engine = GradCAM(cnn)
    parts = parts_of(engine, digits.test_x[2], target, layer)
    expected = engine.explain(digits.test_x[[2]], target, layer).signed[layer][0]
    assert np.allclose(parts.add(len(parts.weights)), expected, atol=1e-5)


def test_parts_are_those_of_the_score_that_the_engine_explains(cnn, digits):
    by_logit, by_probability = (
        parts_of(GradCAM(cnn, score=score), digits.test_x[2], 3, "conv2d_1")
        for score in ("logit", "probability")
    )
    assert not np.allclose(sorted(by_logit.weights), sorted(by_probability.weights))


def test_strongest_channel_comes_first_whatever_its_sign(cnn, digits):
    parts = parts_of(GradCAM(cnn), digits.test_x[3], 9, "conv2d_1")
    contributions = np.abs(parts.weights * parts.feature_maps.sum(axis=(0, 1)))
    assert (np.diff(contributions) <= 0).all()
    assert sorted(parts.channels) == list(range(64))
    assert {-1, 1} == set(np.sign(parts.weights[:10]))


def test_first_parts_add_up_one_by_one(cnn, digits):
    parts = parts_of(GradCAM(cnn), digits.test_x[3], 9, "conv2d_1")
    assert not parts.add(0).any()
    for count in (1, 2, 3):
        added = parts.add(count) - parts.add(count - 1)
        expected = parts.weights[count - 1] * parts.feature_maps[..., count - 1]
        assert np.allclose(added, expected, atol=1e-6)


@pytest.mark.parametrize("channels", [0, 1, 7, 64])
def test_view_shows_the_heatmap_of_the_channels_added_so_far(anatomy, cnn, digits, find, channels):
    anatomy.index, anatomy.target, anatomy.channels = 3, 9, channels
    parts = parts_of(GradCAM(cnn), digits.test_x[3], 9, "conv2d_1")
    expected = to_heatmap(parts.add(channels)[np.newaxis])[0]
    shown = np.frombuffer(find(anatomy, "gradcam-view").heatmap, np.float32).reshape(14, 14)
    assert np.allclose(shown, expected, atol=1e-5)


def test_caption_says_how_far_the_sum_is_from_the_whole(anatomy, read):
    anatomy.channels = 5
    assert re.search(r"5 of 64 channels of conv2d_1 .*: up to 0\.\d\d away", read(anatomy))
    anatomy.channels = 64
    assert "this is the Grad-CAM heatmap" in read(anatomy)


def test_channels_are_drawn_with_their_weights_and_told_apart(anatomy, read):
    anatomy.channels = 3
    page = read(anatomy)
    assert page.count("<button ") == 10 + 1  # channels, and the others together
    assert page.count("<figure ") == 3  # the sum so far, its heatmap, and the whole
    assert len(re.findall(r"class='(?:for|against) added'", page)) == 3
    assert len(re.findall(r"class='(?:for|against) waiting'", page)) == 7
    assert len(re.findall(r"title='channel \d+, (?:for|against) the class, ", page)) == 10


def test_colour_of_a_channel_s_frame_is_the_sign_of_its_weight(anatomy, read):
    for side, sign in re.findall(r"class='(for|against) .*?<span>([+−])", read(anatomy)):
        assert (side == "for") == (sign == "+")


def test_channels_beyond_those_that_are_drawn_are_one_term(anatomy, read):
    terms = []
    for anatomy.channels in (10, 11, 64):
        page = read(anatomy)
        terms.append(re.search(r"<button [^>]*'rest (\w+)' data-channels='64'.*</button>", page))
        assert (
            re.search(r"signed map of (\d+ channels)<", page)[1] == f"{anatomy.channels} channels"
        )
    assert [term[1] for term in terms] == ["waiting", "added", "added"]
    assert [re.search(r"\d+ of \d+ more", term[0])[0] for term in terms] == [
        "0 of 54 more",
        "1 of 54 more",
        "54 of 54 more",
    ]
    pictures = [re.search("base64,([^']*)", term[0])[1] for term in terms]
    assert len(set(pictures)) == 3


def test_one_channel_is_not_channels(anatomy, read):
    anatomy.channels = 1
    assert "signed map of 1 channel<" in read(anatomy)


def test_layer_of_few_channels_has_no_others(brightness, read):
    anatomy = AnatomyExplorer(brightness, np.ones((1, 4, 4, 1)), class_names=["bright", "dark"])
    page = read(anatomy)
    assert page.count("<button ") == 1
    assert " more<" not in page
    assert "1 of 1 channel of conv added" in page


def test_slider_stands_beside_the_sum_and_nowhere_else(anatomy, find):
    show, hand = find(anatomy, "gradcam-stage").children
    assert show.children[0] is find(anatomy, "gradcam-channels")
    assert "gradcam-equation" in show.children[1].value
    assert show.children[0] not in hand.children


def test_slider_moves_with_the_number_of_channels_of_the_layer(anatomy, find):
    anatomy.channels = 64
    anatomy.layer = "conv2d"
    assert (anatomy.channels, find(anatomy, "gradcam-channels").max) == (32, 32)
    anatomy.layer = "conv2d_1"
    assert (anatomy.channels, find(anatomy, "gradcam-channels").max) == (32, 64)


def test_slider_adds_channels(anatomy, find, read):
    find(anatomy, "gradcam-channels").set_state({"value": 9})
    assert anatomy.channels == 9
    assert "9 of 64 channels" in read(anatomy)


@pytest.mark.parametrize("channels", [-1, 65])
def test_channels_that_do_not_exist_are_refused(anatomy, channels):
    with pytest.raises(TraitError, match="give 0 to 64"):
        anatomy.channels = channels


def test_other_methods_are_refused(anatomy):
    with pytest.raises(TraitError, match="AnatomyExplorer has no method; it has: index, channels"):
        anatomy.method = "hirescam"


def test_trained_network_can_be_taken_apart(network, find, read):
    anatomy = AnatomyExplorer(network, [sample_image("cat")])
    assert find(anatomy, "gradcam-channels").max == 1280
    assert "for class Egyptian cat" in read(anatomy)


def test_figure_shows_channels_above_the_sum(anatomy, tmp_path):
    with Image.open(io.BytesIO(anatomy.save(tmp_path / "sum.png").read_bytes())) as figure:
        assert figure.width > 900
        assert figure.height > 400
