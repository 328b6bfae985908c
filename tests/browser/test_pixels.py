"""The browser's overlay has the pixels of `superimpose`, computed here and without the view."""

import pytest
from explorer_page import CNN, EXPLORER, NETWORK, assert_overlay_becomes, superimposed

import gradcam_lab as lab

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


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook([CNN, NETWORK, EXPLORER, PHOTOGRAPHS])


def set_state(notebook, explorer, settings, **state):
    alpha, colormap, threshold = settings
    state |= {"alpha": alpha, "colormap": colormap, "threshold": threshold}
    for name, value in state.items():
        notebook.execute(f"{explorer}.{name} = {value!r}")


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(("index", "layer"), [(3, "conv2d_1"), (8, "conv2d")])
def test_overlay_of_a_digit(notebook, digits, cnn, index, layer, settings):
    set_state(notebook, "explorer", settings, index=index, layer=layer)
    image = digits.test_x[index]
    heatmap = lab.GradCAM(cnn).explain(image[None]).heatmaps[layer][0]
    widget = notebook.page.locator(".gradcam-explorer").first
    assert_overlay_becomes(widget, superimposed(image, heatmap, *settings))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(
    ("name", "layer", "side"),
    [("cat", "top_conv", 7), ("cat", "stem_conv", 112), ("coffee", "top_conv", 7)],
)
def test_overlay_of_a_photograph(notebook, network, name, layer, side, settings):
    index = ["cat", "coffee"].index(name)
    set_state(notebook, "photograph_explorer", settings, index=index, layer=layer)
    image = lab.sample_image(name)
    explanation = lab.GradCAM(network.model).explain(network.preprocess(image))
    heatmap = explanation.heatmaps[layer][0]
    assert heatmap.shape == (side, side)
    widget = notebook.page.locator(".photographs")
    assert_overlay_becomes(widget, superimposed(image, heatmap, *settings))
