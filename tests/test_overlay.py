import resource
from contextlib import contextmanager

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from gradcam_lab import save_and_display_gradcam, superimpose
from gradcam_lab._pictures import save_picture
from gradcam_lab.overlay import colorize, enlarge, resize_heatmap

any_picture = arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 2, st.just(3)))
any_heatmap = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(0, 1, width=32)
)
any_alpha = st.floats(0, 1)
any_colormap = st.sampled_from(["jet", "viridis", "gray"])

GREY = np.full((8, 8), 100, np.uint8)
DIAGONAL = np.eye(2, dtype=np.float32)


# The blend


def resized_and_coloured(heatmap, picture, colormap):
    return colorize(resize_heatmap(heatmap, picture.shape[1::-1]), colormap)


@given(any_picture, any_heatmap, any_alpha, any_colormap)
def test_overlay_is_the_blend_of_picture_and_colour(picture, heatmap, alpha, colormap):
    overlay = superimpose(picture, heatmap, alpha, colormap)
    colour = resized_and_coloured(heatmap, picture, colormap)
    assert (overlay.dtype, overlay.shape) == (np.uint8, picture.shape)
    assert np.abs(overlay - ((1 - alpha) * picture + alpha * colour)).max() <= 0.51


@given(any_picture, any_heatmap, any_colormap)
def test_alpha_0_gives_the_picture_and_alpha_1_the_colour(picture, heatmap, colormap):
    colour = resized_and_coloured(heatmap, picture, colormap)
    assert np.array_equal(superimpose(picture, heatmap, 0, colormap), picture)
    assert np.array_equal(superimpose(picture, heatmap, 1, colormap), colour)


@given(any_heatmap, st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_resized_heatmap_stays_within_its_values(heatmap, size):
    resized = resize_heatmap(heatmap, size)
    assert resized.shape == size[::-1]
    assert resized.min() >= heatmap.min() - 1e-6
    assert resized.max() <= heatmap.max() + 1e-6


def test_colormap_may_be_given_itself():
    expected = superimpose(GREY, DIAGONAL, colormap="viridis")
    viridis = matplotlib.colormaps["viridis"]
    assert np.array_equal(superimpose(GREY, DIAGONAL, colormap=viridis), expected)


@pytest.mark.parametrize("colormap", [None, 7, ["jet"], matplotlib.colors.ListedColormap(["red"])])
def test_what_is_no_colormap_of_matplotlib_is_refused_with_the_remedy(colormap):
    with pytest.raises(ValueError, match=r"no colormap .*; did you mean \w+"):
        superimpose(GREY, DIAGONAL, colormap=colormap)


def test_numbers_of_numpy_are_as_good_as_python_s():
    expected = superimpose(GREY, DIAGONAL, 0.5)
    for half in (np.float32(0.5), np.array(0.5)):
        assert np.array_equal(superimpose(GREY, DIAGONAL, half), expected)


def test_colours_are_those_of_the_colormap():
    for value in (0, 0.25, 0.5, 1):
        expected = matplotlib.colormaps["viridis"](value, bytes=True)[:3]
        found = colorize(np.array([[value]]), "viridis")[0, 0]
        assert np.array_equal(found, expected)


def test_map_is_resized_as_numbers_and_then_coloured():
    column = resize_heatmap(np.array([[0], [1]]), (1, 8))[:, 0]
    assert (np.diff(column) >= 0).all()
    assert ((column > 0) & (column < 1)).sum() >= 3
    overlay = superimpose(GREY, np.array([[0], [1]]), 1, "jet")
    table = matplotlib.colormaps["jet"](range(256), bytes=True)[:, :3].tolist()
    assert all(colour in table for colour in overlay[:, 0].tolist())  # no blue-red mixtures
    assert overlay[4, 0, 1] > 200  # the middle of jet is green


@given(any_picture, any_heatmap, st.floats(0, 1))
def test_below_the_threshold_the_picture_stays_as_it_is(picture, heatmap, threshold):
    hidden = resize_heatmap(heatmap, picture.shape[1::-1]) < threshold
    overlay = superimpose(picture, heatmap, 0.7, "jet", threshold)
    assert np.array_equal(overlay[hidden], picture[hidden])
    assert np.array_equal(overlay[~hidden], superimpose(picture, heatmap, 0.7)[~hidden])


def test_threshold_0_hides_nothing_and_threshold_1_all_but_the_maximum():
    zero_and_one = np.array([[0, 1]])
    assert np.array_equal(
        superimpose(GREY, zero_and_one, 1), superimpose(GREY, zero_and_one, 1, "jet", 0)
    )
    assert (superimpose(GREY, 0 * DIAGONAL, 1) == (0, 0, 127)).all()
    overlay = superimpose(GREY, zero_and_one, 1, "jet", 1)
    assert (overlay[:, :6] == 100).all()
    assert (overlay[:, 6:] == (127, 0, 0)).all()


@pytest.mark.parametrize("threshold", [-0.1, 1.1, np.nan, None, "high"])
def test_threshold_out_of_range_is_refused_with_the_range(threshold):
    with pytest.raises(
        ValueError, match=rf"threshold is {threshold}: give a number from 0 .* to 1"
    ):
        superimpose(GREY, DIAGONAL, threshold=threshold)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, np.nan, None, "0.4"])
