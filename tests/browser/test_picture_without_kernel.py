"""picture_file.js in Chromium: files become the pictures and the numbers that Python makes.

Chromium unpacks and blends as Pillow does, here to the last bit; a level of 255 is allowed for
other builds. Huge pictures are off by 8 at most: the browser reduces them by a filter of its own.
"""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from gradcam_lab.data import ASSETS
from gradcam_lab.widgets.browser.picture_scale import linear_scale
from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules
from gradcam_lab.widgets.picture_files import LONGEST_SIDE, in_browser, read_picture

SCRIPT = join_modules(BROWSER / "picture_file.js")
CAT = (ASSETS / "cat.jpg").read_bytes()
BLOB = "new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))])"
READ = f"""async ([base64, rules]) => {{
    try {{
        const picture = await readPicture({BLOB}, rules);
        const png = await toPng(picture, rules.largest);
        return btoa(Array.from(new Uint8Array(png.buffer), (b) => String.fromCharCode(b)).join(""));
    }} catch (error) {{
        return error.message;
    }}
}}"""
PREPARE = f"""async ([base64, rules, form]) => {{
    return Array.from(preparePixels(await readPicture({BLOB}, rules), form));
}}"""
IN_WORKER = """async ([script, ...parameters]) => {
    const worker = new Worker(URL.createObjectURL(new Blob([script])));
    const answer = new Promise((take, fail) => Object.assign(worker, {
        onmessage: ({ data }) => take(data), onerror: ({ message }) => fail(message),
    }));
    worker.postMessage(parameters);
    return answer;
}"""
LISTEN = f"onmessage = async ({{ data }}) => postMessage(await ({PREPARE})(data));"


@pytest.fixture(scope="module")
def page(browser):
    with browser.new_context() as context:
        page = context.new_page()
        names = "{ readPicture, preparePixels, toPng }"
        page.add_script_tag(content=f"{SCRIPT}\nObject.assign(window, {names});", type="module")
        yield page


def as_text(content):
    return base64.b64encode(content).decode()


def read(page, content, **rules):
    """Return the picture that the page makes of a file, or the words that refuse it."""
    answer = page.evaluate(READ, [as_text(content), in_browser() | rules])
    return answer if " " in answer else Image.open(io.BytesIO(base64.b64decode(answer)))


def file_of(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def cat(width, height):
    return Image.open(io.BytesIO(CAT)).resize((width, height))


def turned():
    notes = Image.Exif()
    notes[0x0112] = 6  # the camera was held upright
    return file_of(cat(90, 60), "JPEG", quality=95, exif=notes)


def transparent():
    picture = cat(90, 60)
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


FILES = {
    "the cat": CAT,
    "turned by the camera": turned(),
    "grey JPEG": file_of(cat(90, 60).convert("L"), "JPEG"),
    "PNG": file_of(cat(90, 60), "PNG"),
    "16 bits": file_of(cat(90, 60).convert("I;16"), "PNG"),
    "GIF": file_of(cat(90, 60), "GIF"),
    "animation": file_of(cat(90, 60), "GIF", save_all=True, append_images=[cat(90, 60).rotate(90)]),
    "WebP": file_of(cat(90, 60), "WEBP", lossless=True),
    "transparent": file_of(transparent(), "PNG"),
}


def differences(picture, expected):
    """Return by how many levels one number is off at most, and all on average."""
    assert picture.size == expected.size
    difference = np.abs(np.subtract(picture.convert("RGB"), expected, dtype=int))
    return difference.max(), difference.mean()


@pytest.mark.parametrize("name", FILES)
def test_picture_is_the_one_that_python_reads(page, name):
    most, average = differences(read(page, FILES[name]), read_picture(FILES[name]))
    assert most <= 1
    assert average <= 0.1


@pytest.mark.parametrize("size", [(3000, 1001), (700, 4096)])
def test_huge_picture_is_reduced(page, size):
    content = file_of(cat(*size), "JPEG", quality=95)
    picture = read(page, content)
    assert max(picture.size) == LONGEST_SIDE
    most, average = differences(picture, read_picture(content))
    assert most <= 12
    assert average <= 1


def test_picture_is_reduced_for_the_view(page):
    assert read(page, CAT, largest=[200, 100]).size == (150, 100)
    assert read(page, CAT, largest=[2000, 1000]).size == (451, 300)


REFUSED = {
    "empty": b"",
    "PDF": b"%PDF-1.7 no picture",
    "BMP": file_of(cat(9, 9), "BMP"),
    "half a JPEG": CAT[: len(CAT) // 2],
    "half a PNG": file_of(cat(90, 60), "PNG")[:3000],
    "half a GIF": file_of(cat(90, 60), "GIF")[:1000],
}


@pytest.mark.parametrize("name", REFUSED)
def test_file_is_refused_in_the_words_of_python(page, name):
    with pytest.raises(ValueError) as refusal:
        read_picture(REFUSED[name])
    assert read(page, REFUSED[name]) == str(refusal.value)


@pytest.mark.parametrize("content", [CAT[:20], file_of(cat(90, 60), "WEBP")[:1000]])
def test_file_that_ends_in_its_beginning_is_damaged(page, content):
    assert read(page, content) == in_browser()["words"]["damaged"]


def test_picture_of_too_many_megapixels_is_refused(page):
    assert read(page, CAT, maximumPixels=1000) == in_browser()["words"]["tooLarge"]


def numbers_of(network):
    matrix, offset = linear_scale(network)
    return {
        "size": network.image_size,
        "channels": len(offset),
        "matrix": matrix.tolist(),
        "offset": offset.tolist(),
    }


@pytest.mark.parametrize("place", ["page", "worker"])
def test_numbers_are_those_that_the_network_takes(page, network, place):
    (expected,) = network.preprocess(read_picture(CAT))
    question = [as_text(CAT), in_browser(), numbers_of(network)]
    if place == "page":
        numbers = page.evaluate(PREPARE, question)
    else:
        numbers = page.evaluate(IN_WORKER, [f"{SCRIPT}\n{LISTEN}", *question])
    np.testing.assert_allclose(np.reshape(numbers, expected.shape), expected, atol=1.01 / 128)
