import io

import numpy as np
import pytest
from PIL import Image

from gradcam_lab import superimpose
from gradcam_lab._pictures import to_picture
from gradcam_lab.overlay import colorize
from gradcam_lab.widgets import figures

SIDE = 280  # pixels: a digit is drawn ten times as large
TOP, GAP = figures.TITLE_HEIGHT, figures.GAP
DIGIT = np.random.default_rng(0).uniform(size=(28, 28, 1))
HEATMAP = np.array([[0, 0.25], [0.5, 1]], np.float32)


def panel(figure, number, width=SIDE):
    left = GAP + number * (SIDE + GAP)
    return np.asarray(figure)[TOP : TOP + SIDE, left : left + width]


def test_explorer_s_figure_shows_picture_heatmap_and_overlay():
    figure = figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis")
    picture = np.kron(np.round(255 * DIGIT), np.ones((10, 10, 3)))
    assert np.array_equal(panel(figure, 0), picture)
    cells = np.kron(colorize(HEATMAP, "viridis"), np.ones((140, 140, 1)))
    assert np.array_equal(panel(figure, 1), cells)
    assert np.array_equal(panel(figure, 2), superimpose(picture, HEATMAP, 0.3, "viridis"))


def test_figure_hides_what_lies_below_the_threshold():
    figure = figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis", threshold=0.5)
    picture, cells = panel(figure, 0), panel(figure, 1)
    assert (cells[:140] == 255).all()  # both cells of the upper row
    assert np.array_equal(
        cells[140:], panel(figures.explorer_figure(DIGIT, HEATMAP, 0.3, "viridis"), 1)[140:]
    )
    assert np.array_equal(panel(figure, 2), superimpose(picture, HEATMAP, 0.3, "viridis", 0.5))


def test_colour_bar_runs_from_1_at_the_top_to_0_at_the_bottom():
    bar = panel(figures.explorer_figure(DIGIT, HEATMAP, 0.3, "gray"), 3, width=14)
    assert bar[0].min() == 255
    assert bar[-1].max() == 0
    assert (np.diff(bar[:, 0, 0].astype(int)) <= 0).all()


def test_comparison_s_figure_shows_the_overlays_below_their_pictures():
    images, heatmaps = [DIGIT, 1 - DIGIT, DIGIT], [HEATMAP, 1 - HEATMAP, 0 * HEATMAP]
    figure = figures.comparison_figure(images, heatmaps, ["a", "b", "c"], 0.6, "jet", 0.2)
    below = figure.crop((0, SIDE + GAP, *figure.size))
    for i, (image, heatmap) in enumerate(zip(images, heatmaps, strict=True)):
        picture = panel(figure, i)
        assert np.array_equal(picture[::10, ::10, :1], np.round(255 * image))
        assert np.array_equal(panel(below, i), superimpose(picture, heatmap, 0.6, "jet", 0.2))


@pytest.mark.parametrize(
    ("size", "fitted"), [((28, 28), (280, 280)), ((600, 400), (360, 240)), ((30, 900), (9, 280))]
)
def test_picture_keeps_its_proportions_within_a_panel(size, fitted):
    assert figures.fit(Image.new("RGB", size)).size == fitted


def test_png_holds_the_figure():
    picture = Image.fromarray(np.uint8(255 * DIGIT[..., 0]))
    with Image.open(io.BytesIO(figures.to_png(picture))) as read:
        assert (read.format, read.tobytes()) == ("PNG", picture.tobytes())


def test_column_is_as_wide_as_its_title():
    narrow = Image.new("RGB", (10, 100))
    row = figures.draw_row([("a title that is far wider than its picture", narrow), ("", narrow)])
    assert row.width > 250
    assert row.getpixel((figures.GAP + (row.width - 10 - 3 * figures.GAP) // 2, 60)) == (0, 0, 0)


def test_questions_figure_shows_the_picture_once_and_an_overlay_for_each_question():
    heatmaps = [HEATMAP, 1 - HEATMAP]
    figure = figures.questions_figure(DIGIT, heatmaps, ["a", "b"], 0.6, "jet", 0.2)
    side = figures.SMALL_PANEL[1]
    shown = [
        np.asarray(figure)[TOP : TOP + side, GAP + i * (side + GAP) :][:, :side] for i in range(3)
    ]
    assert np.array_equal(shown[0], figures.fit(to_picture(DIGIT), figures.SMALL_PANEL))
    for overlay, heatmap in zip(shown[1:], heatmaps, strict=True):
        assert np.array_equal(overlay, superimpose(shown[0], heatmap, 0.6, "jet", 0.2))
