"""An explorer on a page: find its parts, read its pixels, compare them with what they should be."""

import base64
import io
import re
import time

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

import gradcam_lab as lab
from gradcam_lab._pictures import to_picture
from tools.browser.notebook_page import TO_REDRAW

CNN = """import gradcam_lab as lab
digits, cnn = lab.load_mnist(), lab.trained_cnn()"""
EXPLORER = """explorer = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
explorer"""
NETWORK = """network = lab.load_pretrained("efficientnet_lite0")
photographs = [lab.sample_image("cat"), lab.sample_image("coffee")]"""
TRAINING = """another = lab.build_cnn()
another.compile("adam", "sparse_categorical_crossentropy")
another.fit(digits.train_x, digits.train_y, verbose=0)
print("and so on")
another.fit(digits.train_x, digits.train_y, epochs=1_000_000, verbose=0)"""

SQUARES = 10  # pixels of the overlay for a digit's pixel, on a screen of density 1
LARGEST = (720, 560)  # the overlay of a photograph
# Of 255: how far the browser's pixels may be from Python's. Heatmaps that differ in the sixth
# digit, as the engine's do, may have neighbouring colours.
LEVELS = 4

ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
ICONS = "[\ue000-\uf8ff]"  # letters of a font of pictures
DATA_URL = "(canvas) => canvas.toDataURL()"
CHANGED = "([canvas, before]) => canvas.toDataURL() !== before"
WORDS_BEFORE = """(parts) => parts.map((part) => getComputedStyle(part, '::before'))
    .filter(({ display, content }) => display !== 'none' && content !== 'none')
    .map(({ content }) => content)"""
# A change of the window reaches a notebook by and by, from the outside in, cell for cell.
AT_REST = """async (widget) => {
    let before = null;
    for (let frames = 0, still = 0; still < 20 && frames < 600; frames++, still++) {
        await new Promise(requestAnimationFrame);
        const now = JSON.stringify(widget.getBoundingClientRect());
        if (now !== before) still = 0;
        before = now;
    }
}"""


def canvas(widget: Locator, panel: str = "overlay") -> Locator:
    """Find the canvas of a panel: picture, heatmap or overlay."""
    return widget.locator(f".panel.{panel} canvas").first


def drawing(widget: Locator, panel: str = "overlay") -> str:
    """Return a panel's pixels, as a string to compare others with."""
    return canvas(widget, panel).evaluate(DATA_URL)


def wait_for_change(widget: Locator, before: str, panel: str = "overlay") -> None:
    """Wait until a panel's pixels are other than before."""
    handle = canvas(widget, panel).element_handle()
    widget.page.wait_for_function(CHANGED, arg=[handle, before], polling=30)


def pixels(widget: Locator, panel: str = "overlay") -> np.ndarray:
    """Return a panel's pixels: uint8 RGBA (h, w, 4)."""
    png = base64.b64decode(drawing(widget, panel).split(",")[1])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def on_paper(
    digit: np.ndarray,
    heatmap: np.ndarray,
    alpha: float = 0.6,
    colormap: str = "OrRd",
    threshold: float = 0.0,
) -> np.ndarray:
    """Return what the overlay of a digit should be, where nobody has changed its look."""
    return superimposed(1 - digit, heatmap, alpha, colormap, threshold)


def superimposed(
    image: Image.Image | np.ndarray, heatmap: np.ndarray, *settings: object
) -> np.ndarray:
    """Return what the overlay should be, made without the view: uint8 RGB (h, w, 3)."""
    picture = to_picture(image)
    if picture.width == 28:
        picture = picture.resize((28 * SQUARES, 28 * SQUARES), Image.Resampling.NEAREST)
    picture.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    return lab.superimpose(picture, heatmap, *settings)


def assert_overlay_becomes(widget: Locator, expected: np.ndarray) -> None:
    """Wait until the overlay has the expected pixels; fail with the largest difference."""
    deadline = time.monotonic() + TO_REDRAW
    while (difference := largest_difference(pixels(widget), expected)) > LEVELS:
        assert time.monotonic() < deadline, f"the overlay is off by {difference} of 255"


def largest_difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """Compare RGBA with RGB: infinite where the sizes differ or a pixel is transparent."""
    if actual.shape[:2] != expected.shape[:2] or (actual[..., 3] < 255).any():
        return np.inf
    return np.abs(actual[..., :3].astype(int) - expected).max()


def handle(widget: Locator, control: str) -> Locator:
    """Find the handle of a slider."""
    return widget.locator(f".gradcam-{control} .noUi-handle")


def control(widget: Locator, name: str) -> Locator:
    """Find what takes the keys: a slider's handle, a list, or the chosen one of several buttons."""
    others = f".gradcam-{name} select, .gradcam-{name} [role=radio][tabindex='0']"
    return handle(widget, name).or_(widget.locator(others))


def choose_class(widget: Locator, name: str) -> None:
    """Choose a class by its bar, or where it has none, by the field that finds it."""
    bar = widget.locator(".gradcam-target [role=radio]").get_by_text(name, exact=True)
    if bar.count():
        bar.click()
    else:
        widget.locator(".gradcam-search").fill(name)
        widget.locator(".gradcam-search").press("Enter")


def role_and_name(element: Locator) -> tuple[str, str]:
    """Ask Chromium what it tells a screen reader about an element."""
    element.evaluate("(element) => { window.asked = element; }")
    devtools = element.page.context.new_cdp_session(element.page)
    found = devtools.send("Runtime.evaluate", {"expression": "window.asked"})["result"]["objectId"]
    query = {"objectId": found, "fetchRelatives": False}
    (node,) = devtools.send("Accessibility.getPartialAXTree", query)["nodes"]
    devtools.detach()
    return node["role"]["value"], re.sub(ICONS, "", node["name"]["value"]).strip()


def come_to_rest(widget: Locator) -> None:
    """Scroll to a widget, and wait until nothing moves it any more."""
    widget.scroll_into_view_if_needed()
    widget.evaluate(AT_REST)


def screenshot(element: Locator) -> np.ndarray:
    """Return what the screen shows of an element: uint8 RGB (h, w, 3)."""
    return np.asarray(Image.open(io.BytesIO(element.screenshot())).convert("RGB"))


def words_before(page: Page, parts: str) -> list[str]:
    """Read what the stylesheets write before the parts that match a selector."""
    return page.locator(parts).evaluate_all(WORDS_BEFORE)
