import io
import os
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from gradcam_lab import load_mnist, sample_image, sample_images
from gradcam_lab._pictures import common_white, to_picture

colour_pixels = arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 2, st.just(3)))
grey_pixels = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=6))


@pytest.mark.parametrize(("part", "n", "of_each"), [("train", 3000, 300), ("test", 1000, 100)])
def test_digits_are_equally_many_of_each_class(digits, part, n, of_each):
    pictures, labels = getattr(digits, f"{part}_x"), getattr(digits, f"{part}_y")
    assert pictures.shape == (n, 28, 28, 1)
    assert labels.shape == (n,)
    assert np.bincount(labels).tolist() == [of_each] * 10


def test_digits_are_float32_from_0_to_1_and_labels_int64(digits):
    for pictures, labels in [digits[:2], digits[2:]]:
        assert (pictures.dtype, labels.dtype) == (np.float32, np.int64)
        assert (pictures.min(), pictures.max()) == (0, 1)


def test_no_test_digit_is_among_the_training_digits(digits):
    seen_in_training = {picture.tobytes() for picture in digits.train_x}
    assert not [i for i, each in enumerate(digits.test_x) if each.tobytes() in seen_in_training]


def test_digits_load_in_less_than_a_second():
    start = process_time()  # not of the machine, which may be busy with others
    load_mnist()
    assert process_time() - start < 1


def test_all_digits_are_not_downloaded_when_downloads_are_forbidden(tmp_path):
    closed_port = "http://127.0.0.1:9"  # so that even a faulty version reaches no server
    environment = {"KERAS_HOME": str(tmp_path), "GRADCAM_LAB_OFFLINE": "1"}
    environment |= {"https_proxy": closed_port, "HTTPS_PROXY": closed_port}
    command = [sys.executable, "-c", "import gradcam_lab; gradcam_lab.load_mnist(full=True)"]
    run = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert "GRADCAM_LAB_OFFLINE" in run.stderr


@pytest.mark.parametrize("name", sample_images())
def test_every_sample_image_is_a_photograph_in_rgb(name):
    picture = sample_image(name)
    assert picture.mode == "RGB"
    assert min(picture.size) >= 224


def test_unknown_sample_image_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"'dog'; there are: cat, coffee$"):
        sample_image("dog")


@given(colour_pixels)
def test_picture_of_bytes_has_the_same_bytes(pixels):
    assert np.array_equal(np.asarray(to_picture(pixels)), pixels)


@given(colour_pixels)
def test_picture_of_numbers_from_0_to_1_has_the_bytes_they_came_from(pixels):
    assert np.array_equal(np.asarray(to_picture(pixels.astype(np.float32) / 255)), pixels)


@given(colour_pixels, st.sampled_from([np.float32, np.float64, np.int64]))
def test_picture_of_numbers_from_0_to_255_has_the_same_bytes(pixels, dtype):
    assume(pixels.max() > 1 or dtype is np.int64)
    assert np.array_equal(np.asarray(to_picture(pixels.astype(dtype))), pixels)


@pytest.mark.parametrize("dtype", [np.uint16, ">u2", np.int32])
def test_numbers_of_16_bits_keep_their_high_byte(dtype):
    levels = np.arange(0, 65536, 1024).reshape(8, 8).astype(dtype)
    assert np.array_equal(np.asarray(to_picture(levels))[..., 0], levels // 256)


def test_truth_values_are_black_and_white():
    assert np.asarray(to_picture(np.eye(2, dtype=bool)))[..., 0].tolist() == [[255, 0], [0, 255]]


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint16, bool])
@pytest.mark.parametrize("container", [np.asarray, list])
def test_darkest_picture_of_a_batch_is_shown_in_the_range_of_the_batch(dtype, container):
    bright = {bool: True, np.uint16: 65535}.get(dtype, 255)
    batch = np.array([np.ones((2, 2)), np.full((2, 2), bright)], dtype)
    dark, light = (
        to_picture(picture, common_white(container(batch))).getpixel((0, 0)) for picture in batch
    )
    assert light == (255,) * 3
    assert dark == ((255,) * 3 if dtype is bool else (0,) * 3 if dtype is np.uint16 else (1,) * 3)


def test_pictures_of_several_types_have_no_range_in_common():
    pictures = [np.ones((2, 2)), np.full((2, 2), 255, np.uint8), Image.new("L", (2, 2))]
    assert common_white(pictures) is None
    assert common_white(pictures[:1] + pictures[2:]) == 1
    assert common_white(pictures[2:]) is None


