"""The lessons as a student sees them: in JupyterLab, in a browser, with a keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

PROJECT = Path(__file__).parents[2]
SCREENSHOTS = PROJECT / "build" / "screenshots"
LESSONS = sorted(path.name for path in (PROJECT / "notebooks").glob("*.ipynb"))
in_lesson_2 = pytest.mark.parametrize("lesson", ["02_grad_cam.ipynb"], indirect=True)

# The pixels, not the address of the image: that one is new at every redraw.
PIXELS = """([image, unlike]) => {
    if (!image.complete || !image.naturalWidth) return null;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext('2d').drawImage(image, 0, 0);
    const pixels = canvas.toDataURL();
    return pixels === unlike ? null : pixels;
}"""

# A change of the window reaches the lesson by and by, from the outside in, cell for cell.
INSIDE_WINDOW = "(widget) => widget.getBoundingClientRect().right < window.innerWidth"
AT_REST = """async (widget) => {
    let before = null;
    for (let frames = 0, still = 0; still < 20 && frames < 600; frames++, still++) {
        await new Promise(requestAnimationFrame);
        const now = JSON.stringify(widget.getBoundingClientRect());
        if (now !== before) still = 0;
        before = now;
    }
}"""
CUT_OFF = """(widget) => {
    const edge = widget.getBoundingClientRect().right + 1;
    return [...widget.querySelectorAll('img, button, select, input, .widget-readout')]
        .filter((part) => part.getBoundingClientRect().right > edge
                       || part.scrollWidth > part.clientWidth + 1)
        .map((part) => part.className + ' ' + part.textContent);
}"""


def picture(widget: Locator, unlike: str | None = None) -> str:
    """Wait until the widget shows a picture, unlike a given one, and return its pixels."""
    image = widget.locator("img.gradcam-view").element_handle()
    return widget.page.wait_for_function(PIXELS, arg=[image, unlike]).json_value()


def caption(explorer: Locator) -> Locator:
    return explorer.locator(":scope > .widget-html").first


def move(slider: Locator) -> None:
    """Move a slider by one step with the keyboard: up, or down where it is at its end."""
    handle = slider.locator(".noUi-handle")
    before = handle.get_attribute("aria-valuenow")
    handle.focus()
    handle.press("ArrowLeft" if before == handle.get_attribute("aria-valuemax") else "ArrowRight")
    expect(handle).not_to_have_attribute("aria-valuenow", before)


@pytest.fixture
def explorer(lesson):
    first = lesson.page.locator(".gradcam-explorer").first
    first.scroll_into_view_if_needed()
    return first


@pytest.fixture
def comparison(lesson):
    first = lesson.page.locator(".gradcam-comparison").first
    first.scroll_into_view_if_needed()
    return first


@pytest.fixture(autouse=True)
def no_errors(lesson):
    """After each test: no alert in a widget, and nothing red in the browser's console."""
    yield
    assert lesson.page.locator("[role=alert]").all_inner_texts() == []
    errors, lesson.console_errors = lesson.console_errors, []
    assert errors == []


@pytest.mark.parametrize("lesson", LESSONS, indirect=True)
def test_every_cell_runs_without_error_or_warning(lesson):
    assert lesson.code_cells
    for cell in lesson.code_cells:
        assert cell["execution_count"], f"did not run: {cell['source']}"
        for output in cell["outputs"]:
            assert output["output_type"] != "error", "\n".join(output["traceback"])
            assert output.get("name") != "stderr", output["text"]


@in_lesson_2
def test_index_slider_shows_another_picture_and_describes_it(explorer):
    picture_before, words_before = picture(explorer), caption(explorer).inner_text()
    move(explorer.locator(".gradcam-index"))
    picture(explorer, unlike=picture_before)
    expect(caption(explorer)).not_to_have_text(words_before)


@in_lesson_2
def test_layer_slider_shows_and_names_another_layer(explorer):
    before, layer = picture(explorer), re.search(r" at \w+", caption(explorer).inner_text())[0]
    move(explorer.locator(".gradcam-layer"))
    picture(explorer, unlike=before)
    expect(caption(explorer)).not_to_contain_text(re.compile(rf"{layer}\b"))


@in_lesson_2
def test_alpha_slider_changes_the_overlay_and_not_the_words(explorer):
    picture_before, words_before = picture(explorer), caption(explorer).inner_text()
    move(explorer.locator(".gradcam-alpha"))
    picture(explorer, unlike=picture_before)
    expect(caption(explorer)).to_have_text(words_before)


@in_lesson_2
def test_another_target_is_explained_and_the_predicted_one_can_be_chosen_again(explorer):
    before, target = picture(explorer), explorer.locator(".gradcam-target select")
    explained = int(re.search(r"explaining class (\d)", caption(explorer).inner_text())[1])
    other = str((explained + 1) % 10)
    target.select_option(other)
    after = picture(explorer, unlike=before)
    expect(caption(explorer)).to_contain_text(f"explaining class {other} at")
    target.select_option("the predicted class")
    assert picture(explorer, unlike=after) == before
    expect(target).to_have_value("the predicted class")


@pytest.mark.parametrize(
    ("control", "choices"),
    [("colormap", {"jet", "viridis"}), ("method", {"gradcam", "hirescam"})],
)
@in_lesson_2
def test_another_colormap_or_method_changes_the_picture(explorer, control, choices):
    before, select = picture(explorer), explorer.locator(f".gradcam-{control} select")
    select.select_option(min(choices - {select.input_value()}))
    picture(explorer, unlike=before)


@in_lesson_2
def test_saved_picture_is_announced_in_the_widget(explorer):
    explorer.locator(".gradcam-save").click()
    expect(explorer).to_contain_text("saved cam.png")


@in_lesson_2
def test_next_button_goes_on_and_previous_button_comes_back(explorer):
    before = picture(explorer)
    explorer.locator(".gradcam-next").click()
    after = picture(explorer, unlike=before)
    explorer.locator(".gradcam-previous").click()
    assert picture(explorer, unlike=after) == before


@in_lesson_2
def test_show_others_compares_other_pictures(comparison):
    before = picture(comparison)
    comparison.locator(".gradcam-others").click()
    picture(comparison, unlike=before)


@pytest.mark.parametrize("width", [700, 1280])
@in_lesson_2
def test_nothing_is_cut_off_in_a_window_of_this_width(lesson, explorer, comparison, width):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    lesson.page.set_viewport_size({"width": width, "height": 1000})
    for name, widget in [("explorer", explorer), ("comparison", comparison)]:
        lesson.page.wait_for_function(INSIDE_WINDOW, arg=widget.element_handle())
        widget.scroll_into_view_if_needed()
        widget.evaluate(AT_REST)
        widget.screenshot(path=SCREENSHOTS / f"{name}_{width}.png")
        assert widget.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("lesson", ["03_trained_model.ipynb"], indirect=True)
def test_explorer_of_cat_and_coffee_explains_the_espresso(lesson):
    """The picture in the README is this screenshot."""
    explorer = lesson.page.locator(".gradcam-explorer").last
    explorer.scroll_into_view_if_needed()
    expect(caption(explorer)).to_contain_text("explaining class espresso at top_conv")
    picture(explorer)
    explorer.evaluate(AT_REST)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    explorer.screenshot(path=SCREENSHOTS / "cat_and_coffee.png")
