"""How the explorers look: light, dark, on a screen of double density; and their screenshots."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import gradcam_lab as lab
from tools.browser.explorer_page import (
    CNN,
    LEVELS,
    NETWORK,
    canvas,
    come_to_rest,
    pixels,
    screenshot,
)

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
BOTH = """from PIL import Image, ImageOps
pair = Image.new("RGB", (600, 300))
pair.paste(ImageOps.fit(photographs[0], (300, 300)), (0, 0))
pair.paste(ImageOps.fit(photographs[1], (300, 300)), (300, 0))
both = lab.GradCAMExplorer(network, [pair])
both.target = network.class_names.index("espresso")
both"""
COMPARISON = """comparison = lab.GradCAMComparison(cnn, digits.test_x, digits.test_y, (1, 7, 9))
comparison"""
METHODS = """methods = lab.MethodComparison(cnn, digits.test_x[2:])
methods"""
TARGETS = """classes = [network.class_names.index(name) for name in ("Egyptian cat", "espresso")]
targets = lab.TargetComparison(network, [pair], classes)
targets"""
ANATOMY = """anatomy = lab.AnatomyExplorer(cnn, digits.test_x)
anatomy.index, anatomy.channels = 3, 8
anatomy"""
DRAWING = """drawing = lab.DrawingExplorer(cnn, strokes=[[[0.3, 0.15], [0.65, 0.12], [0.45, 0.9]]])
drawing"""
OWN_PICTURE = """own_picture = lab.OwnPictureExplorer(network)
own_picture"""
CELLS = {
    "explorer": BOTH,
    "comparison": COMPARISON,
    "methods": METHODS,
    "targets": TARGETS,
    "anatomy": ANATOMY,
    "drawing": DRAWING,
    "own_picture": OWN_PICTURE,
}

# Luminance and contrast as WCAG 2 defines them; a background is that of the nearest opaque parent.
CONTRASTS = """(widget) => {
    const rgba = (colour) => {
        const context = new OffscreenCanvas(1, 1).getContext('2d');
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour) => {
        const [r, g, b] = rgba(colour).map((v) => v / 255)
            .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (rgba(colour)[3] === 255) return luminance(colour);
        }
        return 1;
    };
    const hasWords = (element) => element.matches('select, input')
        || [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    return [...widget.querySelectorAll('*')].filter((e) => hasWords(e) && e.checkVisibility())
        .filter((e) => !e.matches('option, style'))
        .map((e) => {
            const behind = background(e), text = luminance(getComputedStyle(e).color);
            const [dark, light] = [behind, text].sort((a, b) => a - b);
            const name = `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 40)}`;
            return { name, behind, contrast: (light + 0.05) / (dark + 0.05) };
        });
}"""


pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook([CNN, NETWORK, *CELLS.values()])


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(notebook, request):
    """One theme after the other, and not back and forth: Jupyter stumbles over quick changes."""
    notebook.set_theme(request.param)
    yield request.param
    notebook.set_theme("light")


@pytest.fixture(params=CELLS)
def widget(notebook, request):
    """One explorer after the other."""
    widget = notebook.page.locator(".gradcam-lab").nth(list(CELLS).index(request.param))
    come_to_rest(widget)
    return widget


def test_words_stand_out_against_what_is_behind_them(theme, widget):
    contrasts = widget.evaluate(CONTRASTS)
    assert len(contrasts) > 10
    assert [each for each in contrasts if each["contrast"] < 4.5] == []


@pytest.mark.parametrize("theme", ["dark"], indirect=True)
def test_nothing_is_a_white_card_in_the_dark_theme(theme, widget):
    assert [each for each in widget.evaluate(CONTRASTS) if each["behind"] > 0.2] == []


@pytest.mark.parametrize("theme", ["light"], indirect=True)
def test_picture_for_the_readme(theme, notebook, widget, request):
    """Make one for each explorer; the name of its file is the name of this test's parameter."""
    name = request.node.callspec.params["widget"]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    widget.screenshot(path=SCREENSHOTS / f"{name}.png")
    colours = np.unique(screenshot(canvas(widget)).reshape(-1, 3), axis=0)
    assert len(colours) > 100


def test_screen_of_double_density_shows_all_that_the_overlay_has(open_saved, cnn, digits):
    page = open_saved(lab.GradCAMExplorer(cnn, digits.test_x), width=1500, device_scale_factor=2)
    explorer = page.locator(".gradcam-explorer")
    expect(canvas(explorer)).to_be_visible()
    come_to_rest(explorer)
    shown, drawn = screenshot(canvas(explorer)).astype(int), pixels(explorer)[..., :3].astype(int)
    squares = np.arange(28) + 0.5  # the middle of each pixel of the digit
    of_shown, of_drawn = (
        image[np.ix_(*((squares * side / 28).astype(int) for side in image.shape[:2]))]
        for image in (shown, drawn)
    )
    assert min(shown.shape[:2]) > drawn.shape[0]  # so that nothing is lost
    assert np.abs(of_shown - of_drawn).max() <= 3 * LEVELS  # the middle may fall between two pixels
