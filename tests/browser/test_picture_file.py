"""The button "Save picture": the browser makes a file of what is shown, and no kernel is needed."""

from functools import cache

import numpy as np
import pytest
from PIL import Image

import gradcam_lab as lab
from gradcam_lab import keras
from tools.browser.explorer_page import canvas, come_to_rest, pixels

EXPLORERS = {
    "explorer": lambda _, __: lab.GradCAMExplorer(small_network(), [lab.sample_image("cat")]),
    "comparison": lambda cnn, digits: lab.GradCAMComparison(
        cnn, digits.test_x, digits.test_y, (1, 7, 9)
    ),
    "anatomy": lambda cnn, digits: lab.AnatomyExplorer(cnn, digits.test_x),
    "drawing": lambda cnn, _: lab.DrawingExplorer(cnn, strokes=[[[0.5, 0.1], [0.5, 0.9]]]),
}
DENSITY, MARGIN = 2, 14  # pixels of the file for one of the page; and around everything
CLOSE = 4  # of 255, on average: each panel is drawn in other than its own pixels
INK = (60, 60, 60)
STEP = 24  # pixels from one that is compared to the next


def small_network():
    """Return a network for photographs that fits into a page, and has learned nothing."""
    layers = keras.layers
    convolutional = [keras.Input((32, 32, 3)), layers.Conv2D(4, 3), layers.ReLU()]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3)]
    model = keras.Sequential(convolutional + head)
    return lab.PretrainedNetwork(model, scale=lambda pixels: pixels / 255)


@pytest.fixture(scope="module")
def open_once(open_saved, cnn, digits):
    """Return a function that gives the page of an explorer, in the dark theme."""
    return cache(lambda name: open_saved(EXPLORERS[name](cnn, digits), color_scheme="dark"))


@pytest.fixture
def widget(open_once, request):
    widget = open_once(request.param).locator(".gradcam-lab")
    come_to_rest(widget)
    return widget


every_kind = pytest.mark.parametrize("widget", EXPLORERS, indirect=True)


def save(widget):
    """Press the button, and read the file: uint8 RGB (h, w, 3)."""
    with widget.page.expect_download() as download:
        widget.locator(".gradcam-save").click()
    assert download.value.suggested_filename == "gradcam.png"
    return np.asarray(Image.open(download.value.path()).convert("RGB"))


def difference(file, widget, panel, drawn):
    """Return how far the file is from a panel with these pixels, at the height that fits best."""
    shown = ".gradcam-heatmap-view canvas, .gradcam-pad canvas, .gradcam-equation img"
    pictures = widget.locator(shown).filter(visible=True).all()
    left = min(picture.bounding_box()["x"] for picture in pictures)
    box = panel.bounding_box()
    size = tuple(round(DENSITY * box[side]) for side in ("width", "height"))
    expected = np.asarray(Image.fromarray(drawn).resize(size))[4:-4:STEP, 4:-4:STEP].astype(int)
    x = DENSITY * (MARGIN + box["x"] - left)
    rows, columns = expected.shape[:2]

    def distance(top, begin):
        found = file[4 + top :: STEP, 4 + begin :: STEP][:rows, :columns]
        return np.abs(found - expected).mean()

    begins = range(round(x) - 1, round(x) + 24)  # a word may begin before the pictures
    return min(distance(top, begin) for begin in begins for top in range(len(file) - size[1]))


@every_kind
def test_every_overlay_is_in_the_file(widget):
    file = save(widget)
    for view in widget.locator(".gradcam-view").all():
        drawn = pixels(view)[..., :3]
        assert difference(file, widget, canvas(view), drawn) < CLOSE
        assert difference(file, widget, canvas(view), 255 - drawn) > 10 * CLOSE


@every_kind
def test_words_are_dark_on_white_in_the_dark_theme_too(widget):
    file = save(widget)
    edge = np.concatenate([file[:MARGIN].reshape(-1, 3), file[:, :MARGIN].reshape(-1, 3)])
    assert (edge == 255).all()
    assert (file == INK).all(axis=-1).sum() > 1000


@pytest.mark.parametrize("widget", ["explorer"], indirect=True)
def test_divider_is_where_it_was(widget):
    swipe = widget.get_by_role("checkbox", name="swipe")
    swipe.press("Space")
    widget.locator(".overlay .divider").fill("25")
    come_to_rest(widget)
    drawn = pixels(widget)[..., :3].copy()
    picture = Image.fromarray(pixels(widget, "picture")[..., :3]).resize(drawn.shape[1::-1])
    quarter = drawn.shape[1] // 4
    drawn[:, :quarter] = np.asarray(picture)[:, :quarter]
    assert difference(save(widget), widget, canvas(widget), drawn) < CLOSE
    swipe.press("Space")
