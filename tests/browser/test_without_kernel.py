"""The kernel was shut down, or restarted: what the browser can compute it answers, and of the
rest alpha, colormap and threshold redraw."""

import pytest
from explorer_moves import MOVES, control
from playwright.sync_api import expect

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
def left_alone(open_notebook):
    """Explorers whose kernel has been shut down: one that answers, and one that cannot."""
    notebook = open_notebook(
        [*(CNN, EXPLORER, NETWORK), "large = lab.GradCAMExplorer(network, photographs)\nlarge"]
    )
    notebook.page.locator(".gradcam-answers").wait_for(state="attached")
    notebook.stop_kernel()
    assert notebook.page.evaluate(KERNEL) is None
    return notebook.page.locator(".gradcam-lab")


@pytest.fixture
def explorer(left_alone):
    explorer = left_alone.nth(0)
    come_to_rest(explorer)
    return explorer


@pytest.fixture
def large(left_alone):
    large = left_alone.nth(1)
    come_to_rest(large)
    return large


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


@pytest.mark.parametrize(("moved", "key"), MOVES["explorer"])
def test_browser_answers(explorer, moved, key):
    before = drawing(explorer)
    control(explorer, moved).press(key)
    wait_for_change(explorer, before)


def test_no_control_looks_alive_that_is_not(large):
    for name in ("index", "layer"):
        expect(large.locator(f".gradcam-{name} .noUi-target")).to_have_attribute("disabled", "true")
    expect(control(large, "target")).to_be_disabled()
    expect(control(large, "next")).to_be_disabled()


def test_keys_on_a_strip_move_no_slider_that_is_disabled(large):
    layer = large.locator(".gradcam-layer .widget-readout")
    before = layer.inner_text()
    large.locator(".gradcam-layer-strip .gradcam-strip").press("ArrowLeft")
    expect(layer).to_have_text(before)


@pytest.mark.parametrize("moved", ["alpha", "threshold"])
def test_slider_redraws(large, moved):
    for key in ("PageUp", "ArrowLeft"):
        before = drawing(large)
        handle(large, moved).press(key)
        wait_for_change(large, before)


def test_colormap_redraws(large):
    for colormap in ("viridis", "jet"):
        before = drawing(large)
        large.get_by_label("colormap").select_option(colormap)
        wait_for_change(large, before)


def test_pixels_are_still_those_of_superimpose(explorer, digits, cnn):
    handle(explorer, "index").press("Home")
    handle(explorer, "layer").press("End")
    handle(explorer, "layer").press("ArrowLeft")
    for moved, steps in {"alpha": 11, "threshold": 4}.items():
        handle(explorer, moved).press("Home")
        for _ in range(steps):
            handle(explorer, moved).press("ArrowRight")
    explorer.get_by_label("colormap").select_option("cividis")
    control(explorer, "target").press("ArrowUp")
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[:1]).heatmaps["conv2d_1"][0]
    expected = on_paper(digits.test_x[0], heatmap, 0.55, "cividis", 0.2)
    assert_overlay_becomes(explorer, expected)
