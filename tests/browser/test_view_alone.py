"""A view on a page of its own, without Jupyter: paper, contours, the divider's grip, the layout."""

import re

import numpy as np
import pytest
from ipywidgets import HBox
from PIL import Image, ImageOps
from playwright.sync_api import expect

import gradcam_lab as lab
from gradcam_lab._pictures import to_picture
from gradcam_lab.widgets.browser.page import write_page
from gradcam_lab.widgets.controls import COLORMAPS
from gradcam_lab.widgets.receptive_field import receptive_fields
from tools.browser.explorer_page import (
    assert_overlay_becomes,
    canvas,
    pixels,
    screenshot,
    superimposed,
)

CLIP = "(canvas) => parseFloat(getComputedStyle(canvas).clipPath.split(' ').pop())"
NOTE_SCROLLS = "document.addEventListener('scroll', () => { window.scrolled = true; }, true)"
DECODE = "() => createImageBitmap(new Blob()).catch(() => true)"  # takes as long as a view's own
LONG_PAGE = "document.body.style.minHeight = '3000px'"


@pytest.fixture(scope="module")
def shown(browser, tmp_path_factory):
    """Return a function that shows a widget on a page, and returns the page."""
    contexts = []

    def show(widget, width=1000, height=700, **context):
        path = write_page(widget, tmp_path_factory.mktemp("page") / "view.html", "view")
        viewport = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=viewport, has_touch=True, **context))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        page.locator(".panel canvas").first.wait_for()
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def digit(digits):
    return digits.test_x[3]


@pytest.fixture(scope="module")
def heatmap(cnn, digit):
    return lab.GradCAM(cnn).explain(digit[np.newaxis]).heatmaps["conv2d_1"][0]


def test_view_whose_picture_has_not_come_yet_waits(browser, tmp_path):
    view, said = lab.HeatmapView(), []
    view.picture = b""
    page = browser.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(write_page(view, tmp_path / "view.html", "view").as_uri())
    page.locator(".panel canvas").first.wait_for(state="attached")
    assert page.evaluate(DECODE)
    page.close()
    assert said == []


# What is drawn


@pytest.mark.parametrize(
    "settings", [(0.4, "jet", 0.0), (0.6, "OrRd", 0.3)], ids=["as in the course", "OrRd"]
)
def test_overlay_on_paper_is_that_of_the_inverted_picture(shown, digit, heatmap, settings):
    alpha, colormap, threshold = settings
    index = COLORMAPS.index(colormap)
    traits = {"alpha": alpha, "colormap_index": index, "threshold": threshold, "paper": True}
    page = shown(lab.HeatmapView(digit, heatmap, **traits))
    inverted = ImageOps.invert(to_picture(digit))
    assert_overlay_becomes(page.locator("body"), superimposed(inverted, heatmap, *settings))
    assert np.array_equal(pixels(page.locator("body"), "picture")[..., :3], inverted)


def test_photograph_on_paper_is_its_negative(shown):
    photograph = lab.sample_image("cat")
    page = shown(lab.HeatmapView(photograph, np.eye(7), paper=True))
    expected = superimposed(ImageOps.invert(photograph), np.eye(7))
    assert_overlay_becomes(page.locator("body"), expected)


