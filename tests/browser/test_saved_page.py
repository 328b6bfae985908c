"""A saved page opens from a file, without a kernel and without any network.

In Chromium, Firefox and WebKit: the explorer is drawn, and what needs no kernel moves its pixels.
"""

import base64
import html
import io
import re
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest
from explorer_moves import MOVES, control, state_of
from PIL import Image, ImageOps
from playwright.sync_api import expect
from traitlets import Bytes, Instance

import gradcam_lab as lab
from gradcam_lab._tensorflow import keras
from gradcam_lab.data import ASSETS
from gradcam_lab.widgets.browser.page import write_page
from gradcam_lab.widgets.controls import COLORMAPS
from gradcam_lab.widgets.heatmap_view import unpack
from gradcam_lab.widgets.whole_widget import WholeWidget
from tools.browser.explorer_page import (
    LEVELS,
    choose_class,
    come_to_rest,
    drawing,
    handle,
    largest_difference,
    wait_for_change,
)
from tools.browser.notebook_page import KNOWN

EXPLORERS = {
    "explorer": lambda cnn, digits, _: lab.GradCAMExplorer(
        cnn, digits.test_x, labels=digits.test_y
    ),
    "comparison": lambda cnn, digits, _: lab.GradCAMComparison(
        cnn, digits.test_x, digits.test_y, (1, 7, 9)
    ),
    "methods": lambda cnn, digits, _: lab.MethodComparison(cnn, digits.test_x),
    "targets": lambda cnn, digits, _: lab.TargetComparison(cnn, digits.test_x, [1, 6]),
    "anatomy": lambda cnn, digits, _: lab.AnatomyExplorer(cnn, digits.test_x),
    "drawing": lambda cnn, _, __: lab.DrawingExplorer(cnn, strokes=[[[0.5, 0.1], [0.5, 0.9]]]),
    "own_picture": lambda _, __, network: lab.OwnPictureExplorer(network),
}
LARGEST = 1_500_000  # bytes of a digit's page
DRAWN = """const overlays = [...document.querySelectorAll('.panel.overlay canvas')];
    return overlays.length > 0 && overlays.every((canvas) => canvas.ariaLabel)"""
OVERLAYS = """return [...document.querySelectorAll('.panel.overlay canvas')]
    .map((canvas) => canvas.toDataURL())"""
DESCRIPTIONS = "(canvases) => canvases.map((canvas) => canvas.ariaLabel)"
PRESS = """document.querySelector('.gradcam-alpha .noUi-handle')
    .dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }))"""
CHOOSE = """const list = document.querySelector('.gradcam-colormap select');
    list.value = 'viridis';
    list.dispatchEvent(new Event('change', { bubbles: true }))"""
REFUSED = """const refused = [];
    document.addEventListener('securitypolicyviolation', (e) => refused.push(e.effectiveDirective));
    const elsewhere = 'http://127.0.0.1:9/elsewhere';
    const attempts = [
        () => fetch(elsewhere), () => import(elsewhere), () => new WebSocket('ws://127.0.0.1:9/'),
        () => navigator.sendBeacon(elsewhere), () => { new Image().src = elsewhere; },
        () => document.head.append(Object.assign(document.createElement('link'),
            { rel: 'stylesheet', href: elsewhere })),
    ];
    for (const attempt of attempts) try { await attempt(); } catch {}
    await new Promise((later) => setTimeout(later, 500));
    return refused.sort()"""
WORKER = """const script = new Blob(['postMessage(6 * 7)'], { type: 'text/javascript' });
    const worker = new Worker(URL.createObjectURL(script));
    return await new Promise((answer, fail) => {
        worker.onmessage = (message) => answer(message.data);
        worker.onerror = (error) => fail(new Error(error.message));
    })"""


class Half(WholeWidget):
    """A widget without a view, which works on others from the moment when the page opens."""

    _esm = """
    async function initialize({ model }) {
      const bytes = model.get("bytes");
      const sum = new Uint8Array(bytes.buffer, bytes.byteOffset).reduce((a, b) => a + b);
      const floats = new Float32Array(model.get("floats").buffer);
      const id = model.get("view").slice("IPY_MODEL_".length);
      const view = await model.widget_manager.get_model(id);
      view.on("change:alpha", () => view.set("title", `${view.get("alpha")}`));
      view.set("title", `${sum} ${floats[1]}`);
      view.save_changes();
    }
    export default { initialize };
    """
    bytes = Bytes(b"\x01\x02\x03").tag(sync=True)
    floats = Bytes(np.float32([0.5, 0.25]).tobytes()).tag(sync=True)
    view = Instance(lab.HeatmapView).tag(sync=True, to_json=lambda w, _: f"IPY_MODEL_{w.model_id}")


