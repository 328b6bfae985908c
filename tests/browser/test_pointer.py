"""A mouse or a finger over the pictures: the value under it, its cell, and the divider."""

import re

import pytest
from playwright.sync_api import expect

import gradcam_lab as lab
from tools.browser.explorer_page import come_to_rest, handle

INDEX, SIDE = 8, 14
CELLS = [(0, 0), (6, 9), (10, 4), (13, 13)]
CLIP = "(canvas) => getComputedStyle(canvas).clipPath"


@pytest.fixture(scope="module")
def page(open_saved, cnn, digits):
    explorer = lab.GradCAMExplorer(cnn, digits.test_x)
    explorer.index = INDEX
    return open_saved(explorer, has_touch=True)


@pytest.fixture(params=[False, True], ids=["panels", "swipe"])
def swipe(request):
    return request.param


@pytest.fixture
def explorer(page, swipe):
    page.mouse.move(0, 0)
    explorer = page.locator(".gradcam-explorer")
    explorer.get_by_role("checkbox", name="swipe").set_checked(swipe)
    expect(explorer.locator(".heatmap")).to_be_visible(visible=not swipe)
    come_to_rest(explorer)
    return explorer


@pytest.fixture(scope="module")
def words(digits, cnn):
    """What is written about each cell."""
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[INDEX]]).heatmaps["conv2d_1"][0]
    return {(r, c): f"heatmap[{r}, {c}] = {heatmap[r, c]:.2f}" for r, c in CELLS}


def position(panel, row, column):
    """Return where the middle of a cell is, in the panel's frame."""
    box = panel.locator(".frame").bounding_box()
    return {"x": box["width"] * (column + 0.5) / SIDE, "y": box["height"] * (row + 0.5) / SIDE}


def assert_outlined(panel, row, column):
    """Check that the outline of the panel is around this cell."""
    frame, cell = (panel.locator(part).bounding_box() for part in (".frame", ".cell"))
    expected = {
        "x": frame["x"] + frame["width"] * column / SIDE,
        "y": frame["y"] + frame["height"] * row / SIDE,
        "width": frame["width"] / SIDE,
        "height": frame["height"] / SIDE,
    }
    assert cell == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize(("row", "column"), CELLS)
@pytest.mark.parametrize("name", ["picture", "heatmap", "overlay"])
@pytest.mark.parametrize("swipe", [False], indirect=True)
def test_hover_writes_the_value_and_outlines_the_cell_in_every_panel(
    explorer, words, name, row, column
):
    panel = explorer.locator(f".panel.{name}")
    panel.locator(".frame").hover(position=position(panel, row, column))
    expect(explorer.locator(".legend .value")).to_contain_text(words[row, column])
    for each in explorer.locator(".panel").all():
        assert_outlined(each, row, column)


@pytest.mark.parametrize("swipe", [False], indirect=True)
def test_nothing_is_written_or_outlined_when_the_mouse_has_left(page, explorer):
    explorer.locator(".panel.overlay .frame").hover()
    expect(explorer.locator(".cell").first).to_be_visible()
    page.mouse.move(0, 0)
    expect(explorer.locator(".legend .value")).to_have_text("")
    expect(explorer.locator(".cell").first).to_be_hidden()


@pytest.mark.parametrize("swipe", [False], indirect=True)
def test_value_under_a_resting_mouse_follows_the_layer(page, explorer):
    panel = explorer.locator(".panel.heatmap")
    panel.locator(".frame").hover(position=position(panel, 9.75, 3.75))
    value = explorer.locator(".legend .value")
    expect(value).to_have_text(re.compile(r"^heatmap\[10, 4\]"))
    layers = handle(explorer, "layer")
    layers.press("Home")
    expect(value).to_have_text(re.compile(r"^heatmap\[20, 8\]"))
    for _ in range(2):
        layers.press("ArrowRight")
    expect(value).to_have_text(re.compile(r"^heatmap\[10, 4\]"))


def test_tap_writes_the_value_and_outlines_the_cell(explorer, words):
    row, column = CELLS[1]
    panel = explorer.locator(".panel.overlay")
    panel.locator(".frame").tap(position=position(panel, row, column))
    expect(explorer.locator(".legend .value")).to_contain_text(words[row, column])
    assert_outlined(panel, row, column)


@pytest.mark.parametrize("swipe", [True], indirect=True)
def test_divider_moves_with_the_keyboard(explorer):
    divider, overlay = explorer.locator(".overlay .divider"), explorer.locator(".overlay canvas")
    expect(divider).to_have_accessible_name(re.compile("divider"))
    divider.fill("50")
    assert "50%" in overlay.evaluate(CLIP)
    divider.press("ArrowRight")
    assert "51%" in overlay.evaluate(CLIP)
    divider.press("Home")
    assert "0%" in overlay.evaluate(CLIP)


@pytest.mark.parametrize("swipe", [True], indirect=True)
def test_divider_is_drawn_with_the_mouse_and_separates_picture_from_overlay(page, explorer):
    explorer.locator(".overlay .divider").fill("50")
    box = explorer.locator(".overlay .frame").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle, steps=4)
    page.mouse.up()
    shown = explorer.locator(".overlay canvas").evaluate(CLIP)
    assert 22 <= float(re.search(r"([\d.]+)%\)", shown)[1]) <= 28
