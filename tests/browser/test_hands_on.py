"""What a hand does beside moving controls: draw a digit, bring a file, add up channels.

Of dropping a file: see test_picture_field.py.
"""

import io

import pytest
from playwright.sync_api import expect

from gradcam_lab import sample_image
from tools.browser.explorer_page import (
    CNN,
    NETWORK,
    canvas,
    come_to_rest,
    drawing,
    handle,
    wait_for_change,
)

EXPLORERS = {
    "gradcam-anatomy": "lab.AnatomyExplorer(cnn, digits.test_x)",
    "gradcam-drawing": "lab.DrawingExplorer(cnn)",
    "gradcam-own-picture": "lab.OwnPictureExplorer(network)",
}
COPY = """(bytes) => {
    const png = new Blob([new Uint8Array(bytes)], { type: 'image/png' });
    return navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"


@pytest.fixture(scope="module")
def notebook(open_notebook):
    cells = [f"explorer = {code}\nexplorer" for code in EXPLORERS.values()]
    return open_notebook([CNN, NETWORK, *cells])


@pytest.fixture
def explorer(notebook, request):
    explorer = notebook.page.locator(f".{request.param}")
    come_to_rest(explorer)
    return explorer


anatomy, pad, own_picture = (
    pytest.mark.parametrize("explorer", [name], indirect=True) for name in EXPLORERS
)


def caption(explorer):
    return explorer.locator(".gradcam-caption")


def draw(explorer, *points):
    """Draw one stroke with the mouse, through points (x, y) from 0 to 1."""
    field = explorer.locator(".gradcam-pad canvas").bounding_box()
    mouse = explorer.page.mouse
    for number, (x, y) in enumerate(points):
        mouse.move(field["x"] + x * field["width"], field["y"] + y * field["height"], steps=5)
        if number == 0:
            mouse.down()
    mouse.up()


def file_of(name, file_format):
    buffer = io.BytesIO()
    sample_image(name).save(buffer, file_format)
    return buffer.getvalue()


@pad
def test_drawn_1_becomes_a_7_and_can_be_undone_and_cleared(explorer):
    draw(explorer, (0.5, 0.1), (0.5, 0.9))
    expect(caption(explorer)).to_contain_text("says 1")
    before = drawing(explorer)
    draw(explorer, (0.2, 0.15), (0.5, 0.1))
    expect(caption(explorer)).to_contain_text("says 7")
    wait_for_change(explorer, before)
    explorer.locator(".gradcam-undo").click()
    expect(caption(explorer)).to_contain_text("says 1")
    explorer.locator(".gradcam-clear").click()
    expect(caption(explorer)).to_contain_text("Draw a digit")
    expect(explorer.locator(".panel.overlay")).to_be_hidden()


@pad
def test_stroke_is_drawn_with_keys_alone(explorer, notebook):
    field = explorer.locator(".gradcam-pad canvas")
    field.focus()
    for key in [*["Shift+ArrowUp"] * 3, "Space", *["Shift+ArrowDown"] * 6, "Space"]:
        notebook.page.keyboard.press(key)
    expect(caption(explorer)).to_contain_text("says 1")
    notebook.page.keyboard.press("Backspace")
    expect(caption(explorer)).not_to_contain_text("says 1")


@own_picture
def test_chosen_file_is_explained_and_a_bad_one_refused(explorer):
    chooser = explorer.locator(".gradcam-drop input[type=file]")
    picture = {"name": "coffee.jpg", "mimeType": "image/jpeg", "buffer": file_of("coffee", "JPEG")}
    chooser.set_input_files(picture)
    expect(caption(explorer)).to_contain_text("says espresso")
    words = caption(explorer).inner_text()
    bad = {"name": "cat.png", "mimeType": "image/png", "buffer": b"this is no picture"}
    chooser.set_input_files(bad)
    message = explorer.locator(".gradcam-drop [role=alert]")
    expect(message).to_contain_text("not a JPEG, PNG, WebP or GIF")
    assert caption(explorer).inner_text() == words
    cat = {"name": "cat.webp", "mimeType": "image/webp", "buffer": file_of("cat", "WEBP")}
    chooser.set_input_files(cat)
    expect(caption(explorer)).to_contain_text("says Egyptian cat")
    expect(message).to_have_count(0)


@own_picture
def test_picture_is_pasted_into_the_explorer_and_not_into_the_notebook(explorer, notebook):
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.execute("explorer.picture = lab.sample_image('cat')")
    expect(caption(explorer)).to_contain_text("says Egyptian cat")
    notebook.page.evaluate(COPY, list(file_of("coffee", "PNG")))
    cells = notebook.page.evaluate(CELLS)
    handle(explorer, "alpha").focus()
    notebook.page.keyboard.press("Control+v")
    expect(caption(explorer)).to_contain_text("says espresso")
    assert notebook.page.evaluate(CELLS) == cells


@anatomy
def test_channels_add_up_to_the_heatmap(explorer):
    before = drawing(explorer)
    handle(explorer, "channels").press("ArrowRight")
    wait_for_change(explorer, before)
    expect(caption(explorer)).to_contain_text("2 of 64 channels")
    expect(explorer.locator(".gradcam-equation .added")).to_have_count(2)
    handle(explorer, "channels").press("End")
    expect(caption(explorer)).to_contain_text("this is the Grad-CAM heatmap")
    expect(canvas(explorer)).to_be_visible()


@anatomy
def test_term_of_the_sum_adds_all_up_to_it_and_keeps_the_focus(explorer):
    term = explorer.locator("[data-channels]")
    term.nth(3).click()
    expect(caption(explorer)).to_contain_text("4 of 64 channels")
    expect(handle(explorer, "channels")).to_have_attribute("aria-valuetext", "4")
    expect(term.nth(3)).to_be_focused()
    explorer.page.keyboard.press("Tab")
    explorer.page.keyboard.press("Enter")
    expect(caption(explorer)).to_contain_text("5 of 64 channels")
    expect(term.nth(4)).to_be_focused()
    term.nth(10).click()
    expect(caption(explorer)).to_contain_text("64 of 64 channels")
    expect(explorer.locator(".gradcam-equation .waiting")).to_have_count(0)


@own_picture
def test_enter_in_the_search_field_asks_about_that_class(explorer):
    field = explorer.locator(".gradcam-search")
    field.press_sequentially("teapot")
    field.press("Enter")
    expect(caption(explorer)).to_contain_text("Asked about teapot")
    expect(field).to_have_value("")
