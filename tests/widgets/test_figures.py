import io
import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from gradcam_lab import superimpose
from gradcam_lab._pictures import to_picture
from gradcam_lab.cam import to_heatmap
from gradcam_lab.overlay import colorize
from gradcam_lab.widgets import figures, style
from gradcam_lab.widgets.equation import Equation, draw_signed_maps

DIGIT = np.random.default_rng(0).uniform(size=(28, 28, 1))
HEATMAP = np.array([[0, 0.25], [0.5, 1]], np.float32)
LARGE_DIGIT = np.kron(np.round(255 * DIGIT), np.ones((10, 10, 3)))  # as large as a panel
PHOTOGRAPH = Image.linear_gradient("L").resize((600, 400))
NARROW = Image.new("RGB", (30, 900))
LONG = "true Staffordshire bullterrier, predicted an_extremely_longwinded_name_without_a_space"
FEATURE_MAPS = np.random.default_rng(1).normal(size=(14, 14, 10))
WEIGHTS = np.array([1, -1, 1, 1, -1, -1, 1, -1, 1, -1]) * 1.2e-5

EXPLORER = figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis")
COMPARISON = figures.comparison_figure(
    [PHOTOGRAPH, DIGIT, NARROW],
    [HEATMAP, 1 - HEATMAP, 0 * HEATMAP],
    [LONG, "$5 (99.8 %), $6", LONG],
    *(0.6, "jet", 0.2),
)
QUESTIONS = figures.questions_figure(DIGIT, [HEATMAP, 1 - HEATMAP], ["a", LONG], 0.6, "jet", 0.2)
EQUATION = Equation(
    *(np.arange(1270, 1280), FEATURE_MAPS, WEIGHTS),
    *{"added": 7, "total": 12}.values(),
    *(FEATURE_MAPS @ WEIGHTS, np.zeros((14, 14)), FEATURE_MAPS @ -WEIGHTS / 2),
)
ANATOMY = figures.anatomy_figure(EQUATION, DIGIT, 0.6, "jet")
every_figure = pytest.mark.parametrize(
    "figure",
    [EXPLORER, COMPARISON, QUESTIONS, ANATOMY],
    ids=["explorer", "comparison", "questions", "anatomy"],
)


def pictures_in(figure):
    """Return the pictures of a figure, in its own order, as its pixels show them."""
    figure_pixels, pictures = np.asarray(figures.to_pixels(figure)), []
    for axes in figure.axes:
        if axes.images:
            left, bottom, right, top = axes.get_window_extent().extents.round().astype(int)
            height = len(figure_pixels)
            pictures.append(figure_pixels[height - top : height - bottom, left:right])
    return pictures


def squares(picture, side=style.DENSITY):
    """Let every pixel become a square."""
    return np.kron(np.asarray(picture), np.ones((side, side, 1), np.uint8))


def axes_of(figure):
    """Return the axes of pictures, and that of the colour bar."""
    return [*figure.axes, *figure.axes[-1].child_axes]


def words_of(axes):
    """Return a picture's title, or the numbers at a colour bar."""
    texts = axes.get_children() if axes.images else axes.get_yticklabels()
    return [each for each in texts if isinstance(each, Text) and each.get_text()]


def titles_of(figure):
    return [title.get_text() for axes in figure.axes for title in words_of(axes)]


# What is drawn


def test_explorer_s_figure_shows_picture_heatmap_and_overlay():
    picture, cells, overlay = pictures_in(EXPLORER)
    assert np.array_equal(picture, squares(LARGE_DIGIT))
    assert np.array_equal(cells, squares(colorize(HEATMAP, "viridis"), 280))
    assert np.array_equal(overlay, squares(superimpose(LARGE_DIGIT, HEATMAP, 0.3, "viridis")))
    assert titles_of(EXPLORER) == ["picture", "heatmap, 2 × 2 cells", "overlay, alpha 0.30"]


def test_figure_hides_what_lies_below_the_threshold():
    _, cells, overlay = pictures_in(
        figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis", threshold=0.5)
    )
    assert (cells[:280] == 255).all()  # both cells of the upper row
    assert np.array_equal(cells[280:], pictures_in(EXPLORER)[1][280:])
    expected = superimpose(LARGE_DIGIT, HEATMAP, 0.3, "viridis", 0.5)
    assert np.array_equal(overlay, squares(expected))


def test_figure_on_paper_shows_the_picture_inverted_and_its_overlay():
    figure = figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis", paper=True)
    picture, cells, overlay = pictures_in(figure)
    assert np.array_equal(picture, squares(255 - LARGE_DIGIT))
    assert np.array_equal(cells, pictures_in(EXPLORER)[1])
    expected = superimpose(255 - LARGE_DIGIT, HEATMAP, 0.3, "viridis")
    assert np.array_equal(overlay, squares(expected))


