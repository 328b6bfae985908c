"""Every control of an explorer is moved with the keyboard."""

import re

import pytest
from playwright.sync_api import expect

import gradcam_lab as lab
from tools.browser.explorer_page import (
    ACTIVE_CELL,
    CNN,
    EXPLORER,
    assert_overlay_becomes,
    come_to_rest,
    drawing,
    handle,
    role_and_name,
    superimposed,
    wait_for_change,
)
from tools.browser.stopwatch import DRAWN_SINCE_RELEASE, hold

STOPS = [  # of the Tab key, from the first control on: role and name
    ("button", "conv2d_1"),
    ("button", "6"),
    ("slider", "index"),
    ("textbox", "index"),
    ("button", "previous picture"),
    ("button", "next picture"),
    ("slider", "layer"),
    ("textbox", "layer"),
    ("radio", "the predicted class"),
    ("combobox", "method"),
    ("slider", "alpha"),
    ("textbox", "alpha"),
    ("combobox", "colormap"),
    ("slider", "threshold"),
    ("textbox", "threshold"),
    *(("checkbox", name) for name in ("same scale", "paper", "contours", "swipe")),
    ("button", "colour-blind safe"),
    ("button", "course's look"),
    ("button", "Save picture"),
]
AT_MOST = 5  # answers after a key's release, to what was asked before; bench-browser measures times
FOCUS_RING = """() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle === 'none' ? 0 : parseFloat(outlineWidth);
}"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook([CNN, EXPLORER], stopwatch=True)


@pytest.fixture
def explorer(notebook):
    """The explorer in its first state, with the notebook in command mode."""
    first = {"index": 0, "layer": "conv2d_1", "target": None, "method": "gradcam", "alpha": 0.4}
    first |= {"same_scale": False, "colormap": "jet", "threshold": 0.0, "swipe": False}
    for name, value in first.items():
        notebook.execute(f"explorer.{name} = {value!r}")
    notebook.page.evaluate("() => document.activeElement.blur()")
    explorer = notebook.page.locator(".gradcam-explorer")
    come_to_rest(explorer)
    return explorer


@pytest.mark.parametrize(
    ("control", "key"),
    [("index", "ArrowRight"), ("layer", "ArrowLeft"), ("alpha", "ArrowUp"), ("threshold", "End")],
)
def test_a_key_moves_the_slider_and_not_the_notebook(notebook, explorer, control, key):
    before, cell = drawing(explorer), notebook.page.evaluate(ACTIVE_CELL)
    slider = handle(explorer, control)
    value = slider.get_attribute("aria-valuenow")
    slider.focus()
    slider.press(key)
    expect(slider).not_to_have_attribute("aria-valuenow", value)
    wait_for_change(explorer, before)
    expect(slider).to_be_focused()
    assert notebook.page.evaluate(ACTIVE_CELL) == cell


def test_few_pictures_are_drawn_after_two_seconds_of_arrow_right(notebook, explorer, digits, cnn):
    """A held key leaves no queue: soon after its release the last state stands there."""
    slider = handle(explorer, "index")
    slider.focus()
    hold(notebook.page, "ArrowRight", seconds=2)
    index = int(float(slider.get_attribute("aria-valuenow")))
    assert index > 20
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[index]]).heatmaps["conv2d_1"][0]
    expected = superimposed(1 - digits.test_x[index], heatmap, 0.4, "jet")
    assert_overlay_becomes(explorer, expected)
    assert 0 <= notebook.page.evaluate(DRAWN_SINCE_RELEASE) <= AT_MOST


@pytest.mark.parametrize("control", ["method", "colormap"])
def test_arrow_down_chooses_the_next_entry_of_a_list(explorer, control):
    before, chosen = drawing(explorer), explorer.locator(f".gradcam-{control} select")
    entry = chosen.input_value()
    chosen.focus()
    chosen.press("ArrowDown")
    expect(chosen).not_to_have_value(entry)
    wait_for_change(explorer, before)


def test_arrow_down_asks_about_the_next_class(explorer):
    before, classes = drawing(explorer), explorer.locator(".gradcam-target")
    classes.get_by_role("radio", checked=True).focus()
    for key, name in [("ArrowDown", "0"), ("ArrowDown", "1"), ("ArrowUp", "0")]:
        explorer.page.keyboard.press(key)
        expect(classes.get_by_role("radio", checked=True)).to_have_accessible_name(re.compile(name))
        expect(classes.get_by_role("radio", checked=True)).to_be_focused()
    wait_for_change(explorer, before)


@pytest.mark.parametrize(("strip", "trait"), [("layer", "layer"), ("index", "index")])
def test_arrows_walk_along_a_film_strip(explorer, strip, trait):
    before, frames = drawing(explorer), explorer.locator(f".gradcam-{strip}-strip")
    readout = explorer.locator(f".gradcam-{trait} .widget-readout")
    first = readout.inner_text()
    frames.locator("[aria-current='true']").focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
        explorer.page.keyboard.press(key)
        expect(frames.locator("[aria-current='true']")).to_be_focused()
    expect(readout).not_to_have_text(first)
    wait_for_change(explorer, before)


@pytest.mark.parametrize("control", ["same scale", "swipe"])
def test_space_bar_checks_a_box(explorer, control):
    box = explorer.get_by_role("checkbox", name=control)
    box.focus()
    box.press("Space")
    expect(box).to_be_checked()
    box.press("Space")
    expect(box).not_to_be_checked()


def test_space_bar_presses_next_and_enter_presses_previous(explorer):
    first = drawing(explorer)
    explorer.get_by_role("button", name="next picture").press("Space")
    wait_for_change(explorer, first)
    second = drawing(explorer)
    explorer.get_by_role("button", name="previous picture").press("Enter")
    wait_for_change(explorer, second)
    assert drawing(explorer) == first


def test_one_key_press_makes_the_colours_safe_for_the_colour_blind(explorer):
    before = drawing(explorer)
    explorer.get_by_role("button", name="colour-blind safe").press("Enter")
    wait_for_change(explorer, before)
    expect(explorer.get_by_label("colormap")).to_have_value("cividis")


def test_enter_saves_the_picture_as_a_file_of_the_readers(notebook, explorer):
    with notebook.page.expect_download() as download:
        explorer.get_by_role("button", name="Save picture").press("Enter")
    assert download.value.suggested_filename == "gradcam.png"


def test_value_of_a_slider_can_be_typed(explorer):
    before = drawing(explorer)
    readout = explorer.locator(".gradcam-index .widget-readout")
    readout.fill("5")
    readout.press("Enter")
    wait_for_change(explorer, before)
    expect(handle(explorer, "index")).to_have_attribute("aria-valuenow", "5.0")


def test_tab_stops_at_every_control_in_order_and_each_has_a_name(notebook, explorer):
    explorer.locator(".gradcam-layer-strip [aria-current='true']").focus()
    stops = []
    for _ in STOPS:
        stops.append(role_and_name(notebook.page.locator(":focus")))
        notebook.page.keyboard.press("Tab")
    assert stops == STOPS


def test_a_ring_of_two_pixels_shows_where_the_keyboard_is(notebook, explorer):
    explorer.locator(".gradcam-layer-strip [aria-current='true']").focus()
    rings = {}
    for role, name in STOPS:
        rings[role, name] = notebook.page.evaluate(FOCUS_RING)
        notebook.page.keyboard.press("Tab")
    assert {control: ring for control, ring in rings.items() if ring < 2} == {}


@pytest.mark.parametrize("panel", ["picture", "heatmap", "overlay"])
@pytest.mark.parametrize(
    ("control", "move"),
    [("index", "index = 1"), ("target", "target = 3"), ("layer", "layer = 'conv2d'")],
)
def test_each_picture_is_described_anew_when_something_moves(
    notebook, explorer, panel, control, move
):
    picture = explorer.locator(f".panel.{panel}").get_by_role("img")
    before = picture.get_attribute("aria-label")
    notebook.execute(f"explorer.{move}")
    expect(picture).not_to_have_attribute("aria-label", before)
    words = explorer.locator(".gradcam-caption").inner_text()
    expect(picture).to_have_attribute("aria-label", re.compile(f"^{panel}.*: {re.escape(words)}$"))
