"""The day after: a notebook was saved, its server has ended, and another one opens it again."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.browser.explorer_page import (
    CNN,
    EXPLORER,
    drawing,
    handle,
    wait_for_change,
    words_before,
)
from tools.browser.local_server import jupyter_server
from tools.browser.notebook_page import HAS_RUN, IS_READY, RUN, NotebookPage

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
SHIPPED = f"--LabApp.app_settings_dir={Path(__file__).parents[2] / 'binder'}"
OTHERS = [
    "lab.GradCAMComparison(cnn, digits.test_x, digits.test_y, (1, 7, 9))",
    "lab.HeatmapView(digits.test_x[0], explorer.explanation.heatmaps['conv2d_1'][0])",
]
WINDOW = {"width": 1280, "height": 1000}
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
HAS_COME = "(image) => image.complete && image.naturalWidth > 500"


def run_and_save(browser, server):
    """Return the notebook's name, and the overlay that was there at the end."""
    name = server.write([CNN, EXPLORER, *OTHERS])
    with browser.new_context(viewport=WINDOW) as pages:
        notebook = NotebookPage(pages.new_page(), server, name)
        assert notebook.problems == []
        explorer = notebook.page.locator(".gradcam-explorer")
        first = drawing(explorer)
        notebook.execute("explorer.index = 3")
        wait_for_change(explorer, first)
        notebook.page.evaluate(SAVE)
        return name, drawing(explorer)


def reopened(browser, tmp_path_factory, options, drawn):
    home = tmp_path_factory.mktemp("home")
    with jupyter_server(home, "JupyterLab", options=options) as server:
        name, before = run_and_save(browser, server)
    with (
        jupyter_server(home, "JupyterLab", options=options) as server,
        browser.new_context(viewport=WINDOW) as pages,
    ):
        page = pages.new_page()
        page.goto(server.address(name))
        page.wait_for_function(IS_READY, arg=name)
        page.locator(drawn).nth(2).wait_for()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"reopened{drawn}.png")
        yield page, before


@pytest.fixture(scope="module")
def with_state(browser, tmp_path_factory):
    """The page that opens with the settings that this project ships, and what was drawn before."""
    yield from reopened(browser, tmp_path_factory, [SHIPPED], ".gradcam-view")


@pytest.fixture(scope="module")
def without_state(browser, tmp_path_factory):
    """The page that opens with JupyterLab's own settings."""
    yield from reopened(browser, tmp_path_factory, [], ".gradcam-still")


def stills(page):
    """Find the still pictures that can be seen."""
    return page.locator(".gradcam-still img").filter(visible=True)


def test_with_our_settings_every_explorer_is_what_it_was(with_state):
    page, before = with_state
    explorer = page.locator(".gradcam-explorer")
    assert drawing(explorer) == before
    expect(page.locator(".gradcam-heatmap-view")).to_have_count(5)
    expect(stills(page)).to_have_count(0)
    handle(explorer, "alpha").press("PageUp")
    wait_for_change(explorer, before)


def test_explorers_of_yesterday_answer_before_any_cell_has_run(with_state):
    page, _ = with_state
    expect(page.locator(".gradcam-answers")).to_have_count(2)
    assert words_before(page, ".jupyter-widgets-disconnected") == []
    explorer = page.locator(".gradcam-explorer")
    for control, key in (("index", "PageUp"), ("layer", "Home")):
        before = drawing(explorer)
        handle(explorer, control).press(key)
        wait_for_change(explorer, before)
    expect(explorer.locator(".gradcam-caption")).to_contain_text("at conv2d by")


@pytest.mark.thorough
def test_without_the_settings_every_explorer_is_a_still_picture(without_state):
    page, _ = without_state
    expect(stills(page)).to_have_count(3)
    for still in stills(page).all():
        page.wait_for_function(HAS_COME, arg=still.element_handle())
    assert "warmest at" in stills(page).first.get_attribute("alt")
    expect(page.get_by_text("model not found").filter(visible=True)).to_have_count(0)
    remedy = page.get_by_text("run the notebook's cells from the top")
    expect(remedy.filter(visible=True)).to_have_count(3)


@pytest.mark.thorough
def test_running_the_cells_brings_back_every_explorer_alive(without_state):
    page, _ = without_state
    page.evaluate(RUN)
    page.wait_for_function(HAS_RUN, timeout=180_000)
    expect(page.locator(".gradcam-heatmap-view")).to_have_count(5)
    expect(stills(page)).to_have_count(0)
    assert words_before(page, ".jupyter-widgets-disconnected") == []
    explorer = page.locator(".gradcam-explorer")
    before = drawing(explorer)
    handle(explorer, "index").press("PageUp")
    wait_for_change(explorer, before)
