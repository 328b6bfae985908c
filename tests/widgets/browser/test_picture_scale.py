"""Whether a network's `scale` is one matrix and one offset: found, or refused."""

import numpy as np
import pytest
from in_node import call_in_node
from PIL import Image

from gradcam_lab import PretrainedNetwork
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.widgets.browser.picture_scale import linear_scale

applications = keras.applications
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CAFFE = [103.939, 116.779, 123.68]  # of blue, green and red

LINEAR = {
    "as it is": np.asarray,
    "over 255": lambda pixels: pixels / 255,
    "in place": lambda pixels: np.divide(pixels, 255, out=pixels),
    "EfficientNet-Lite0": lambda pixels: (pixels - 127) / 128,
    "caffe": applications.vgg16.preprocess_input,
    "tf": applications.mobilenet_v2.preprocess_input,
    "torch": applications.densenet.preprocess_input,
    "none": applications.mobilenet_v3.preprocess_input,
    "layer": keras.layers.Rescaling(1 / 127.5, offset=-1),
    "tensor": lambda pixels: tensorflow.constant(pixels) / 255,
}
OTHER = {
    "of its own mean": lambda pixels: pixels - pixels.mean(),
    "of its own maximum": lambda pixels: pixels / max(1, pixels.max()),
    "of its own minimum": lambda pixels: pixels - pixels.min(),
    "divides by zero": lambda pixels: pixels / pixels.max(),
    "unless it is in [0, 1]": lambda pixels: pixels / 255 if pixels.max() > 1 else pixels,
    "bent": lambda pixels: (pixels / 255) ** 2.2,
    "clipped": lambda pixels: np.clip(pixels, 16, 235),
    "rounded": lambda pixels: np.float16(pixels / 255),
    "of the place": lambda pixels: pixels + np.arange(pixels.shape[2])[:, np.newaxis],
    "flipped": lambda pixels: pixels[:, ::-1],
    "noise": lambda pixels: pixels + np.random.default_rng().normal(size=pixels.shape),
    "another size": lambda pixels: pixels[:, ::2],
    "another number of channels": lambda pixels: pixels[..., :1],
    "fails": lambda pixels: pixels.no_such_thing(),
    "no numbers": lambda pixels: "picture",
    "not a number": lambda pixels: pixels * np.nan,
}


def network_with(scale, channels=3, size=(24, 31)):
    model = keras.Sequential(
        [
            keras.Input((*size, channels)),
            keras.layers.Conv2D(2, 3),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    return PretrainedNetwork(model, class_names=["cat", "dog"], scale=scale)


@pytest.mark.parametrize(
    ("scale", "matrix", "offset"),
    [
        ("as it is", np.eye(3), np.zeros(3)),
        ("in place", np.eye(3) / 255, np.zeros(3)),
        ("EfficientNet-Lite0", np.eye(3) / 128, np.full(3, -127 / 128)),
        ("caffe", np.eye(3)[::-1], -np.array(CAFFE)),
        ("tf", np.eye(3) / 127.5, np.full(3, -1)),
        ("torch", np.diag(1 / 255 / DEVIATION), -MEAN / DEVIATION),
    ],
)
def test_matrix_and_offset_are_found(scale, matrix, offset):
    found = linear_scale(network_with(LINEAR[scale]))
    np.testing.assert_allclose(found[0], matrix, atol=1e-6 * np.abs(matrix).max())
    np.testing.assert_allclose(found[1], offset, atol=1e-6 * max(1, np.abs(offset).max()))


@pytest.mark.parametrize("scale", OTHER)
def test_anything_else_is_none_without_a_warning(scale, recwarn):
    assert linear_scale(network_with(OTHER[scale])) is None
    assert not recwarn.list


def test_scale_of_a_grey_network_is_one_factor_and_one_offset():
    matrix, offset = linear_scale(network_with(lambda pixels: 1 - pixels / 255, channels=1))
    np.testing.assert_allclose([*matrix[0], *offset], [-1 / 255, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("channels", "scale"),
    [*((3, scale) for scale in LINEAR), (1, "as it is"), (1, "over 255"), (1, "tf")],
)
def test_browser_prepares_a_picture_as_the_network_does(channels, scale):
    network = network_with(LINEAR[scale], channels)
    matrix, offset = linear_scale(network)
    form = {
        "size": network.image_size,
        "channels": channels,
        "matrix": matrix.tolist(),
        "offset": offset.tolist(),
    }
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (h, w, 3), np.uint8) for h, w in [(50, 40), (9, 31)]]
    prepared = call_in_node(
        "picture_file.js",
        [
            ["preparePixels", {"width": p.shape[1], "height": p.shape[0], "pixels": p}, form]
            for p in pictures
        ],
    )
    for picture, pixels in zip(pictures, prepared, strict=True):
        (expected,) = network.preprocess(Image.fromarray(picture))
        tolerance = 1e-6 * np.abs(expected).max()
        np.testing.assert_allclose(pixels.reshape(expected.shape), expected, atol=tolerance)
