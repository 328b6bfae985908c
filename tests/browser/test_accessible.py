"""No explorer has a serious fault that axe-core finds; and each fits on a screen, or on a phone."""

import pytest
from explorer_moves import EXPLORERS, NEED_A_KERNEL
from npm_files import UnreachableError, npm_file

import gradcam_lab as lab

ALL = EXPLORERS | NEED_A_KERNEL
AXE = "axe-core@4.14.1", "axe.min.js"
FAULTS = """async () => {
    const { violations } = await axe.run('.gradcam-lab', { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}"""
BOXES = """(parts) => parts.map((part) => part.getBoundingClientRect())
    .map(({ top, bottom, left, right }) => ({ top, bottom, left, right }))"""


SMALL_ENOUGH = ["explorer", "own_picture", "drawing", "comparison", "targets", "methods"]
IN_DARK = ["explorer", "drawing", "own_picture", "deletion"]  # these have all that the others have


@pytest.fixture(scope="module")
def axe():
    try:
        return npm_file(*AXE).decode()
    except UnreachableError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def pages(digits, cnn, network, tmp_path_factory):
    """A page of each explorer."""
    folder = tmp_path_factory.mktemp("pages")
    names = {"lab": lab, "digits": digits, "cnn": cnn, "network": network}
    return {name: eval(cell, names).save(folder / f"{name}.html") for name, cell in ALL.items()}


@pytest.fixture
def open_page(browser, pages):
    """Return a function that opens a page at a size, and gives it when it answers."""
    opened = []

    def open_page(name, width=1366, height=768, scheme="light"):
        size = {"width": width, "height": height}
        page = browser.new_page(viewport=size, color_scheme=scheme)
        opened.append(page)
        page.goto(pages[name].as_uri())
        shown = page.locator(".gradcam-answers, .gradcam-curves .dot").first
        shown.wait_for(state="attached")
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in ALL), *((n, "dark") for n in IN_DARK)]
)
def test_axe_finds_no_serious_fault(open_page, axe, name, scheme):
    page = open_page(name, scheme=scheme)
    page.evaluate(axe)
    assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize("name", SMALL_ENOUGH)
def test_explorer_is_whole_on_one_screen(open_page, name):
    page = open_page(name)
    (box,) = page.locator(".gradcam-lab").evaluate_all(BOXES)
    assert box["bottom"] <= 768
    assert box["right"] <= 1366


@pytest.mark.parametrize("name", ["explorer", "own_picture"])
def test_on_a_phone_picture_and_controls_are_on_one_screen(open_page, name):
    page = open_page(name, 360, 640)
    page.locator(".gradcam-hand").scroll_into_view_if_needed()
    for control in ("layer", "alpha", "threshold"):
        page.locator(f".gradcam-{control} .noUi-handle").scroll_into_view_if_needed()
        parts = page.locator(f".overlay canvas, .gradcam-{control}").evaluate_all(BOXES)
        assert len(parts) == 2
        for box in parts:
            assert 0 <= box["top"] < box["bottom"] <= 640
            assert 0 <= box["left"] < box["right"] <= 360


@pytest.mark.parametrize(
    ("name", "control"), [("deletion", "fraction"), ("randomization", "randomized")]
)
def test_on_a_phone_slider_and_curve_are_on_one_screen(open_page, name, control):
    page = open_page(name, 360, 640)
    page.locator(f".gradcam-{control} .noUi-handle").scroll_into_view_if_needed()
    parts = f".gradcam-curves > svg, .gradcam-curves p, .gradcam-{control}"
    boxes = page.locator(parts).evaluate_all(BOXES)
    assert len(boxes) == 3
    for box in boxes:
        assert 0 <= box["top"] < box["bottom"] <= 640
        assert 0 <= box["left"] < box["right"] <= 360
