"""Exported pages have no kernel: what nbconvert makes of a notebook, and a page of widgets alone.

They are opened in Chromium, Firefox and WebKit, with and without the internet.
"""

import io
from urllib.request import urlopen

import nbformat
import numpy as np
import pytest
from exported_pages import SERVED, serve_pages
from ipywidgets.embed import dependency_state, embed_minimal_html
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from npm_files import UnreachableError, npm_file
from PIL import Image

import gradcam_lab as lab
from tools.browser.explorer_page import (
    CNN,
    EXPLORER,
    LEVELS,
    assert_overlay_becomes,
    drawing,
    handle,
    largest_difference,
    on_paper,
    wait_for_change,
)

INDEX = 3
OF_FONTS = "Failed to load resource"  # looked for in several places; a missing script would show
VIEW = "lab.HeatmapView(digits.test_x[0], explorer.explanation.heatmaps['conv2d'][0])"


@pytest.fixture(scope="module")
def pages(digits, cnn, tmp_path_factory):
    """Return the address of both pages, ``converted.html`` and ``minimal.html``."""
    try:
        for package, _ in SERVED.values():
            npm_file(package, "package.json")
    except UnreachableError as reason:
        pytest.skip(str(reason))
    file = tmp_path_factory.mktemp("exported") / "page.html"
    explorer = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
    explorer.index = INDEX
    embed_minimal_html(file, views=[explorer], state=dependency_state([explorer]))
    cells = [nbformat.v4.new_code_cell(cell) for cell in (CNN, EXPLORER, VIEW)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    NotebookClient(notebook, store_widget_state=True).execute()
    converted, _ = HTMLExporter().from_notebook_node(notebook)
    with serve_pages({"converted": converted, "minimal": file.read_text()}) as url:
        yield url


# In Chromium, with a person's keys


@pytest.fixture(scope="module")
def errors():
    """What the console has said in red."""
    return []


@pytest.fixture(scope="module")
def explorer(browser, pages, errors):
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{pages}/online/minimal.html")
        page.locator(".panel.overlay canvas").wait_for()
        yield page.locator(".gradcam-explorer")


@pytest.fixture(autouse=True)
def no_errors(errors):
    yield
    assert [error for error in errors if not error.startswith(OF_FONTS)] == []


@pytest.mark.parametrize("control", ["alpha", "threshold"])
def test_slider_redraws(explorer, control):
    before = drawing(explorer)
    handle(explorer, control).press("PageUp")
    wait_for_change(explorer, before)


def test_colormap_redraws(explorer):
    before = drawing(explorer)
    explorer.get_by_label("colormap").select_option("viridis")
    wait_for_change(explorer, before)


def test_pixels_are_those_of_superimpose(explorer, digits, cnn):
    explorer.get_by_label("colormap").select_option("cividis")
    handle(explorer, "threshold").press("Home")
    handle(explorer, "alpha").press("End")
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[INDEX]]).heatmaps["conv2d_1"][0]
    expected = on_paper(digits.test_x[INDEX], heatmap, 1.0, "cividis", 0.0)
    assert_overlay_becomes(explorer, expected)


# In the other browsers, by script

READY = """const overlay = () => document.querySelector('.panel.overlay canvas');
    while (!overlay()?.clientWidth) await new Promise((again) => setTimeout(again, 50));
    await new Promise((again) => setTimeout(again, 500));"""
VISIBLE = """return [...document.querySelectorAll('.gradcam-still img')].filter((image) =>
    image.naturalWidth > 500 && image.checkVisibility({ visibilityProperty: true })).length"""


@pytest.fixture
def open_page(other, pages):
    def open_page(name):
        other.open(f"{pages}/online/{name}.html")
        other.run(READY)
        return other

    return open_page


def picture(url):
    with urlopen(url) as content:
        return Image.open(io.BytesIO(content.read()))


@pytest.mark.parametrize("name", ["converted", "minimal"])
def test_every_picture_fills_its_frame(open_page, name):
    boxes = open_page(name).run("""return [...document.querySelectorAll('.frame')].map((frame) =>
        [frame, frame.querySelector('canvas')].map((part) => {
            const { x, y, width, height } = part.getBoundingClientRect();
            return [x, y, width, height];
        }))""")
    assert len(boxes) in (3, 6)
    frames, canvases = np.moveaxis(boxes, 1, 0)
    assert np.abs(frames - canvases).max() < 0.1
    assert (frames[:, 2:] > 150).all()


def test_overlay_has_the_pixels_of_superimpose(open_page, digits, cnn):
    url = open_page("minimal").run(
        "return document.querySelector('.panel.overlay canvas').toDataURL()"
    )
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[INDEX]]).heatmaps["conv2d_1"][0]
    expected = on_paper(digits.test_x[INDEX], heatmap)
    assert largest_difference(np.asarray(picture(url).convert("RGBA")), expected) <= LEVELS


def test_panels_stay_side_by_side_when_alpha_moves(open_page):
    page = open_page("minimal")
    places = (
        "return [...document.querySelectorAll('.panel')].map((p) => p.getBoundingClientRect().x)"
    )
    drawn = "return document.querySelector('.panel.overlay canvas').toDataURL()"
    before, first = page.run(places), page.run(drawn)
    assert len(set(before)) == 2  # the overlay, and the two small panels beside it
    for _ in range(2):
        page.run("""document.querySelector('.gradcam-alpha .noUi-handle')
            .dispatchEvent(new KeyboardEvent('keydown', { key: 'PageUp', bubbles: true }));
            await new Promise((later) => setTimeout(later, 200));""")
        assert page.run(places) == before
    assert page.run(drawn) != first


def test_no_words_have_the_serifs_of_a_page_without_a_style(open_page):
    page = open_page("minimal")
    page.run("document.documentElement.style.fontFamily = 'initial'")
    plain = page.run("return getComputedStyle(document.documentElement).fontFamily")
    fonts = page.run("""return [...document.querySelectorAll('.gradcam-lab *')]
        .filter((part) => part.innerText).map((part) => getComputedStyle(part).fontFamily)""")
    assert len(fonts) > 20
    assert plain not in fonts


def test_picture_can_be_saved(open_page):
    url = open_page("converted").run("""let saved = null;
        HTMLAnchorElement.prototype.click = function () { saved = this; };
        document.querySelector('.gradcam-save').click();
        return [saved.download, saved.href];""")
    assert url[0] == "gradcam.png"
    colours = picture(url[1]).convert("RGB").getcolors(1 << 20)
    assert len(colours) > 1000


def test_still_pictures_stand_in_for_the_widgets_without_internet_only(other, open_page, pages):
    assert open_page("converted").run(VISIBLE) == 0
    other.open(f"{pages}/offline/converted.html")
    other.run("await new Promise((later) => setTimeout(later, 2000))")
    assert other.run(VISIBLE) == 2
