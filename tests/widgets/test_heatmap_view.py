import base64
import io
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.colors import to_rgb
from PIL import Image
from traitlets import TraitError

from gradcam_lab import sample_image
from gradcam_lab._pictures import encode_png
from gradcam_lab._tensorflow import tensorflow
from gradcam_lab.widgets import figures, style
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.heatmap_view import COLORMAPS, HeatmapView
from gradcam_lab.widgets.receptive_field import receptive_fields

DIGIT = np.random.default_rng(0).uniform(size=(28, 28, 1))
HEATMAP = np.array([[0, 0.2, 0.3], [0.6, 1, 0.1]], np.float32)
VIEW = HeatmapView()

any_heatmap = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1, width=32)
)


@pytest.fixture
def view():
    view = HeatmapView(DIGIT, HEATMAP)
    yield view
    view.close()


def png_of(widget):
    data, _ = widget._repr_mimebundle_()
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))


# What it holds


def test_view_stands_alone(view, pixels, numbers):
    assert np.array_equal(pixels(view), np.tile(np.uint8(np.round(255 * DIGIT)), 3))
    assert np.array_equal(numbers(view), HEATMAP)
    assert (view.panels, view.alpha) == (("picture", "heatmap", "overlay"), 0.4)
    assert "gradcam-view" in view._dom_classes


def test_traits_can_be_given_at_once():
    view = HeatmapView(DIGIT, HEATMAP, alpha=0.7, panels=["overlay"], title="seven")
    assert (view.alpha, view.panels, view.title) == (0.7, ("overlay",), "seven")


@given(any_heatmap)
def test_heatmap_arrives_as_it_is(numbers, heatmap):
    VIEW.show(VIEW.picture, heatmap)
    assert np.array_equal(numbers(VIEW), heatmap)


@pytest.mark.parametrize(("cells", "size"), [(7500, 30_000), (7501, 15_002)])
def test_heatmap_of_many_cells_travels_in_half_the_bytes_and_arrives_within_half_a_step(
    numbers, cells, size
):
    heatmap = np.random.default_rng(0).uniform(size=(1, cells)).astype(np.float32)
    VIEW.show(VIEW.picture, heatmap)
    assert len(VIEW.heatmap) == size
    np.testing.assert_allclose(numbers(VIEW), heatmap, atol=0.5 / 65535 + 1e-7)


def test_page_without_widgets_shows_a_heatmap_of_many_cells():
    heatmap = np.linspace(0, 1, 10_000, dtype=np.float32).reshape(100, 100)
    shown = png_of(HeatmapView(DIGIT, heatmap)).astype(int)
    expected = figures.to_pixels(figures.explorer_figure(DIGIT, heatmap, 0.4, "jet"))
    assert np.abs(shown - expected).mean() < 0.1


def test_view_without_a_picture_is_blank(pixels, numbers):
    assert not pixels(HeatmapView()).any()
    assert not numbers(HeatmapView()).any()
    assert not numbers(HeatmapView(DIGIT)).any()


@pytest.mark.parametrize(
    ("size", "reduced"),
    [((1440, 600), (720, 300)), ((300, 1120), (150, 560)), ((720, 560), (720, 560))],
)
def test_photograph_is_reduced_to_what_a_screen_can_show_and_stays_as_it_was(pixels, size, reduced):
    photograph = Image.new("RGB", size, "red")
    shown = pixels(HeatmapView(photograph))
    assert shown.shape == (*reduced[::-1], 3)
    assert (shown == (255, 0, 0)).all()
    assert photograph.size == size


def test_page_without_a_widget_shows_a_difference_in_its_own_colours():
    picture, difference = Image.new("L", (28, 28)), np.array([[0, 1]], np.float32)
    view = HeatmapView(picture, difference, is_difference=True)
    data, _ = view._repr_mimebundle_()
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))
    for name in (style.AGAINST, style.FOR):
        colour = np.round(255 * np.array(to_rgb(name)))
        assert (shown == colour).all(axis=-1).mean() > 0.05


def test_colours_are_the_256_of_each_colormap(view):
    tables = np.frombuffer(view.colours, np.uint8).reshape(len(COLORMAPS), 256, 3)
    for name, table in zip(COLORMAPS, tables, strict=True):
        assert np.array_equal(table, matplotlib.colormaps[name](range(256), bytes=True)[:, :3])


def test_browser_half_is_the_plain_files_beside_it(view):
    folder = Path(__file__).parents[2] / "gradcam_lab" / "widgets"
    state = view.get_state()
    assert state["_esm"] == join_modules(folder / "heatmap_view.js")
    assert state["_css"] == style.stylesheet(folder / "heatmap_view.css")
    assert not re.search(r"^import|import\(", state["_esm"], re.MULTILINE)  # no library, no network