@pytest.fixture(scope="module")
def saved(cnn, digits, network, tmp_path_factory):
    """Return a function that gives an explorer and the page that it was saved as."""
    folder, made = tmp_path_factory.mktemp("saved"), {}

    def saved(name):
        if name not in made:
            explorer = EXPLORERS[name](cnn, digits, network)
            made[name] = explorer, explorer.save(folder / f"{name}.html")
        return made[name]

    return saved


def expected_overlays(explorer, canvases, **changes):
    """Return what Python draws out of what the views of an explorer have."""
    overlays = []
    for view, canvas in zip(explorer.views, canvases, strict=True):
        picture = Image.open(io.BytesIO(view.picture))
        picture = ImageOps.invert(picture.convert("RGB")) if view.paper else picture
        picture = picture.resize((canvas.shape[1], canvas.shape[0]), Image.Resampling.NEAREST)
        state = {"alpha": view.alpha, "threshold": view.threshold} | changes
        colormap = changes.get("colormap", COLORMAPS[view.colormap_index])
        heatmap = unpack(view.heatmap, view.shape)
        overlays.append(
            lab.superimpose(picture, heatmap, state["alpha"], colormap, state["threshold"])
        )
    return overlays


def as_pixels(urls):
    pngs = [base64.b64decode(url.split(",")[1]) for url in urls]
    return [np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")) for png in pngs]


def assert_pixels(explorer, urls, **changes):
    canvases = as_pixels(urls)
    expected = expected_overlays(explorer, canvases, **changes)
    differences = map(largest_difference, canvases, expected)
    assert max(differences) <= LEVELS


# In Chromium


@pytest.fixture
def open_page(browser):
    """Return a function that opens a file; no request leaves the machine, and none is made."""
    contexts, said, asked = [], [], []

    def note(request):
        if not re.match("(file|blob|data):", request.url):
            asked.append(request.url)

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    def open_page(path, script="", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, **options)
        contexts.append(context)
        context.route(re.compile("^(?!file:|blob:|data:)"), refuse)
        context.set_offline(True)
        context.on("request", note)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: str(error) in KNOWN or said.append(str(error)))
        page.add_init_script(script)
        page.goto(path.as_uri())
        return page

    open_page.said, open_page.asked = said, asked
    yield open_page
    for context in contexts:
        context.close()
    assert asked == []
    assert said == []


@pytest.fixture(params=EXPLORERS)
def shown(request, saved, open_page):
    explorer, path = saved(request.param)
    page = open_page(path)
    page.wait_for_function(f"() => {{ {DRAWN} }}")
    return explorer, page.locator(".gradcam-lab")


def overlays(widget):
    return widget.evaluate(f"() => {{ {OVERLAYS} }}")


def test_every_overlay_has_the_pixels_of_superimpose_also_when_it_is_redrawn(shown):
    explorer, widget = shown
    assert_pixels(explorer, overlays(widget))
    for move in (
        lambda: handle(widget, "alpha").press("PageUp"),
        lambda: widget.get_by_label("colormap").select_option("cividis"),
        lambda: handle(widget, "threshold").press("PageUp"),
    ):
        before = drawing(widget)
        move()
        wait_for_change(widget, before)
    alpha, threshold = (
        float(widget.locator(f".gradcam-{name} .widget-readout").inner_text())
        for name in ("alpha", "threshold")
    )
    changes = {"alpha": alpha, "colormap": "cividis", "threshold": threshold}
    assert_pixels(explorer, overlays(widget), **changes)


@pytest.fixture
def follow(cnn, digits, network):
    """Return a function that gives an explorer of one's own, to follow a page with."""
    return lambda name: EXPLORERS[name](cnn, digits, network)


@pytest.fixture(params=sorted(MOVES))
def asked(request, saved, open_page, follow):
    """An explorer, and a page where each control has been moved and was answered."""
    explorer, (_, path) = follow(request.param), saved(request.param)
    widget = open_page(path).locator(".gradcam-lab:has(.gradcam-answers)")
    widget.wait_for()
    for name, key in MOVES[request.param]:
        before = drawing(widget)
        control(widget, name).press(key)
        wait_for_change(widget, before)
    return explorer, widget


