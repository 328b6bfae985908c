"""The picture field in Chromium: pasting, the camera, and how it looks."""

import pytest
from picture_field import PictureField
from playwright.sync_api import expect

import gradcam_lab as lab
from tools.browser.explorer_page import role_and_name
from tools.browser.notebook_page import chromium, find_chromium

HEIGHT = 72
CAMERA = "--use-fake-device-for-media-stream"
TRACKS = """() => {
    window.tracks = [];
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wishes) => {
        const stream = await open(wishes);
        tracks.push(...stream.getTracks());
        return stream;
    };
}"""
FAIL = """(name) => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name); };
}"""
RELEASED = "() => tracks.length > 0 && tracks.every(({ readyState }) => readyState === 'ended')"
ALIGNED = """(buttons) => {
    const boxes = buttons.filter((b) => b.checkVisibility()).map((b) => b.getBoundingClientRect());
    return new Set(boxes.map(({ top, bottom }) => `${top} ${bottom}`)).size;
}"""
CUT_OFF = """(field) => [...field.querySelectorAll('button')].filter((b) => b.checkVisibility()
    && b.getBoundingClientRect().right > field.getBoundingClientRect().right).length"""


@pytest.fixture(scope="module")
def browser():
    """Chromium with a camera that shows a moving pattern; each page needs to be allowed to see."""
    if find_chromium(whole=True) is None:
        pytest.skip("no Chromium on this machine (Debian, Ubuntu: apt install chromium)")
    with chromium(CAMERA, whole=True) as browser:
        yield browser


@pytest.fixture(scope="module")
def permissive(browser):
    """Pages that may do everything."""
    with browser.new_context() as context:
        context.grant_permissions(["camera", "clipboard-read", "clipboard-write"])
        yield context


@pytest.fixture
def field(permissive, tmp_path):
    field = PictureField(permissive, tmp_path)
    field.page.evaluate(TRACKS)
    yield field
    field.page.close()


@pytest.fixture
def restricted(browser, tmp_path):
    """A field that may neither read the clipboard nor use the camera."""
    with browser.new_context() as context:
        yield PictureField(context, tmp_path)


# Pasting


@pytest.mark.parametrize("focused", [".gradcam-drop-field", "button.gradcam-choose", "#inside"])
def test_picture_is_pasted_wherever_the_focus_is_in_the_explorer(field, focused):
    field.copy(lab.sample_image("cat"))
    field.page.locator(focused).focus()
    field.page.keyboard.press("Control+v")
    name, picture = field.sent_picture()
    assert (name, picture.size) == ("pasted picture", lab.sample_image("cat").size)


def test_what_is_pasted_elsewhere_is_not_taken(field):
    field.copy(lab.sample_image("cat"))
    field.page.locator("#outside").focus()
    field.page.keyboard.press("Control+v")
    field.page.locator("#inside").focus()
    field.page.keyboard.press("Control+v")
    field.sent()
    assert field.page.evaluate("() => sent.length") == 0  # of the two, one has come


def test_words_are_pasted_into_inputs_and_refused_by_the_field(field):
    field.page.evaluate("() => navigator.clipboard.writeText('words')")
    field.page.locator("#words").focus()
    field.page.keyboard.press("Control+v")
    expect(field.page.locator("#words")).to_have_value("words")
    expect(field.message).to_be_empty()
    field.box.focus()
    field.page.keyboard.press("Control+v")
    expect(field.message).to_have_text("There is no picture in the clipboard: copy one first.")


def test_button_pastes(field):
    field.page.evaluate("() => navigator.clipboard.writeText('words')")
    field.button("Paste").click()
    expect(field.message).to_contain_text("no picture in the clipboard")
    field.copy(lab.sample_image("coffee"))
    field.button("Paste").click()
    assert field.sent_picture()[0] == "pasted picture"
    expect(field.message).to_be_empty()


def test_clipboard_that_may_not_be_read_is_said_in_words(restricted):
    restricted.button("Paste").click()
    expect(restricted.message).to_contain_text("press Ctrl+V")