def test_receptive_field_of_a_layer_is_taken_as_it_is_computed(view, cnn):
    view.receptive_field = receptive_fields(cnn)["conv2d_1"]
    assert view.get_state()["receptive_field"] == ((8, 2, -3, 28), (8, 2, -3, 28))
    view.receptive_field = receptive_fields(cnn).get("flatten", ())


# What travels


def test_picture_heatmap_and_words_travel_in_one_message(view, wire_to):
    view.busy = True
    sent = wire_to(view)
    view.show(encode_png(1 - DIGIT), 1 - HEATMAP[:, :1], title="a title", description="words")
    assert sent == [{"picture", "heatmap", "shape", "title", "description", "busy"}]
    assert (view.shape, view.title, view.description, view.busy) == (
        (2, 1),
        "a title",
        "words",
        False,
    )


def test_picture_does_not_travel_again_when_only_the_heatmap_changes(view, wire_to):
    sent = wire_to(view)
    view.show(encode_png(DIGIT), 1 - HEATMAP)
    view.show(encode_png(DIGIT), 1 - HEATMAP)
    assert sent == [{"heatmap"}]


@pytest.mark.parametrize(
    "kind", [np.ndarray.tolist, np.float64, tensorflow.constant], ids=["list", "float64", "tensor"]
)
def test_heatmap_may_be_of_any_kind_of_numbers(view, numbers, kind):
    view.show(encode_png(DIGIT), kind(1 - HEATMAP))
    np.testing.assert_allclose(numbers(view), 1 - HEATMAP, atol=1e-6)


@pytest.mark.parametrize("bad", [HEATMAP[0], 2 * HEATMAP, -HEATMAP, np.nan * HEATMAP, "map", None])
def test_what_is_no_heatmap_is_refused_and_leaves_the_view_as_it_was(view, wire_to, numbers, bad):
    sent = wire_to(view)
    with pytest.raises(ValueError, match="choose one map of an Explanation"):
        view.show(encode_png(1 - DIGIT), bad, title="bad")
    assert sent == []
    assert np.array_equal(numbers(view), HEATMAP)


@pytest.mark.parametrize(
    ("trait", "value", "remedy"),
    [
        ("alpha", 1.5, r"alpha is 1.5: give a number from 0 .* to 1"),
        ("threshold", -0.1, r"threshold is -0.1: give a number from 0 .* to 1"),
        ("colormap_index", len(COLORMAPS), "no colormap 8: give 0 to 7"),
        ("panels", ("overlay", "map"), "there are: picture, heatmap, overlay"),
        ("receptive_field", (8, 2, -3, 28), r"give what receptive_fields\(model\) has"),
        ("receptive_field", ((8, 2, -3), (8, 2, -3)), r"or \(\) where it has nothing"),
    ],
)
def test_what_the_browser_could_not_draw_is_refused_with_the_remedy(view, trait, value, remedy):
    before = getattr(view, trait)
    with pytest.raises(TraitError, match=remedy):
        setattr(view, trait, value)
    assert getattr(view, trait) == before
    with pytest.raises(TraitError, match=remedy):
        HeatmapView(DIGIT, HEATMAP, **{trait: value})


# Where no widget is alive


def test_page_without_widgets_shows_the_present_state(view):
    view.alpha, view.colormap_index, view.threshold = 0.8, COLORMAPS.index("viridis"), 0.25
    expected = figures.explorer_figure(DIGIT, HEATMAP, 0.8, "viridis", 0.25)
    assert np.array_equal(png_of(view), figures.to_pixels(expected))
    assert "application/vnd.jupyter.widget-view+json" in view._repr_mimebundle_()[0]


def test_page_without_widgets_shows_paper_and_contours(view):
    before = png_of(view)
    view.paper = view.contours = True
    expected = figures.explorer_figure(DIGIT, HEATMAP, 0.4, "jet", paper=True, contours=True)
    assert np.array_equal(png_of(view), figures.to_pixels(expected))
    assert not np.array_equal(png_of(view), before)


def test_page_without_widgets_shows_a_photograph():
    photograph = sample_image("cat")
    shown = png_of(HeatmapView(photograph, HEATMAP)).astype(int)
    expected = figures.to_pixels(figures.explorer_figure(photograph, HEATMAP, 0.4, "jet"))
    assert np.abs(shown - expected).mean() < 1  # the view's picture has been reduced once before
