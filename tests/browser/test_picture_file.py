"""The button "Save picture": the browser makes a file of what is shown, and no kernel is needed."""

import numpy as np
import pytest
from PIL import Image

from tools.browser.explorer_page import CNN, NETWORK, canvas, come_to_rest, pixels

CELLS = {
    "explorer": "lab.GradCAMExplorer(network, photographs)",
    "comparison": "lab.GradCAMComparison(cnn, digits.test_x, digits.test_y, (1, 7, 9))",
    "anatomy": "lab.AnatomyExplorer(cnn, digits.test_x)",
    "drawing": "lab.DrawingExplorer(cnn, strokes=[[[0.5, 0.1], [0.5, 0.9]]])",
}
DENSITY, MARGIN = 2, 14  # pixels of the file for one of the page; and around everything
CLOSE = 4  # of 255, on average: each panel is drawn in other than its own pixels
INK = (60, 60, 60)


@pytest.fixture(scope="module")
def provoked():
    """What ipywidgets says in the console when it finds no kernel to tell of a click or a value."""
    return "Cannot send", "Could not send widget sync message"


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook([CNN, NETWORK, *CELLS.values()], theme="dark")
    notebook.stop_kernel()
    return notebook


@pytest.fixture
def widget(notebook, request):
    widget = notebook.page.locator(".gradcam-lab").nth(list(CELLS).index(request.param))
    come_to_rest(widget)
    return widget


every_kind = pytest.mark.parametrize("widget", CELLS, indirect=True)


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
    expected = np.asarray(Image.fromarray(drawn).resize(size))[4:-4:12, 4:-4:12].astype(int)
    x = DENSITY * (MARGIN + box["x"] - left)
    return min(
        np.abs(
            file[4 + top :: 12, 4 + begin :: 12][: len(expected), : expected.shape[1]] - expected
        ).mean()
        for begin in range(round(x) - 1, round(x) + 24)  # a word may begin before the pictures
        for top in range(len(file) - size[1])
    )


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