@pytest.mark.parametrize("draw", [figures.comparison_figure, figures.questions_figure])
def test_figure_of_several_on_paper_has_all_its_pictures_inverted(draw):
    images = [DIGIT, DIGIT] if draw is figures.comparison_figure else DIGIT
    drawn = [[HEATMAP, 1 - HEATMAP], ["a", "b"], 0.0, "jet"]
    shown = pictures_in(draw(images, *drawn, paper=True))
    for picture, usual in zip(shown, pictures_in(draw(images, *drawn)), strict=True):
        assert np.array_equal(picture, 255 - usual)


def assert_lined(plain, lined, heatmap, threshold=0.0):
    """Check that pixels are other than before along the contour lines, and only there."""
    values = np.asarray(
        Image.fromarray(heatmap).resize(plain.shape[1::-1], Image.Resampling.BILINEAR)
    )
    levels = [level for level in figures.LEVELS if level >= threshold]
    slope = np.hypot(*np.gradient(values)) + 1e-9
    distance = np.min([abs(values - level) / slope for level in levels], axis=0)
    changed = (plain != lined).any(axis=-1)
    assert changed[distance < 0.5].mean() > 0.99
    assert not changed[distance > 8].any()
    assert lined[distance < 0.5].mean() < lined[(distance > 2) & (distance < 3)].mean()


def test_contours_are_dark_lines_with_a_light_halo_over_the_overlay_alone():
    slope = np.add.outer(np.linspace(0, 0.6, 6), np.linspace(0, 0.4, 6)).astype(np.float32)
    plain = pictures_in(figures.explorer_figure(PHOTOGRAPH, slope, 0.4, "jet"))
    lined = pictures_in(figures.explorer_figure(PHOTOGRAPH, slope, 0.4, "jet", contours=True))
    assert np.array_equal(plain[:2], lined[:2])
    assert_lined(plain[2], lined[2], slope)


def test_contours_stand_only_where_the_heatmap_is_not_hidden():
    slope = np.add.outer(np.linspace(0, 0.6, 6), np.linspace(0, 0.4, 6)).astype(np.float32)
    drawn = PHOTOGRAPH, slope, 0.4, "jet", 0.4
    plain = pictures_in(figures.explorer_figure(*drawn))
    lined = pictures_in(figures.explorer_figure(*drawn, contours=True))
    assert_lined(plain[2], lined[2], slope, 0.4)


def test_map_without_a_slope_has_no_contours(recwarn):
    for heatmap in (np.zeros((3, 3), np.float32), np.ones((1, 1), np.float32)):
        plain = figures.explorer_figure(DIGIT, heatmap, 0.4, "jet")
        lined = figures.explorer_figure(DIGIT, heatmap, 0.4, "jet", contours=True)
        assert np.array_equal(figures.to_pixels(plain), figures.to_pixels(lined))
    assert [str(each.message) for each in recwarn] == []


def test_figure_shows_the_panels_that_are_asked_for():
    figure = figures.explorer_figure(DIGIT, HEATMAP, 0.3, "jet", panels=["overlay", "picture"])
    assert titles_of(figure) == ["overlay, alpha 0.30", "picture"]


@every_figure
def test_colour_bar_runs_from_1_at_the_top_to_0_at_the_bottom(figure):
    (bar,) = figure.axes[-1].child_axes
    left, bottom, right, top = bar.get_window_extent().extents.round().astype(int)
    pixels = np.asarray(figures.to_pixels(figure))[::-1]  # matplotlib counts from the bottom
    colours = pixels[bottom:top, (left + right) // 2]
    colormap = "viridis" if figure is EXPLORER else "jet"
    expected = colorize(np.linspace(0, 1, top - bottom)[np.newaxis], colormap)[0]
    assert np.abs(colours.astype(int) - expected).max() < 12
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "1"]
    assert figure.bbox.x1 - bar.get_tightbbox().x1 > 0


def test_comparison_s_figure_shows_the_overlays_below_their_pictures():
    pictures, overlays = pictures_in(COMPARISON)[:3], pictures_in(COMPARISON)[3:]
    heatmaps = [HEATMAP, 1 - HEATMAP, 0 * HEATMAP]
    for image, picture in zip([PHOTOGRAPH, DIGIT, NARROW], pictures, strict=True):
        small = figures.fit(to_picture(image), figures.SMALL_PANEL)
        assert np.array_equal(picture, squares(small))
    for picture, heatmap, overlay in zip(pictures, heatmaps, overlays, strict=True):
        expected = superimpose(picture[::2, ::2], heatmap, 0.6, "jet", 0.2)
        assert np.array_equal(overlay, squares(expected))
    places = np.array([axes.get_position().p0 for axes in COMPARISON.axes])
    assert np.allclose(places[:3, 0], places[3:, 0])  # in one column
    assert (places[:3, 1] > places[3:, 1]).all()