def test_field_that_has_gone_does_not_listen_any_more(field):
    field.copy(lab.sample_image("cat"))
    field.page.evaluate("() => dispose()")
    field.page.locator("#inside").focus()
    field.page.keyboard.press("Control+v")
    assert field.page.evaluate("() => sent.length") == 0


# The camera


@pytest.fixture
def live(field):
    """A field that shows what the camera sees."""
    field.button("Camera").click()
    expect(field.page.get_by_label("live picture of the camera")).to_be_visible()
    assert not field.page.evaluate(RELEASED)
    return field


def test_picture_is_taken_and_the_camera_released(live):
    expect(live.button("Take picture")).to_be_focused()
    live.button("Take picture").click()
    name, picture = live.sent_picture()
    assert name == "camera picture"
    assert min(picture.size) >= 224
    assert len(picture.getcolors(2**24)) > 10  # and not a black one
    assert live.page.evaluate(RELEASED)
    expect(live.button("Camera")).to_be_focused()


@pytest.mark.parametrize(
    "end",
    [
        lambda field: field.button("Cancel").click(),
        lambda field: field.page.keyboard.press("Escape"),
        lambda field: field.page.evaluate("() => dispose()"),
        lambda field: field.page.evaluate("() => document.querySelector('#field').remove()"),
        lambda field: field.choose(b"another file"),
    ],
    ids=["cancel", "Escape", "disposed", "taken off the page", "another file"],
)
def test_however_it_ends_the_camera_is_released(live, end):
    end(live)
    live.page.wait_for_function(RELEASED)
    expect(live.page.locator("video")).to_be_hidden()


def test_camera_that_opens_after_the_field_has_gone_is_released(field):
    field.page.evaluate("() => { document.querySelector('.gradcam-camera').click(); dispose(); }")
    field.page.wait_for_function(RELEASED)


def test_camera_that_stops_by_itself_is_said_in_words(live):
    live.page.evaluate("() => tracks[0].dispatchEvent(new Event('ended'))")
    expect(live.message).to_contain_text("The camera has stopped")
    assert live.page.evaluate(RELEASED)


def test_refused_camera_is_said_in_words_and_the_field_goes_on(restricted):
    restricted.button("Camera").click()
    expect(restricted.message).to_contain_text("does not let this page use the camera")
    expect(restricted.page.locator("video")).to_be_hidden()
    restricted.choose(b"a file", "cat.jpg")
    assert restricted.sent() == ("cat.jpg", b"a file")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "The camera is busy"),
        ("UnknownError", "The camera has stopped"),
    ],
)
def test_camera_that_does_not_open_is_said_in_words(field, error, words):
    field.page.evaluate(FAIL, error)
    field.button("Camera").click()
    expect(field.message).to_contain_text(words)
    expect(field.page.locator(".gradcam-drop-file")).to_be_empty()


# Looks


def test_field_keeps_its_height(field):
    heights = [field.box.bounding_box()["height"]]
    field.choose(b"a file", 20 * "long name ")
    field.sent()
    heights.append(field.box.bounding_box()["height"])
    field.page.set_viewport_size({"width": 320, "height": 600})
    heights.append(field.box.bounding_box()["height"])
    assert heights == [HEIGHT] * 3
    assert field.box.evaluate(CUT_OFF) == 0


def test_buttons_stand_in_one_row(field):
    assert field.page.locator(".gradcam-drop button").evaluate_all(ALIGNED) == 1


def test_every_button_is_reached_by_tab_and_has_a_name(field):
    field.page.locator("#words").focus()
    stops = []
    for _ in range(3):
        field.page.keyboard.press("Tab")
        stops.append(role_and_name(field.page.locator(":focus")))
    assert stops == [("button", "Choose file"), ("button", "Paste"), ("button", "Camera")]


def test_buttons_that_cannot_work_are_not_there(browser, tmp_path):
    with browser.new_context() as context:
        context.add_init_script(
            "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
            "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
        )
        field = PictureField(context, tmp_path)
        assert field.box.get_by_role("button").all_inner_texts() == ["Choose file"]


def test_button_opens_the_dialog(field):
    with field.page.expect_file_chooser() as chooser:
        field.button("Choose file").press("Enter")
    assert not chooser.value.is_multiple()
