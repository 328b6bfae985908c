"""The browser's overlay has the pixels of `superimpose`, computed here and without the view."""

import numpy as np
import pytest
from PIL import Image

import gradcam_lab as lab
from gradcam_lab._pictures import to_picture
from gradcam_lab.widgets.difference import draw_difference
from gradcam_lab.widgets.heatmap_view import unpack
from tools.browser.explorer_page import (
    CNN,
    EXPLORER,
    NETWORK,
    SQUARES,
    assert_overlay_becomes,
    superimposed,
)

SETTINGS = [
    (0.0, "jet", 0.0),
    (0.4, "jet", 0.0),
    (1.0, "jet", 0.0),
    (0.4, "cividis", 0.0),
    (1.0, "cividis", 0.3),
    (0.4, "jet", 0.3),
]
PHOTOGRAPHS = """photograph_explorer = lab.GradCAMExplorer(network, photographs)
photograph_explorer.add_class("photographs")
photograph_explorer"""
DIFFERENCE = """view = lab.HeatmapView(digits.test_x[3], panels=("overlay",), is_difference=True)
view.add_class("difference")
view"""


pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook([CNN, NETWORK, EXPLORER, PHOTOGRAPHS, DIFFERENCE])


def heatmap_of(notebook, explorer, settings, **state):
    """Set the explorer's state, and fetch the heatmap from its kernel: the numbers, not the view.

    Computed anew they may differ in the last bit, which can be the next entry of a colour table.
    Large heatmaps travel in 16 bits: that much is asked of the view, without its browser half.
    """
    alpha, colormap, threshold = settings
    state |= {"alpha": alpha, "colormap": colormap, "threshold": threshold}
    for name, value in state.items():
        notebook.execute(f"{explorer}.{name} = {value!r}")
    layer = state["layer"]
    notebook.execute(
        f"import numpy; numpy.save('map.npy', {explorer}.explanation.heatmaps[{layer!r}][0])"
    )
    view = lab.HeatmapView(heatmap=np.load(notebook.server.folder / "map.npy"))
    return unpack(view.heatmap, view.shape)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(("index", "layer", "paper"), [(3, "conv2d_1", False), (8, "conv2d", True)])
def test_overlay_of_a_digit(notebook, digits, index, layer, paper, settings):
    state = {"index": index, "layer": layer, "paper": paper}
    heatmap = heatmap_of(notebook, "explorer", settings, **state)
    widget = notebook.page.locator(".gradcam-explorer").first
    picture = 1 - digits.test_x[index] if paper else digits.test_x[index]
    assert_overlay_becomes(widget, superimposed(picture, heatmap, *settings))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(
    ("name", "layer", "side"),
    [("cat", "top_conv", 7), ("cat", "stem_conv", 112), ("coffee", "top_conv", 7)],
)
def test_overlay_of_a_photograph(notebook, name, layer, side, settings):
    index = ["cat", "coffee"].index(name)
    heatmap = heatmap_of(notebook, "photograph_explorer", settings, index=index, layer=layer)
    assert heatmap.shape == (side, side)
    widget = notebook.page.locator(".photographs")
    assert_overlay_becomes(widget, superimposed(lab.sample_image(name), heatmap, *settings))


@pytest.mark.parametrize("alpha", [0, 0.4, 1])
def test_difference_of_two_heatmaps(notebook, digits, alpha):
    difference = np.random.default_rng(4).random((14, 14), np.float32)
    notebook.execute(f"import numpy; numbers = numpy.array({difference.tolist()}, 'float32')")
    notebook.execute(f"view.alpha = {alpha}; view.show(view.picture, numbers)")
    picture = to_picture(digits.test_x[3]).resize(2 * (28 * SQUARES,), Image.Resampling.NEAREST)
    expected = np.asarray(draw_difference(picture, difference, alpha))
    assert_overlay_becomes(notebook.page.locator(".difference"), expected)
