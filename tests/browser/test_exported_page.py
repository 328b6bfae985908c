"""A page with embedded widget state, as Sphinx and others make it: alive without a kernel."""

import re
import sys
from pathlib import Path

import pytest
from explorer_page import assert_overlay_becomes, drawing, handle, superimposed, wait_for_change
from ipywidgets.embed import dependency_state, embed_minimal_html
from npm_files import UnreachableError, npm_file

import gradcam_lab as lab

INDEX = 3
PAGE = "https://exported.test/page.html"  # exists nowhere: the test itself answers
ANYWIDGET = Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js"
SERVED = {  # what the page asks the internet for, and the files of npm packages that answer
    r"/require\.min\.js$": ("requirejs@2.3.4", "require.js"),
    r"/html-manager@[^/]*/dist/([^/]*)$": ("@jupyter-widgets/html-manager@1.0.15", "dist/{}"),
}
INTEGRITY = re.compile(r' integrity="[^"]*"')  # that of the minified file, which npm lacks
OF_FONTS = "Failed to load resource"  # looked for in several places; a missing script would show


@pytest.fixture(scope="module")
def html(digits, cnn, tmp_path_factory):
    """The page, with the state of the explorer and of its parts."""
    explorer = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
    explorer.index = INDEX
    file = tmp_path_factory.mktemp("exported") / "page.html"
    embed_minimal_html(file, views=[explorer], state=dependency_state([explorer]))
    return INTEGRITY.sub("", file.read_text())


def answer(route, html):
    """Give the page what it asks for."""
    url = route.request.url
    if url == PAGE:
        return route.fulfill(body=html, content_type="text/html; charset=utf-8")
    if url.endswith("/anywidget.js"):
        return route.fulfill(path=ANYWIDGET)
    for pattern, (package, path) in SERVED.items():
        if match := re.search(pattern, url):
            return route.fulfill(body=npm_file(package, path.format(*match.groups())))
    return route.abort()


@pytest.fixture(scope="module")
def errors():
    """What the console has said in red."""
    return []


@pytest.fixture(scope="module")
def explorer(browser, html, errors):
    try:
        for package, _ in SERVED.values():
            npm_file(package, "package.json")
    except UnreachableError as reason:
        pytest.skip(str(reason))
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        context.route("**/*", lambda route: answer(route, html))
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(PAGE)
        page.locator(".panel.overlay canvas").wait_for()
        yield page.locator(".gradcam-explorer")


@pytest.fixture(autouse=True)
def no_errors(errors):
    yield
    assert [error for error in errors if not error.startswith(OF_FONTS)] == []


@pytest.mark.parametrize("control", ["alpha", "threshold"])
def test_slider_redraws(explorer, control):
    before = drawing(explorer)
    handle(explorer, control).press("PageUp")
    wait_for_change(explorer, before)


def test_colormap_redraws(explorer):
    before = drawing(explorer)
    explorer.get_by_label("colormap").select_option("viridis")
    wait_for_change(explorer, before)


def test_pixels_are_those_of_superimpose(explorer, digits, cnn):
    explorer.get_by_label("colormap").select_option("cividis")
    handle(explorer, "threshold").press("Home")
    handle(explorer, "alpha").press("End")
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[INDEX]]).heatmaps["conv2d_1"][0]
    expected = superimposed(digits.test_x[INDEX], heatmap, 1.0, "cividis", 0.0)
    assert_overlay_becomes(explorer, expected)