def test_every_control_is_answered_with_pythons_heatmaps(asked):
    explorer, widget = asked
    for name, value in state_of(widget).items():
        setattr(explorer, name, value)
    if hasattr(explorer, "show_others"):
        explorer.show_others()
    assert_pixels(explorer, overlays(widget))
    captions = widget.locator(".gradcam-caption .widget-html-content")
    assert captions.inner_text() == html.unescape(explorer.caption.value)
    described = widget.locator(".panel.overlay canvas").evaluate_all(DESCRIPTIONS)
    for view, words in zip(explorer.views, described, strict=True):
        assert words.endswith(f": {view.description}")
    assert widget.locator(".heading").all_inner_texts() == [view.title for view in explorer.views]


# Nothing can be drawn between two promises that are kept already
HAS_ANSWERED = """async () => {
    const overlay = document.querySelector('.panel.overlay canvas');
    const before = overlay.toDataURL();
    document.querySelector('.gradcam-index .noUi-handle')
        .dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    for (let i = 0; i < 200; i++) await null;
    return overlay.toDataURL() !== before;
}"""


def test_small_network_answers_before_the_next_frame(saved, open_page):
    _, path = saved("explorer")
    page = open_page(path)
    page.locator(".gradcam-answers").wait_for(state="attached")
    come_to_rest(page.locator(".gradcam-lab"))
    assert page.evaluate(HAS_ANSWERED)


def test_small_network_explains_a_picture_of_ones_own(tmp_path, open_page):
    layers = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input((32, 32, 3)), *layers, keras.layers.Dense(3)])
    small = lab.PretrainedNetwork(model, scale=lambda pixels: pixels / 127.5 - 1)
    page = open_page(lab.OwnPictureExplorer(small).save(tmp_path / "page.html"))
    widget = page.locator(".gradcam-lab:has(.gradcam-answers)")
    widget.wait_for()
    before = drawing(widget)
    widget.locator("input[type=file]").set_input_files(ASSETS / "coffee.jpg")
    wait_for_change(widget, before)
    expect(widget.locator(".gradcam-drop-file")).to_have_text("coffee.jpg")


# A large network, in the page or beside it


@pytest.fixture
def photograph(saved, open_page, follow):
    explorer, (_, path) = follow("own_picture"), saved("own_picture")
    widget = open_page(path).locator(".gradcam-lab:has(.gradcam-answers)")
    widget.wait_for()
    return explorer, widget


def caption(widget):
    return widget.locator(".gradcam-caption .widget-html-content")


def test_large_network_in_the_page_explains_any_class(photograph):
    explorer, widget = photograph
    explorer.target = explorer.class_names.index("tabby")
    choose_class(widget, "tabby")
    expect(caption(widget)).to_contain_text("Asked about tabby")
    where = caption(widget).inner_text().split(": ")[-1]
    assert where == explorer.caption.value.split(": ")[-1]
    (shown,) = as_pixels(overlays(widget))
    (expected,) = expected_overlays(explorer, [shown])
    assert np.abs(shown[..., :3].astype(int) - expected).mean() < 2  # ReLU6 amplifies last digits


def test_picture_of_ones_own_is_explained_in_the_page(photograph):
    _, widget = photograph
    content = io.BytesIO()
    lab.sample_image("coffee").save(content, "png")
    file = {"name": "coffee.png", "mimeType": "image/png", "buffer": content.getvalue()}
    before = drawing(widget)
    widget.locator("input[type=file]").set_input_files(file)
    wait_for_change(widget, before)
    expect(caption(widget)).to_contain_text("says espresso")
    expect(widget.locator(".gradcam-drop-file")).to_have_text("coffee.png")
    file["buffer"] = b"no picture"
    widget.locator("input[type=file]").set_input_files(file)
    expect(widget.locator(".gradcam-drop-message")).not_to_be_empty()
    expect(caption(widget)).to_contain_text("says espresso")


@pytest.fixture(scope="module")
def recorded(network, tmp_path_factory):
    """A page without the network: of one picture, and what it was asked beforehand."""
    explorer = lab.GradCAMExplorer(network, [lab.sample_image("cat")])
    return explorer, explorer.save(tmp_path_factory.mktemp("saved") / "page.html", network=False)


def test_page_without_the_network_knows_the_likeliest_classes_and_says_so(recorded, open_page):
    explorer, path = recorded
    widget = open_page(path).locator(".gradcam-lab:has(.gradcam-answers)")
    widget.wait_for()
    likeliest = int(np.argsort(-explorer.explanation.probabilities[0])[3])
    explorer.target, explorer.layer = likeliest, explorer.layers[20]
    for choose in (
        lambda: choose_class(widget, explorer.class_names[likeliest]),
        lambda: (
            [handle(widget, "layer").press("Home")]
            + [handle(widget, "layer").press("ArrowRight") for _ in range(20)]
        ),
    ):
        before = drawing(widget)
        choose()
        wait_for_change(widget, before)
    expect(caption(widget)).to_have_text(html.unescape(explorer.caption.value))
    assert_pixels(explorer, overlays(widget))
    choose_class(widget, "teapot")
    expect(widget.get_by_role("alert")).to_contain_text("five likeliest classes")