@given(grey_pixels)
def test_grey_picture_is_the_same_in_every_form(pixels):
    rows, columns = pixels.shape
    colour = np.repeat(pixels[..., np.newaxis], 3, axis=-1)
    forms = [pixels, pixels[..., np.newaxis], pixels.reshape(1, rows, columns, 1), colour]
    for form in [*forms, colour[np.newaxis], Image.fromarray(pixels)]:
        assert np.array_equal(np.asarray(to_picture(form)), colour)


@pytest.mark.parametrize(
    "shape", [(), (5,), (5, 5, 2), (5, 5, 4), (2, 5, 5, 3), (1, 1, 5, 5, 3), (0, 5), (5, 0, 3)]
)
def test_picture_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(h, w\), \(h, w, 1\) or \(h, w, 3\), not \("):
        to_picture(np.zeros(shape))


@pytest.mark.parametrize(
    "image", ["cat.jpg", Path("cat.jpg"), {}, np.eye(2) * 1j, [[1], [1, 2]]], ids=repr
)
def test_what_is_no_picture_is_refused_with_the_remedy(image):
    with pytest.raises(TypeError, match=r"array of numbers, not a .*: .* with Image.open\(path\)"):
        to_picture(image)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.01, 255.5])
def test_picture_with_a_value_out_of_range_is_refused(value):
    with pytest.raises(
        ValueError, match=r"lie in \[0, 1\] or \[0, 255\].*before its preprocessing.*Rescaling"
    ):
        to_picture(np.array([[0.5, value]]))


GREY = np.arange(0, 65536, 4096).reshape(4, 4)


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(GREY.astype(np.uint16)),
        Image.fromarray(GREY.astype(">u2")),
        Image.fromarray(GREY.astype(np.int32)),
        Image.fromarray((GREY // 256).astype(np.int32)),
        Image.fromarray((GREY // 256).astype(np.float32)),
        Image.fromarray((GREY // 256 / 255).astype(np.float32)),
    ],
    ids=["I;16", "I;16B", "I", "I of 8 bits", "F", "F to 1"],
)
def test_deep_grey_picture_is_scaled_and_not_clipped(picture):
    assert np.array_equal(np.asarray(to_picture(picture))[..., 0], GREY // 256)


PALETTE = Image.new("P", (2, 2), 1)
PALETTE.putpalette([255, 0, 0, 0, 0, 255])


@pytest.mark.parametrize(
    ("picture", "shown"),
    [
        (Image.new("RGBA", (2, 2), (9, 9, 9, 0)), (255, 255, 255)),
        (Image.new("LA", (2, 2), (9, 0)), (255, 255, 255)),
        (Image.new("RGBA", (2, 2), (0, 0, 0, 51)), (204, 204, 204)),
        (PALETTE, (0, 0, 255)),
        (PALETTE.convert("PA"), (0, 0, 255)),
        (Image.new("CMYK", (2, 2), (0, 255, 255, 0)), (255, 0, 0)),
        (Image.new("1", (2, 2), 1), (255, 255, 255)),
    ],
    ids=["RGBA", "LA", "half RGBA", "P", "PA", "CMYK", "1"],
)
def test_picture_of_any_mode_is_shown_as_on_white_paper(picture, shown):
    assert to_picture(picture).getpixel((1, 1)) == shown


@pytest.mark.parametrize(("mode", "colour"), [("P", 1), ("L", 7), ("RGB", (7, 8, 9))])
def test_colour_that_is_noted_as_transparent_becomes_white(mode, colour):
    picture = PALETTE.copy() if mode == "P" else Image.new(mode, (2, 2), colour)
    picture.info["transparency"] = colour
    shown = to_picture(picture)
    assert shown.getpixel((1, 1)) == (255, 255, 255)
    assert shown.info == {}


def test_file_that_is_closed_or_damaged_is_refused_with_the_remedy(tmp_path):
    sample_image("cat").save(tmp_path / "cat.png")
    with Image.open(tmp_path / "cat.png") as closed:
        pass
    with pytest.raises(ValueError, match=r"file is closed, .* open it again with Image.open"):
        to_picture(closed)
    content = (tmp_path / "cat.png").read_bytes()
    with pytest.raises(ValueError, match=r"or damaged: .* or get the file again"):
        to_picture(Image.open(io.BytesIO(content[: len(content) // 2])))


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_picture_without_pixels_is_refused(size):
    with pytest.raises(ValueError, match=rf"\(h, w, 3\), not \({size[1]}, {size[0]}\)"):
        to_picture(Image.new("RGB", size))


def test_photograph_that_a_phone_held_sideways_is_shown_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned clockwise
    Image.new("RGB", (30, 20)).save(tmp_path / "photo.jpg", exif=exif)
    with Image.open(tmp_path / "photo.jpg") as photo:
        assert to_picture(photo).size == (20, 30)