def test_alpha_out_of_range_is_refused_with_the_range(alpha):
    with pytest.raises(ValueError, match=rf"alpha is {alpha}: give a number from 0 .* to 1"):
        superimpose(GREY, DIAGONAL, alpha)


@pytest.mark.parametrize(("name", "remedy"), [("virids", "viridis"), ("xyzxyz", "jet or viridis")])
def test_unknown_colormap_is_refused_with_those_that_resemble_it(name, remedy):
    with pytest.raises(ValueError, match=f"no colormap '{name}'; did you mean .*{remedy}"):
        superimpose(GREY, DIAGONAL, colormap=name)


@pytest.mark.parametrize(
    "heatmap",
    [
        *(DIAGONAL[np.newaxis], DIAGONAL[0], -DIAGONAL, 1.1 * DIAGONAL, np.nan * DIAGONAL),
        *("heatmap.png", {"conv2d": DIAGONAL}, [[0], [0, 1]], None),
    ],
)
def test_what_is_no_heatmap_is_refused_with_the_remedy(heatmap):
    with pytest.raises(ValueError, match=r"\[0, 1\].*choose one map of an Explanation"):
        superimpose(GREY, heatmap)


# The file


@pytest.mark.parametrize(("name", "kind"), [("cam.jpg", "JPEG"), ("cam.PNG", "PNG")])
def test_overlay_is_written_and_returned(tmp_path, name, kind):
    picture = np.random.default_rng(0).integers(0, 256, (300, 240, 3), np.uint8)
    overlay = save_and_display_gradcam(picture, DIAGONAL, tmp_path / name, alpha=0.7)
    assert np.array_equal(np.asarray(overlay), superimpose(picture, DIAGONAL, 0.7))
    with Image.open(tmp_path / name) as written:
        assert (written.format, written.size) == (kind, (240, 300))
        if kind == "PNG":
            assert np.array_equal(np.asarray(written), np.asarray(overlay))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_file_is_named_cam_jpg_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_and_display_gradcam(GREY, DIAGONAL)
    assert (tmp_path / "cam.jpg").is_file()


@pytest.mark.parametrize(
    ("shape", "shown"), [((28, 28), (224, 224)), ((100, 50), (300, 150)), ((224, 30), (224, 30))]
)
def test_small_picture_is_enlarged_until_its_longer_side_has_224_pixels(tmp_path, shape, shown):
    overlay = save_and_display_gradcam(np.zeros(shape), DIAGONAL, tmp_path / "cam.png")
    assert overlay.size == shown[::-1]


def test_pixels_of_an_enlarged_digit_stay_squares(digits):
    pixels = np.asarray(enlarge(Image.fromarray(np.uint8(255 * digits.test_x[0, ..., 0]))))
    assert np.array_equal(pixels, np.kron(pixels[::8, ::8], np.ones((8, 8), np.uint8)))


@pytest.mark.parametrize("name", ["cam", "cam.txt", "cam.", ".png", "cam.psd", "cam.fits"])
def test_file_ending_that_cannot_be_written_is_refused_with_the_remedy(tmp_path, name):
    with pytest.raises(ValueError, match=r"names no picture format: end it in \.png or \.jpg"):
        save_and_display_gradcam(GREY, DIAGONAL, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def full_disk():
    """Let no file grow beyond ten bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_old_file_stays_as_it_was_when_the_disk_is_full(tmp_path):
    (tmp_path / "cam.png").write_bytes(b"the old one")
    with full_disk(), pytest.raises(OSError, match=r"cannot write .*cam\.png \(File too large\)"):
        save_picture(Image.new("RGB", (50, 50)), tmp_path / "cam.png")
    assert (tmp_path / "cam.png").read_bytes() == b"the old one"
    assert [path.name for path in tmp_path.iterdir()] == ["cam.png"]  # and no half-written one


@pytest.mark.parametrize("path", ["missing/cam.png", "file/cam.png", "folder.png"])
def test_place_that_cannot_be_written_to_is_refused_with_the_remedy(tmp_path, path):
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match=r"cannot write .*: choose a folder that exists"):
        save_and_display_gradcam(GREY, DIAGONAL, tmp_path / path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder.png"]