def test_every_control_can_be_moved_without_an_error(shown):
    _, widget = shown
    for button in widget.locator("button:visible, input[type=checkbox]:visible").all():
        if "Save picture" not in button.inner_text():
            button.click()
    for slider in widget.locator(".noUi-handle:visible").all():
        slider.press("PageUp")
    for choice in widget.locator("select:visible").all():
        choice.select_option(index=1)
    assert widget.locator(".jupyter-widgets-error-widget").count() == 0


def test_page_is_small(saved):
    _, path = saved("explorer")
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_page(saved, open_page, scheme):
    page = open_page(saved("explorer")[1], color_scheme=scheme)
    page.locator(".panel.overlay canvas").wait_for()
    parts = page.locator("h1, figcaption, .widget-label, .widget-readout, select, button")
    styles = parts.evaluate_all(
        "(parts) => parts.map((p) => getComputedStyle(p)).map((s) => [s.color, s.fontFamily])"
    )
    ink = [float(re.findall(r"[\d.]+", colour)[0]) for colour, _ in styles]
    assert (min(ink) > 200) if scheme == "dark" else (max(ink) < 70)
    assert all("sans-serif" in fonts for _, fonts in styles)
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 17, 17)"}[scheme]


def test_title_of_the_page(saved, open_page):
    page = open_page(saved("explorer")[1])
    assert page.title() == page.locator("h1").inner_text() == "Grad-CAM: cnn"


def test_widget_without_a_view_works_in_the_page(tmp_path, open_page):
    view = lab.HeatmapView(np.eye(4), np.eye(2))
    both = widgets.VBox([view, Half(view=view)])
    page = open_page(write_page(both, tmp_path / "page.html", "Two"))
    page.locator(".heading", has_text="6 0.25").wait_for()


@pytest.mark.parametrize(
    "script",
    ["delete window.DecompressionStream", "delete AbortSignal.any", "window.atob = () => 'x'"],
)
def test_page_that_cannot_be_opened_says_so(saved, open_page, script):
    page = open_page(saved("explorer")[1], script)
    words = page.get_by_role("alert")
    words.wait_for()
    assert words.inner_text().startswith("This page cannot be opened in this browser: ")


def test_page_without_javascript_says_so(saved, open_page):
    page = open_page(saved("explorer")[1], java_script_enabled=False)
    assert page.locator("noscript").is_visible()
    assert not page.locator("main").is_visible()


def test_page_may_not_ask_a_network(saved, open_page):
    page = open_page(saved("explorer")[1])
    refused = page.evaluate(f"async () => {{ {REFUSED} }}")
    assert refused == ["connect-src"] * 3 + ["img-src", "script-src-elem", "style-src-elem"]
    assert len(open_page.said) >= len(refused)  # Chromium's own words about it
    open_page.said.clear()
    open_page.asked.clear()  # they got no further than that


# In the other browsers, by script


def open_in(browser, path: Path):
    browser.open(path.as_uri())
    browser.run(f"""const drawn = () => {{ {DRAWN} }};
        while (!drawn()) await new Promise((again) => setTimeout(again, 50));""")


@pytest.mark.parametrize("name", ["explorer", "methods", "drawing"])
def test_other_browser_draws_the_pixels_of_superimpose(other, saved, name):
    explorer, path = saved(name)
    open_in(other, path)
    assert_pixels(explorer, other.run(OVERLAYS))
    before = other.run(OVERLAYS)
    other.run(PRESS)
    other.run(CHOOSE)
    other.run(f"""const now = () => JSON.stringify((() => {{ {OVERLAYS} }})());
        const before = {before!r};
        while (now() === JSON.stringify(before)) await new Promise((a) => setTimeout(a, 50));
        await new Promise((later) => setTimeout(later, 200));""")
    assert_pixels(explorer, other.run(OVERLAYS), alpha=1, colormap="viridis")


def test_other_browser_runs_a_worker_and_asks_no_network(other, saved):
    open_in(other, saved("explorer")[1])
    assert other.run(WORKER) == 42
    assert {"connect-src", "img-src"} <= set(other.run(REFUSED))
