"""The explorers of lesson 4: what the hand erases, and what a page without a kernel plays back."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import gradcam_lab as lab
from tools.browser.explorer_page import CNN, drawing, handle, wait_for_change

DELETION = "lab.DeletionExplorer(cnn, digits.test_x[:4], digits.test_y[:4])"


def words(widget):
    return widget.locator(".gradcam-curves [role=status]")


def cells(widget):
    return widget.locator(".gradcam-erased figcaption")


# With a kernel


@pytest.fixture(scope="module")
def explorer(open_notebook):
    return open_notebook([CNN, DELETION]).page.locator(".gradcam-deletion")


def test_stroke_of_the_mouse_erases_cells_and_the_kernel_answers(explorer):
    canvas = explorer.locator(".gradcam-erased canvas")
    box = canvas.bounding_box()
    side, mouse = box["width"] / 14, canvas.page.mouse
    mouse.move(box["x"] + 3.5 * side, box["y"] + 6.5 * side)
    mouse.down()
    mouse.move(box["x"] + 6.5 * side, box["y"] + 6.5 * side, steps=10)
    mouse.up()
    expect(cells(explorer)).to_have_text("4 of 196 cells erased")
    expect(words(explorer)).to_contain_text("2.0 % of the cells erased: the network says ")
    expect(explorer.locator(".gradcam-order select")).to_have_value("by hand")
    expect(explorer.locator(".gradcam-curves li").last).to_have_text("by hand")


def test_keys_erase_a_cell_and_bring_it_back(explorer):
    canvas, said = explorer.locator(".gradcam-erased canvas"), explorer.locator(".said")
    before = int(re.match(r"\d+", cells(explorer).inner_text())[0])
    canvas.press("ArrowDown")
    canvas.press("ArrowDown")
    canvas.press(" ")
    expect(cells(explorer)).to_have_text(f"{before + 1} of 196 cells erased")
    expect(said).to_contain_text("erased")
    canvas.press(" ")
    expect(cells(explorer)).to_have_text(f"{before} of 196 cells erased")
    expect(said).to_contain_text("there")


# Without one


@pytest.fixture(scope="module")
def open_saved(browser, tmp_path_factory):
    """Return a function that saves an explorer as a page, and opens it."""
    pages = []

    def open_saved(explorer):
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        pages.append(page)
        page.goto(explorer.save(tmp_path_factory.mktemp("saved") / "page.html").as_uri())
        widget = page.locator(".gradcam-lab")
        widget.locator(".gradcam-curves .dot").first.wait_for(state="attached")
        return widget

    yield open_saved
    for page in pages:
        page.close()


def test_page_goes_through_all_orders_and_fractions_and_asks_for_a_kernel(open_saved, cnn, digits):
    explorer = lab.DeletionExplorer(cnn, digits.test_x[:4], digits.test_y[:4])
    widget = open_saved(explorer)
    handle(widget, "fraction").press("End")
    expect(cells(widget)).to_have_text("196 of 196 cells erased")
    widget.locator(".gradcam-order select").select_option("coldest first")
    handle(widget, "fraction").press("ArrowLeft")
    expect(words(widget)).to_have_text(explorer._plot.curves[1]["words"][19])
    said = "(widget) => getComputedStyle(widget, '::before').content"
    assert "run the notebook's cells" in widget.evaluate(said)
    before = cells(widget).inner_text()
    widget.locator(".gradcam-erased canvas").click()
    expect(cells(widget)).to_have_text(before)  # nobody could answer
    expect(widget.locator(".gradcam-method select")).to_be_disabled()


def test_page_plays_back_the_maps_of_random_layers(open_saved, cnn, digits):
    explorer = lab.RandomizationExplorer(cnn, digits.test_x[:50], digits.test_y[:50])
    widget = open_saved(explorer)
    now = widget.locator(".gradcam-view").last
    before = drawing(now)
    handle(widget, "randomized").press("End")
    wait_for_change(now, before)
    expect(now.locator(".heading")).to_have_text("4 of 4 random")
    expect(words(widget)).to_have_text(explorer._plot.curves[0]["words"][4])
    expect(widget.locator(".gradcam-seed input")).to_be_disabled()
    before = drawing(now)
    widget.locator(".gradcam-randomized-strip button").nth(1).click()
    wait_for_change(now, before)
    expect(now.locator(".heading")).to_have_text("1 of 4 random")


def test_picture_file_has_the_curve_and_what_is_erased(open_saved, cnn, digits):
    explorer = lab.DeletionExplorer(cnn, digits.test_x[:4])
    explorer.fraction = 0.5
    widget = open_saved(explorer)
    with widget.page.expect_download() as download:
        widget.locator(".gradcam-save").click()
    file = np.asarray(Image.open(download.value.path()).convert("RGB"))
    line = widget.locator(".gradcam-curves > svg .line.chosen")
    colour = [
        int(n) for n in re.findall(r"\d+", line.evaluate("(l) => getComputedStyle(l).stroke"))
    ]
    assert (file == colour).all(axis=-1).sum() > 1000
    box = widget.locator(".gradcam-erased canvas").bounding_box()
    is_grey = (np.abs(file - 127.5) < 1).all(axis=-1)  # inverted, it is one level less
    grey = is_grey.sum() / (4 * box["width"] * box["height"])
    assert 0.4 < grey < 0.6
