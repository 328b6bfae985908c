"""Network and pictures, as they travel to the browser."""

import json

import numpy as np
import pytest
from PIL import Image

from gradcam_lab import GradCAM, PretrainedNetwork
from gradcam_lab._tensorflow import keras
from gradcam_lab.widgets.browser.network import NotInBrowser
from gradcam_lab.widgets.browser.pack import pack, pack_pictures

layers = keras.layers


def unpack(content, form):
    """Return the numbers that the network takes, as packed_pictures.js computes them."""
    numbers = np.frombuffer(content, form["type"]).astype(np.float32)
    return (numbers / np.float32(form["divisor"])).reshape(-1, *form["shape"])


@pytest.mark.parametrize("white", [1, 255])
def test_pictures_of_256_levels_take_a_byte_for_each_number(digits, white):
    images = digits.test_x[:20] * np.float32(white)
    content, form = pack_pictures(images, white, None)
    assert len(content) == images.size
    assert np.array_equal(unpack(content, form), images)


def test_other_pictures_travel_as_they_are():
    images = np.random.default_rng(0).random((3, 5, 4, 3), np.float32)
    content, form = pack_pictures(images, 1, None)
    assert np.array_equal(unpack(content, form), images)
    assert form["level"] == 255


def test_photographs_travel_at_the_size_of_the_network_and_as_files(network):
    pictures = [Image.new("RGB", (900, 30), "red"), Image.new("RGB", (20, 40))]
    content, form = pack_pictures(pictures, None, network)
    size = 224 * 224 * 3
    for number, picture in enumerate(pictures):
        pixels = np.frombuffer(content, np.uint8, size, number * size).reshape(224, 224, 3)
        assert np.array_equal(pixels, network.resize(picture))
        start, end = form["files"][number]
        assert content[start:end].startswith(b"\x89PNG")
    assert form["files"][-1][1] == len(content)


def test_pictures_of_several_kinds_are_left_to_the_kernel():
    images = [np.ones((28, 28, 1)), np.full((28, 28, 1), 200, np.uint8)]
    with pytest.raises(NotInBrowser, match="several kinds"):
        pack_pictures(images, None, None)


def test_large_networks_go_into_pages_alone(network):
    engine = GradCAM(network.model)
    with pytest.raises(NotInBrowser, match="weights take 19 MB"):
        pack(engine, network, [], None)
    packed = pack(engine, network, [], None, for_page=True)
    assert len(packed.network) > 18e6


def test_many_pictures_are_left_to_the_kernel(cnn):
    images = np.zeros((11_000, 28, 28, 1), np.float32)
    with pytest.raises(NotInBrowser, match="pictures take 9 MB"):
        pack(GradCAM(cnn), None, images, 1)


def test_description_is_ready_for_the_page(cnn, digits):
    packed = pack(GradCAM(cnn), None, digits.test_x[:5], 1)
    description = json.loads(json.dumps(packed.description))
    assert sum(description["probe"]) == pytest.approx(1)
    assert description["pictures"]["shape"] == [28, 28, 1]


def test_scale_that_is_not_linear_is_left_to_the_kernel():
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()]
    )
    network = PretrainedNetwork(model, scale=np.sqrt)
    with pytest.raises(NotInBrowser, match="no linear function"):
        pack(GradCAM(model), network, [], None)
