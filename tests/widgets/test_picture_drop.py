import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules
from gradcam_lab.widgets.picture_drop import PictureDrop
from gradcam_lab.widgets.picture_files import LONGEST_SIDE, LONGEST_SIDE_SENT, MAXIMUM_BYTES
from gradcam_lab.widgets.style import DENSITY, PANEL, stylesheet


def png(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), colour).save(buffer, "PNG")
    return buffer.getvalue()


RED, BLUE = png("red"), png("blue")


@pytest.fixture
def drop():
    drop = PictureDrop()
    yield drop
    drop.close()


def send(drop, content, name="cat.png"):
    """Do what the browser does: all values in one message, the bytes as a memoryview."""
    drop.set_state({"file_name": name, "message": "", "content": memoryview(content)})


@pytest.fixture
def pictures(drop):
    """The pictures that an explorer gets to see."""
    seen = []

    def show(change):
        if picture := drop.read():
            seen.append((drop.file_name, picture.getpixel((0, 0))))

    drop.observe(show, "content")
    return seen


# Files


def test_file_arrives_as_bytes_together_with_its_name(drop):
    arrived = []
    drop.observe(lambda change: arrived.append((change["new"], drop.file_name)), "content")
    send(drop, RED)
    assert arrived == [(RED, "cat.png")]
    assert type(drop.content) is bytes


def test_each_file_is_read_once(drop, pictures):
    send(drop, RED, "red.png")
    send(drop, BLUE, "blue.png")
    assert pictures == [("red.png", (255, 0, 0)), ("blue.png", (0, 0, 255))]


def test_same_file_can_come_again(drop, pictures):
    send(drop, RED)
    send(drop, RED)
    assert len(pictures) == 2


def test_picture_is_rgb(drop):
    drop.content = RED
    assert np.array_equal(drop.read(), Image.new("RGB", (3, 2), "red"))


def test_there_is_nothing_to_read_before_a_file_comes_and_after_it_was_read(drop):
    assert drop.read() is None
    send(drop, RED)
    assert drop.read() is not None
    assert drop.read() is None


# Messages


def test_file_that_cannot_be_read_is_explained(drop, pictures):
    send(drop, b"These are words.", "words.txt")
    assert drop.message.startswith("This file is not a JPEG, PNG, WebP or GIF")
    assert pictures == []


def test_message_goes_when_a_picture_is_read(drop, pictures):
    send(drop, b"These are words.")
    drop.content = RED  # Python sets it, and no browser has cleared the message
    assert drop.message == ""
    assert len(pictures) == 1


def test_message_stays_while_no_file_comes(drop):
    drop.message = "Only the first picture was taken."
    assert drop.read() is None
    assert drop.message == "Only the first picture was taken."


def test_message_of_the_browser_arrives(drop):
    drop.set_state({"message": "huge.png is larger than 8 MB."})
    assert drop.message == "huge.png is larger than 8 MB."


# What travels, and what is saved


class Wire:
    """Stands where the connection to the browser is, and notes what is sent."""

    comm_id = "wire"

    def __init__(self):
        self.sent = []

    def send(self, data=None, metadata=None, buffers=None):
        self.sent.append((data, buffers))

    def on_msg(self, callback):
        pass

    def close(self, *args, **kwargs):
        pass


def test_file_does_not_travel_back_and_the_browser_hears_that_it_was_taken(drop, pictures):
    drop.comm = wire = Wire()
    send(drop, RED)
    assert len(pictures) == 1
    buffers = [bytes(part) for data, parts in wire.sent for part in parts or ()]
    assert buffers == [b""]


@pytest.mark.parametrize("content", [RED, b"These are words."])
def test_file_is_not_saved_with_the_notebook(drop, pictures, content):
    send(drop, content)
    assert drop.get_state()["content"] == b""


def test_browser_knows_the_limits(drop):
    assert drop.get_state()["maximum_bytes"] == MAXIMUM_BYTES
    assert drop.get_state()["longest_side"] == LONGEST_SIDE_SENT
    other = PictureDrop(maximum_bytes=1000, longest_side=500).get_state()
    assert (other["maximum_bytes"], other["longest_side"]) == (1000, 500)


def test_reduced_picture_is_larger_than_all_that_is_shown_and_is_not_reduced_again():
    assert DENSITY * max(PANEL) < LONGEST_SIDE_SENT <= LONGEST_SIDE


def test_what_is_imported_stands_in_the_script_and_not_beside_it(drop):
    for script in (drop._esm, drop.worker):
        assert not re.search(r"^import ", script, re.MULTILINE)


def test_file_of_the_largest_size_fits_into_a_message():
    assert MAXIMUM_BYTES + 100_000 < 10 * 2**20  # Jupyter Server's websocket_max_message_size


def test_code_and_style_come_from_the_files_beside_the_class(drop):
    folder = Path(__file__).parents[2] / "gradcam_lab" / "widgets"
    state = drop.get_state()
    assert state["_esm"] == join_modules(folder / "picture_drop.js")
    assert state["worker"] == join_modules(BROWSER / "reduce_worker.js")
    assert state["_css"] == stylesheet(folder / "picture_drop.css")


def test_name_and_message_may_hold_anything(drop):
    name = '<img src=x onerror="alert(1)">\u202e\x00🐈' + 300 * "a"
    send(drop, RED, name)
    assert drop.file_name == name
    assert json.loads(json.dumps(drop.get_state(["file_name"]))) == {"file_name": name}
    assert repr(drop) == f"PictureDrop({name!r})"