def test_questions_figure_shows_the_picture_once_and_an_overlay_for_each_question():
    picture, *overlays = pictures_in(QUESTIONS)
    small = figures.fit(to_picture(DIGIT), figures.SMALL_PANEL)
    assert np.array_equal(picture, squares(small))
    for overlay, heatmap in zip(overlays, [HEATMAP, 1 - HEATMAP], strict=True):
        assert np.array_equal(overlay, squares(superimpose(small, heatmap, 0.6, "jet", 0.2)))


@pytest.mark.parametrize("columns", [6, 20])
def test_row_that_is_wider_than_a_page_goes_on_in_the_next(columns):
    maps, titles = columns * [HEATMAP], [str(i) for i in range(columns)]
    for figure, named in (
        (figures.questions_figure(DIGIT, maps, titles, 0.6, "jet"), ["picture", *titles]),
        (figures.comparison_figure(columns * [DIGIT], maps, titles, 0.6, "jet"), titles),
    ):
        assert figure.bbox.width <= style.DENSITY * (figures.PAGE + 100)
        assert titles_of(figure) == named


def test_anatomy_frames_channels_by_the_sign_of_their_weights_and_fades_those_not_added():
    thumbnails = pictures_in(ANATOMY)[:10]
    assert titles_of(ANATOMY)[:2] == ["channel 1270\n+1.2e−05 ·", "channel 1271\n−1.2e−05 ·"]
    for i, (thumbnail, weight) in enumerate(zip(thumbnails, WEIGHTS, strict=True)):
        opacity = 1 if i < 7 else style.WAITING
        colour = style.FOR if weight > 0 else style.AGAINST
        frame = 255 * (1 - opacity * (1 - np.array(matplotlib.colors.to_rgb(colour))))
        assert np.abs(thumbnail[0, 0] - frame).max() <= 1
        edge = style.DENSITY * style.FRAME
        inside = thumbnail[edge:-edge, edge:-edge, 0]
        darkest, lightest = 255 * (1 - opacity), 255
        assert (abs(inside.min() - darkest) <= 1, inside.max()) == (True, lightest)


def test_anatomy_draws_both_sums_on_one_scale_and_then_the_heatmap():
    so_far, heatmap, whole = pictures_in(ANATOMY)[11:14]
    assert titles_of(ANATOMY)[10:14] == [
        "… 0 of 2\nmore",
        "signed map of 7\nchannels",
        "heatmap",
        "signed map of all\nchannels",
    ]
    signs = [text.get_text() for text in ANATOMY.texts]
    assert signs == [*(10 * ["+"]), "=", "→ ReLU →"]
    side = style.DENSITY * 2 * style.THUMBNAIL // 14
    drawn = draw_signed_maps(EQUATION)
    for shown, name in ((so_far, "so_far"), (heatmap, "heatmap"), (whole, "whole")):
        assert np.array_equal(shown, squares(np.asarray(drawn[name]), side))
    heatmap = to_heatmap(EQUATION.so_far[np.newaxis])[0]
    expected = pictures_in(figures.explorer_figure(DIGIT, heatmap, 0.6, "jet"))
    for shown, picture in zip(pictures_in(ANATOMY)[14:], expected, strict=True):
        assert np.array_equal(shown, picture)


@pytest.mark.parametrize("figure", [ANATOMY], ids=["anatomy"])
def test_signs_touch_neither_pictures_nor_the_edge(figure):
    figures.to_pixels(figure)
    pictures = [axes.get_window_extent() for axes in figure.axes]
    for sign in figure.texts:
        extent = sign.get_window_extent()
        assert extent.x0 > 0
        assert not any(extent.overlaps(picture) for picture in pictures)


def test_picture_alone_fills_its_figure():
    figure = figures.picture_figure(DIGIT)
    assert np.array_equal(figures.to_pixels(figure), squares(LARGE_DIGIT))


@pytest.mark.parametrize(
    ("size", "fitted"), [((28, 28), (280, 280)), ((600, 400), (360, 240)), ((30, 900), (9, 280))]
)
def test_picture_keeps_its_proportions_within_a_panel(size, fitted):
    assert figures.fit(Image.new("RGB", size)).size == fitted


# How it is set


@every_figure
def test_no_words_overlap_or_are_cut(figure):
    figures.to_pixels(figure)
    words = [text.get_window_extent() for axes in axes_of(figure) for text in words_of(axes)]
    pictures = [axes.get_window_extent() for axes in axes_of(figure)]
    for box in words:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    assert not any(one.overlaps(other) for one, other in combinations(words + pictures, 2))


