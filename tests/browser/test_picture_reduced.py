"""What the picture field sends: small files byte for byte, large ones reduced in the browser."""

import io

import numpy as np
import pytest
from picture_field import PictureField
from PIL import Image
from playwright.sync_api import expect

import gradcam_lab as lab
from gradcam_lab.data import ASSETS
from gradcam_lab.widgets.picture_files import LONGEST_SIDE_SENT, MAXIMUM_BYTES, read_picture

CAT = (ASSETS / "cat.jpg").read_bytes()
REDUCED = (LONGEST_SIDE_SENT, LONGEST_SIDE_SENT * 3 // 4)


@pytest.fixture(scope="module")
def context(browser):
    with browser.new_context() as context:
        yield context


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def field(context, folder):
    return PictureField(context, folder)


def file_of(picture, kind="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def grainy(picture, seed=0):
    """Add the grain of a camera: it is what makes the files of photographs large."""
    grain = np.random.default_rng(seed).integers(-12, 13, (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def photograph():
    """A file of 12 megapixels."""
    return file_of(grainy(lab.sample_image("cat").resize((4000, 3000))), quality=92)


@pytest.fixture(scope="module")
def reduced(field, photograph):
    """What is sent of the photograph, and the long tasks of the page meanwhile."""
    field.page.evaluate("() => { longTasks.length = 0; }")
    field.choose(photograph)
    field.wait()
    tasks = field.page.evaluate("() => longTasks")
    return field.sent()[1], tasks


def test_photograph_of_12_megapixels_is_reduced_to_a_tenth(photograph, reduced):
    content, _ = reduced
    assert Image.open(io.BytesIO(content)).size == REDUCED
    assert len(content) < min(len(photograph) / 10, 400_000)


def test_page_goes_on_while_a_photograph_is_reduced(reduced):
    assert max(reduced[1], default=0) < 150  # milliseconds, while other tests run


def test_reduced_photograph_is_explained_as_the_original(photograph, reduced, network):
    engine = lab.GradCAM(network.model)
    original, small = (
        engine.explain(network.preprocess(read_picture(file))) for file in (photograph, reduced[0])
    )
    assert small.target == original.target
    assert np.abs(small.probabilities - original.probabilities).max() < 0.02
    for layer in engine.layers[-4:]:
        difference = small.heatmaps[layer] - original.heatmaps[layer]
        assert np.abs(difference).max() < (0.05 if layer == engine.layers[-1] else 0.1)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_reduced_picture_is_upright(field, orientation):
    notes = Image.Exif()
    notes[0x0112] = orientation
    picture = grainy(lab.sample_image("coffee").resize((2400, 1800)))
    content = file_of(picture, quality=90, exif=notes)
    field.choose(content)
    _, sent = field.sent_picture()
    expected = read_picture(content).resize(sent.size)
    assert sent.size == (REDUCED if orientation < 5 else REDUCED[::-1])
    assert not sent.getexif()
    assert np.abs(np.subtract(sent, expected, dtype=int)).mean() < 4


def test_transparent_parts_of_a_large_picture_become_white(field):
    noise = np.random.default_rng(0).integers(0, 256, (1000, 2000, 4), np.uint8)
    noise[:, :1000] = 0
    field.choose(file_of(Image.fromarray(noise), "PNG"))
    _, sent = field.sent_picture()
    assert sent.size == (1600, 800)
    assert (np.asarray(sent)[:, :700] > 250).all()


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (800, 1600, 3), np.uint8))
AS_THEY_ARE = {
    "small": CAT,
    "many pixels in few bytes": file_of(Image.new("RGB", (3000, 2000), "red"), "PNG"),
    "many bytes for few pixels": file_of(NOISE, "PNG"),
    "no picture": b"These are words.",
    "large and no picture": bytes(2**20),
    "large and damaged": file_of(NOISE, "PNG")[: 2**20],
}


@pytest.mark.parametrize("content", AS_THEY_ARE.values(), ids=AS_THEY_ARE)
def test_file_that_is_small_or_cannot_be_unpacked_is_sent_byte_for_byte(field, content):
    field.choose(content, "file.png")
    assert field.sent() == ("file.png", content)


def test_limit_is_for_what_travels(context, folder):
    field = PictureField(context, folder, maximum_bytes=2**19)
    content = file_of(grainy(lab.sample_image("cat").resize((3000, 2000))), quality=92)
    assert len(content) > 2**19
    field.choose(content)
    assert len(field.sent()[1]) < 2**19


def test_file_that_is_too_large_and_cannot_be_reduced_is_refused(field):
    field.choose(bytes(MAXIMUM_BYTES + 1), "film.mp4")
    expect(field.message).to_have_text(
        "film.mp4 is larger than 8 MB: make a smaller copy of the picture."
    )
    field.choose(b"", "nothing.png")
    expect(field.message).to_have_text("nothing.png is empty: choose another file.")
    assert field.page.evaluate("() => sent.length") == 0


def test_latest_file_is_sent_whichever_is_ready_first(field, photograph):
    field.choose(photograph, "slow.jpg")
    field.choose(CAT, "quick.jpg")
    assert field.sent() == ("quick.jpg", CAT)
    field.choose(photograph, "last.jpg")
    assert field.sent()[0] == "last.jpg"
    assert field.page.evaluate("() => sent.length") == 0


def test_where_no_worker_can_start_files_travel_as_they_are(context, folder, photograph):
    field = PictureField(context, folder)
    field.page.evaluate("() => { Worker = class { constructor() { throw new Error(); } }; }")
    field.choose(photograph)
    assert field.sent()[1] == photograph
