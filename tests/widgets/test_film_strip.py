import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from gradcam_lab import AnatomyExplorer, GradCAMExplorer, MethodComparison, TargetComparison
from gradcam_lab.widgets.film_strip import FilmStrip, sample_pixels, window_around


@pytest.fixture
def photographs(network):
    pictures = [Image.new("RGB", (300, 200), (level, 0, 0)) for level in range(0, 180, 60)]
    return GradCAMExplorer(network, pictures, labels=[285, 967, 0])


def frames_of(strip):
    """Read the frames (h, w, c) that a strip shows."""
    sizes = np.cumsum([0, *(np.prod(shape) for shape in strip.shapes)])
    pixels = np.frombuffer(strip.frames, np.uint8)
    assert sizes[-1] == len(pixels)
    return [
        pixels[start:end].reshape(shape)
        for start, end, shape in zip(sizes[:-1], sizes[1:], strip.shapes, strict=True)
    ]


def test_strip_shows_the_heatmap_of_every_layer_of_a_network_that_the_kernel_answers_for(
    photographs, find
):
    strip = find(photographs, "gradcam-layer-strip")
    photographs.index = 1
    maps = photographs.explanation.heatmaps
    assert strip.names == list(photographs.layers) == list(maps)
    for frame, (heatmap,) in zip(frames_of(strip), maps.values(), strict=True):
        assert max(frame.shape) <= 28
        if heatmap.shape == frame.shape[:2]:
            assert np.array_equal(frame[..., 0], (255 * heatmap).astype(np.uint8))
    assert strip.groups[0] == "112 × 112"
    assert strip.groups[-1] == ""  # of the same size as the one before
    assert [group for group in strip.groups if group][-1] == "7 × 7"


def test_strip_shows_the_pictures_around_the_present_one_under_their_true_classes(
    photographs, find
):
    strip = find(photographs, "gradcam-index-strip")
    assert (strip.first, strip.count) == (0, 3)
    assert strip.names == ["Egyptian cat", "espresso", "tench"]
    assert [tuple(frame[5, 5]) for frame in frames_of(strip)] == [
        (0, 0, 0),
        (60, 0, 0),
        (120, 0, 0),
    ]


def test_where_the_browser_has_the_network_python_leaves_the_strips_to_it(digits, cnn, find):
    explorer = GradCAMExplorer(cnn, digits.test_x)
    explorer.index = 3
    assert find(explorer, "gradcam-layer-strip").frames == b""
    assert find(explorer, "gradcam-index-strip").count == 1000


def test_there_is_no_strip_where_there_is_no_choice(digits, cnn, find):
    one = GradCAMExplorer(cnn, digits.test_x[:1])
    assert "index_strip" not in one.controls
    assert "layer_strip" in one.controls
    assert one.index == 0
    for make in (MethodComparison, AnatomyExplorer):
        assert "index_strip" in make(cnn, digits.test_x).controls
    assert "layer_strip" not in TargetComparison(cnn, digits.test_x, [1, 7]).controls


def test_single_picture_has_no_slider_that_cannot_move(digits, cnn):
    one = GradCAMExplorer(cnn, digits.test_x[:1])
    assert {"index", "previous", "next"}.isdisjoint(one.controls)


@pytest.mark.parametrize(
    ("index", "count", "first", "last"),
    [(0, 3, 0, 2), (0, 1000, 0, 10), (500, 1000, 495, 505), (999, 1000, 989, 999), (4, 12, 0, 10)],
)
def test_window_shows_as_many_pictures_before_one_as_behind_it(index, count, first, last):
    assert list(window_around(index, count)) == list(range(first, last + 1))


def test_frame_has_pixels_of_the_picture_itself():
    picture = np.arange(112 * 56, dtype=np.uint8).reshape(112, 56, 1)
    small = sample_pixels(picture, 56)
    assert small.shape == (56, 28, 1)
    assert np.array_equal(small, picture[1::2, 1::2])
    assert np.array_equal(sample_pixels(picture[:7, :7], 56), picture[:7, :7])


def test_strip_is_closed_with_its_explorer(digits, cnn, find):
    explorer = GradCAMExplorer(cnn, digits.test_x)
    strip = find(explorer, "gradcam-layer-strip")
    assert isinstance(strip, FilmStrip)
    explorer.close()
    assert strip.comm is None


def test_picture_that_is_none_leaves_its_neighbours_their_frames():
    images = np.stack([np.full((4, 4, 1), np.nan), np.ones((4, 4, 1))])
    strip = FilmStrip(slider=widgets.IntSlider())
    strip.show_samples(1, images, ["broken", "whole"], 1)
    assert strip.shapes == [(1, 1, 3), (4, 4, 3)]
    assert strip.frames == bytes([128] * 3 + [255] * 48)
