"""What holds for every explorer, here in Notebook 7: its controls have names, its pictures are
described, and nothing is cut off in a narrow window."""

import pytest
from explorer_moves import EXPLORERS

from tools.browser.explorer_page import (
    ACTIVE_CELL,
    CNN,
    NETWORK,
    canvas,
    come_to_rest,
    drawing,
    handle,
    role_and_name,
    wait_for_change,
)

CONTROLS = "select, input, button, [role=slider], [contenteditable=true], [tabindex='0']"
INSIDE_WINDOW = "(widget) => widget.getBoundingClientRect().right <= window.innerWidth"
CUT_OFF = """(widget) => {
    const edge = widget.getBoundingClientRect().right + 1;
    const parts = 'canvas, button, select, input, .widget-label, .widget-readout';
    return [...widget.querySelectorAll(parts)].filter((part) => part.checkVisibility())
        .filter((part) => !part.closest('.gradcam-strip')) // which scrolls
        .filter((part) => part.getBoundingClientRect().right > edge
                       || part.scrollWidth > part.clientWidth + 1 && !part.matches('select, input'))
        .map((part) => `${part.className} ${part.textContent}`);
}"""
DRAWINGS = "(row) => [...row.querySelectorAll('.overlay canvas')].map((c) => c.toDataURL())"


@pytest.fixture(scope="module")
def notebook(open_notebook):
    cells = [f"{name} = {code}\n{name}" for name, code in EXPLORERS.items()]
    return open_notebook([CNN, NETWORK, *cells], "Notebook 7")


@pytest.fixture(params=EXPLORERS)
def explorer(notebook, request):
    explorer = notebook.page.locator(".gradcam-lab").nth(list(EXPLORERS).index(request.param))
    come_to_rest(explorer)
    return explorer


def test_every_control_has_a_name(explorer):
    controls = [each for each in explorer.locator(CONTROLS).all() if each.is_visible()]
    assert len(controls) > 5
    nameless = [
        each.evaluate("(c) => c.outerHTML") for each in controls if not role_and_name(each)[1]
    ]
    assert [each.evaluate("(control) => control.outerHTML") for each in nameless] == []


def test_every_picture_is_described(explorer):
    pictures = explorer.locator(".gradcam-heatmap-view .frame canvas").all()
    assert pictures
    for picture in pictures:
        role, name = role_and_name(picture)
        assert role in ("img", "image")
        assert len(name) > len("overlay: ")


def test_a_key_moves_the_slider_and_not_the_notebook(notebook, explorer):
    before, cell = drawing(explorer), notebook.page.evaluate(ACTIVE_CELL)
    handle(explorer, "alpha").press("ArrowUp")
    wait_for_change(explorer, before)
    assert notebook.page.evaluate(ACTIVE_CELL) == cell


@pytest.mark.parametrize("explorer", ["comparison"], indirect=True)
@pytest.mark.parametrize(
    ("control", "key"),
    [(".gradcam-others", "Enter"), (".gradcam-alpha .noUi-handle", "Home")],
)
def test_one_control_moves_every_column(explorer, control, key):
    before = explorer.evaluate(DRAWINGS)
    explorer.locator(control).press(key)
    for column, drawn in zip(explorer.locator(".gradcam-view").all(), before, strict=True):
        wait_for_change(column, drawn)
        assert canvas(column).count() == 1


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_nothing_is_cut_off_in_a_window_of_this_width(notebook, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 1000})
    for widget in page.locator(".gradcam-lab").all():
        page.wait_for_function(INSIDE_WINDOW, arg=widget.element_handle())
        come_to_rest(widget)
        assert widget.evaluate(CUT_OFF) == []
