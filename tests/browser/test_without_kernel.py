"""Alpha, colormap, threshold and divider need no kernel: they redraw when it has been shut down.

Of all other controls: see test_answers_in_the_browser.py.
"""

import pytest

import gradcam_lab as lab
from tools.browser.explorer_page import (
    CNN,
    EXPLORER,
    NETWORK,
    assert_overlay_becomes,
    come_to_rest,
    drawing,
    handle,
    on_paper,
    wait_for_change,
    words_before,
)

PARTS = ".jupyter-widgets-disconnected"
RESTART = """() => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    kernel.restart();
}"""
KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel ?? null"


@pytest.fixture(scope="module")
def provoked():
    """What ipywidgets notes in the console whenever it finds no kernel."""
    return "Could not send widget sync message"


@pytest.fixture(scope="module")
def explorer(open_notebook):
    notebook = open_notebook([CNN, EXPLORER])
    explorer = notebook.page.locator(".gradcam-explorer")
    come_to_rest(explorer)
    notebook.stop_kernel()
    assert notebook.page.evaluate(KERNEL) is None
    return explorer


@pytest.fixture(scope="module")
def restarted(open_notebook):
    notebook = open_notebook([CNN, EXPLORER, NETWORK, "lab.GradCAMExplorer(network, photographs)"])
    explorer = notebook.page.locator(".gradcam-explorer").first
    notebook.page.locator(".gradcam-answers").wait_for(state="attached")
    notebook.page.evaluate(RESTART)
    notebook.page.locator(f"{PARTS} {PARTS}").nth(15).wait_for()
    return explorer


def test_one_sentence_stands_in_place_of_the_broken_links_after_a_restart(restarted):
    """For the explorer that only its kernel could answer; the other one goes on by itself."""
    (words,) = words_before(restarted.page, PARTS)
    assert "run the notebook's cells from the top" in words


def test_slider_redraws_after_a_restart(restarted):
    before = drawing(restarted)
    handle(restarted, "alpha").press("PageUp")
    wait_for_change(restarted, before)


@pytest.mark.parametrize("key", ["ArrowRight", "ArrowLeft", "PageUp", "PageDown"])
@pytest.mark.parametrize("control", ["alpha", "threshold"])
def test_slider_redraws(explorer, control, key):
    before = drawing(explorer)
    handle(explorer, control).press(key)
    wait_for_change(explorer, before)


@pytest.mark.parametrize("colormap", ["viridis", "cividis", "jet"])
def test_colormap_redraws(explorer, colormap):
    before = drawing(explorer)
    explorer.get_by_label("colormap").select_option(colormap)
    wait_for_change(explorer, before)


def test_pixels_are_still_those_of_superimpose(explorer, digits, cnn):
    for control, steps in {"alpha": 11, "threshold": 4}.items():
        handle(explorer, control).press("Home")
        for _ in range(steps):
            handle(explorer, control).press("ArrowRight")
    explorer.get_by_label("colormap").select_option("cividis")
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[:1]).heatmaps["conv2d_1"][0]
    expected = on_paper(digits.test_x[0], heatmap, 0.55, "cividis", 0.2)
    assert_overlay_becomes(explorer, expected)


def test_swipe_lays_one_large_overlay_over_the_picture(explorer):
    panels = explorer.locator(".panel")
    assert panels.nth(0).bounding_box() != panels.nth(2).bounding_box()
    explorer.get_by_role("checkbox", name="swipe").press("Space")
    come_to_rest(explorer)
    assert panels.nth(0).bounding_box() == panels.nth(2).bounding_box()