@every_figure
def test_titles_stand_flush_with_their_pictures(figure):
    figures.to_pixels(figure)
    for axes in figure.axes:
        for title in words_of(axes):
            place, picture = title.get_window_extent(), axes.get_window_extent()
            assert abs(place.x0 - picture.x0) <= 2 * style.DENSITY
            assert 0 < place.y0 - picture.y1 < 8 * style.DENSITY


def test_title_is_broken_between_words_and_no_letter_is_lost():
    lines = figures.break_title(LONG, 252).split("\n")
    assert len(lines) == 3
    assert lines[0] == "true Staffordshire bullterrier,"
    assert "".join(lines).replace(" ", "") == LONG.replace(" ", "")
    assert (
        figures.break_title("asked about 3 (99.8 %)", 1000)
        == "asked about 3 (99.8\N{NO-BREAK SPACE}%)"
    )
    assert figures.break_title("", 100) == ""


def test_title_is_text_even_if_it_looks_like_a_formula():
    assert "$5 (99.8\N{NO-BREAK SPACE}%), $6" in titles_of(COMPARISON)
    figures.to_pixels(figures.questions_figure(DIGIT, [HEATMAP], [r"$\frac$ and _{"], 1, "jet"))


def test_reader_s_own_settings_of_matplotlib_do_not_reach_a_figure():
    settings = {
        "image.origin": "lower",
        "image.interpolation": "bilinear",
        "figure.constrained_layout.use": True,
        "ytick.minor.visible": True,
        "font.size": 30,
    }
    with matplotlib.style.context(["dark_background", settings]):
        figure = figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis")
        assert np.array_equal(figures.to_pixels(figure), figures.to_pixels(EXPLORER))


# Files


@every_figure
def test_png_is_light_and_sharp_on_a_screen_of_double_density(figure):
    content = figures.to_png(figure)
    with Image.open(io.BytesIO(content)) as read:
        assert read.format == "PNG"
        assert np.array_equal(read, figures.to_pixels(figure))
    assert len(content) < 300_000


@pytest.mark.parametrize("name", ["cam.png", "cam.jpg", "cam.JPEG", "cam.webp", "cam.tiff"])
def test_ending_chooses_the_format(tmp_path, name):
    path = figures.save(EXPLORER, str(tmp_path / name))
    assert path == tmp_path / name
    with Image.open(path) as read:
        expected = np.asarray(figures.to_pixels(EXPLORER))
        assert np.abs(np.asarray(read.convert("RGB")).astype(int) - expected).mean() < 4


@pytest.mark.parametrize(("name", "begins"), [("cam.svg", b"<?xml"), ("cam.PDF", b"%PDF")])
def test_figure_can_be_a_drawing_for_slides(tmp_path, name, begins):
    assert figures.save(COMPARISON, tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize("name", ["cam", "cam.txt", "cam.pgf"])
def test_other_ending_is_refused_with_the_remedy(tmp_path, name):
    with pytest.raises(ValueError, match=r"names no picture format: end it in \.png or \.jpg"):
        figures.save(EXPLORER, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_place_that_cannot_be_written_to_is_refused_with_the_remedy(tmp_path, ending):
    with pytest.raises(OSError, match=r"cannot write .*: choose a folder that exists"):
        figures.save(EXPLORER, tmp_path / f"missing/cam.{ending}")


def test_figures_drawn_in_two_threads_leave_the_filters_of_warnings_as_they_were():
    before = list(warnings.filters)

    def draw(_):
        figure = figures.picture_figure(DIGIT)
        for _ in range(20):
            figures.to_pixels(figure)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(draw, range(4)))
    assert warnings.filters == before


@pytest.mark.parametrize("save", ["k.png", "k.svg", "k.pdf"])
def test_names_in_a_script_without_a_font_are_drawn_without_a_warning(tmp_path, save, recwarn):
    figure = figures.questions_figure(DIGIT, [HEATMAP], ["고양이"], 0.4, "jet")
    figures.save(figure, tmp_path / save)
    assert [str(each.message) for each in recwarn] == []


@pytest.mark.parametrize("setting", [{"savefig.facecolor": "black"}, {"savefig.bbox": "tight"}])
def test_vector_figures_do_not_obey_a_reader_s_settings(tmp_path, setting):
    def svg():
        figure = figures.questions_figure(DIGIT, [HEATMAP], ["title"], 0.4, "jet")
        with matplotlib.rc_context({"svg.hashsalt": "one"}):
            text = figures.save(figure, tmp_path / "f.svg").read_text()
        return re.sub(r"<dc:date>.*?</dc:date>", "", text)

    plain = svg()
    with matplotlib.rc_context(setting):
        assert svg() == plain


def test_title_of_three_thousand_letters_is_broken_within_seconds():
    began = time.monotonic()
    lines = figures.break_title("x" * 3000, 92).splitlines()
    assert "".join(lines) == "x" * 3000
    assert all(figures.measure(line) <= 92 for line in lines)
    assert time.monotonic() - began < 5