@pytest.mark.parametrize("density", [1, 2])
def test_contours_are_lines_of_the_screen_s_own_pixels_where_the_map_has_their_values(
    shown, density
):
    slope = np.tile(np.linspace(0, 1, 8, dtype=np.float32), (8, 1))
    page = shown(
        lab.HeatmapView(np.full((28, 28), 0.5), slope, alpha=0.0, contours=True),
        device_scale_factor=density,
    )
    row = screenshot(canvas(page.locator("body"))).astype(int)
    row = row[len(row) // 2, :, 0]
    values = np.asarray(Image.fromarray(slope[:1]).resize((len(row), 1), Image.Resampling.BILINEAR))
    dark = np.flatnonzero(row < 115)  # of a gray of 128
    assert set(np.round(4 * values[0, dark]) / 4) == {0.25, 0.5, 0.75}
    step = np.abs(np.diff(values[0])).max()
    assert np.abs(values[0, dark] % 0.25 - 0.125).min() > 0.125 - 2 * density * step
    assert len(dark) <= 6 * density
    assert (row > 200).sum() >= 3 * density  # the halo; the picture itself is gray
    expect(page.locator(".overlay figcaption")).to_have_text("overlay, lines at 0.25, 0.5, 0.75")


def test_contours_below_the_threshold_are_not_drawn(shown, digit, heatmap):
    view = lab.HeatmapView(digit, heatmap, contours=True, threshold=0.4)
    page = shown(view)
    expect(page.locator(".overlay figcaption")).to_have_text("overlay, lines at 0.5, 0.75")
    assert page.locator(".overlay path.line").count() == 2
    assert page.locator(":is(.picture, .heatmap) path").count() == 0


# What the cell under the pointer sees


def share(page, panel, part):
    """Return where a part of a panel is, as shares of its frame: left, top, right, bottom."""
    frame, box = (page.locator(f".{panel} {each}").bounding_box() for each in (".frame", part))
    left, top = ((box[a] - frame[a]) / frame[side] for a, side in (("x", "width"), ("y", "height")))
    return [left, top, left + box["width"] / frame["width"], top + box["height"] / frame["height"]]


@pytest.mark.parametrize(
    ("cell", "seen", "words"),
    [
        ((3, 4), (3, 5, 11, 13), "sees 8 × 8 pixels"),
        ((0, 13), (0, 23, 5, 28), "sees 5 × 5 pixels"),
    ],
)
def test_pixels_that_a_cell_sees_are_outlined_on_picture_and_overlay(
    shown, cnn, digit, heatmap, cell, seen, words
):
    field = receptive_fields(cnn)["conv2d_1"]
    page = shown(lab.HeatmapView(digit, heatmap, receptive_field=field))
    row, column = cell
    frame = page.locator(".heatmap .frame")
    box = frame.bounding_box()
    place = {"x": box["width"] * (column + 0.5) / 14, "y": box["height"] * (row + 0.5) / 14}
    frame.hover(position=place)
    value = f"heatmap[{row}, {column}] = {heatmap[cell]:.2f}, {words}"
    expect(page.locator(".value")).to_have_text(value)
    top, left, bottom, right = np.array(seen) / 28
    for panel in ("picture", "overlay"):
        assert share(page, panel, ".seen") == pytest.approx([left, top, right, bottom], abs=0.01)
    expect(page.locator(".heatmap .seen")).to_be_hidden()
    page.mouse.move(999, 699)
    expect(page.locator(".overlay .seen")).to_be_hidden()


def test_nothing_is_said_of_what_a_cell_sees_where_it_is_not_known(shown, digit, heatmap):
    page = shown(lab.HeatmapView(digit, heatmap))
    page.locator(".overlay .frame").hover()
    expect(page.locator(".value")).to_have_text(re.compile(r"^heatmap\[7, 7\] = \d\.\d\d$"))
    expect(page.locator(".overlay .seen")).to_be_hidden()


# The divider's grip


@pytest.fixture(scope="module")
def divided(shown, digit, heatmap):
    page = shown(lab.HeatmapView(digit, heatmap, swipe=True))
    page.evaluate(LONG_PAGE)
    page.evaluate(NOTE_SCROLLS)
    return page


@pytest.fixture
def grip(divided):
    divided.locator(".overlay .divider").fill("50")
    divided.evaluate("window.scrollTo(0, 0); window.scrolled = false")
    return Grip(divided)


class Grip:
    """The divider of a page, by its grip."""

    def __init__(self, page):
        self.page = page
        self.frame = page.locator(".overlay .frame").bounding_box()

    def middle(self):
        box = self.page.locator(".overlay .grip").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def divides_at(self):
        """Return the share of the overlay's width that shows the picture, in per cent."""
        clipped = self.page.locator(".overlay canvas").evaluate(CLIP)
        x, _ = self.middle()
        drawn = 100 * (x - self.frame["x"]) / self.frame["width"]
        assert drawn == pytest.approx(clipped, abs=0.3)  # the grip is where the pictures meet
        return clipped

    def drag_with_finger(self, dx, dy, steps=8):
        devtools = self.page.context.new_cdp_session(self.page)
        x, y = self.middle()

        def touch(kind, *points):
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", {"x": x, "y": y})
        for i in range(1, steps + 1):
            touch("touchMove", {"x": x + dx * i / steps, "y": y + dy * i / steps})
            self.page.wait_for_timeout(20)
        touch("touchEnd")
        self.page.wait_for_timeout(100)
        devtools.detach()


@pytest.mark.parametrize("to", [0.25, 0.9])
def test_grip_is_drawn_by_the_mouse(grip, to):
    x, y = grip.middle()
    grip.page.mouse.move(x, y)
    grip.page.mouse.down()
    grip.page.mouse.move(grip.frame["x"] + to * grip.frame["width"], y, steps=4)
    grip.page.mouse.up()
    assert grip.divides_at() == pytest.approx(100 * to, abs=1)


@pytest.mark.parametrize("to", [-50, 200])
def test_grip_stops_where_the_picture_ends(grip, to):
    x, y = grip.middle()
    grip.page.mouse.move(x, y)
    grip.page.mouse.down()
    grip.page.mouse.move(grip.frame["x"] + to / 100 * grip.frame["width"], y, steps=4)
    grip.page.mouse.up()
    assert grip.divides_at() == (0 if to < 0 else 100)


def test_divider_comes_to_where_one_clicks_beside_the_grip(grip):
    _, y = grip.middle()
    grip.page.mouse.click(grip.frame["x"] + 0.8 * grip.frame["width"], y + 100)
    assert grip.divides_at() == pytest.approx(80, abs=1)


def test_finger_draws_the_grip_across_and_the_page_stays(grip):
    grip.drag_with_finger(-150, 10)
    assert grip.divides_at() == pytest.approx(50 - 15000 / grip.frame["width"], abs=4)
    assert not grip.page.evaluate("window.scrolled")


def test_finger_on_the_grip_scrolls_the_page_up_and_down_and_the_divider_stays(grip):
    grip.drag_with_finger(5, -200)
    grip.page.wait_for_function("window.scrolled")
    assert grip.page.evaluate("window.scrollY") > 100
    assert grip.page.locator(".overlay canvas").evaluate(CLIP) == pytest.approx(50, abs=0.1)


# The layout


def boxes(page, *panels):
    return [page.locator(f".{panel} .frame").bounding_box() for panel in panels]


@pytest.mark.parametrize("photograph", [False, True], ids=["digit", "photograph"])
@pytest.mark.parametrize("width", [520, 700, 1000])
def test_picture_and_heatmap_stand_beside_a_large_overlay_and_end_where_it_ends(
    shown, digit, heatmap, photograph, width
):
    image = lab.sample_image("cat") if photograph else digit
    page = shown(lab.HeatmapView(image, heatmap), width)
    overlay, picture, cells = boxes(page, "overlay", "picture", "heatmap")
    assert overlay["x"] + overlay["width"] < picture["x"] == cells["x"]
    assert picture["y"] == pytest.approx(overlay["y"], abs=1)
    assert picture["y"] + picture["height"] < cells["y"]
    bottom = overlay["y"] + overlay["height"]
    assert cells["y"] + cells["height"] == pytest.approx(bottom, abs=1)
    assert cells["x"] + cells["width"] <= width
    assert overlay["width"] > 1.9 * picture["width"]


@pytest.mark.parametrize("photograph", [False, True], ids=["digit", "photograph"])
@pytest.mark.parametrize("width", [320, 360, 470])
def test_in_a_narrow_column_they_stand_below_it(shown, digit, heatmap, photograph, width):
    image = lab.sample_image("cat") if photograph else digit
    page = shown(lab.HeatmapView(image, heatmap), width)
    overlay, picture, cells = boxes(page, "overlay", "picture", "heatmap")
    assert overlay["height"] <= 240.5
    assert overlay["x"] == picture["x"] < cells["x"]
    assert overlay["y"] + overlay["height"] < picture["y"] == cells["y"]
    right = overlay["x"] + overlay["width"]
    assert cells["x"] + cells["width"] == pytest.approx(right, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_value_under_the_pointer_moves_nothing(shown, cnn, digit, heatmap):
    field = receptive_fields(cnn)["conv2d_1"]
    for width in (320, 520, 1000):
        page = shown(lab.HeatmapView(digit, heatmap, receptive_field=field), width)
        view = page.locator(".gradcam-heatmap-view")
        before = view.bounding_box()
        page.locator(".overlay .frame").hover()
        expect(page.locator(".value")).to_have_text(re.compile("sees"))
        assert view.bounding_box() == before


@pytest.mark.parametrize("panels", [("picture", "overlay"), ("overlay",)])
@pytest.mark.parametrize("width", [360, 1000])
def test_columns_that_are_compared_have_one_width_and_panels_of_one_size(
    shown, digit, heatmap, panels, width
):
    views = [lab.HeatmapView(digit, heatmap, panels=panels) for _ in range(3)]
    row = HBox(views, layout={"flex_flow": "row wrap", "max_width": "100%"})
    row.add_class("gradcam-comparison")
    page = shown(row, width)
    frames = [frame.bounding_box() for frame in page.locator(".frame").all()]
    for frame in frames:
        assert (frame["width"], frame["height"]) == pytest.approx((196, 196), abs=1)
    for first in range(0, len(frames), len(panels)):  # below each other, in the order given
        column = frames[first : first + len(panels)]
        assert len({frame["x"] for frame in column}) == 1
        assert [frame["y"] for frame in column] == sorted(frame["y"] for frame in column)


def test_overlay_alone_is_large(shown, digit, heatmap):
    page = shown(lab.HeatmapView(digit, heatmap, panels=("overlay",)))
    assert boxes(page, "overlay")[0]["width"] == pytest.approx(1.5 * 280, abs=1)
