import io

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import OwnPictureExplorer, sample_image
from gradcam_lab.widgets.picture_drop import PictureDrop


@pytest.fixture
def explorer(network):
    return OwnPictureExplorer(network)


def upload(explorer, find, content, name="photo.jpg"):
    find(explorer, PictureDrop).set_state({"content": memoryview(content), "file_name": name})


def encoded(picture, file_format="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def test_cat_is_there_until_a_file_comes(explorer, read):
    assert "says Egyptian cat" in read(explorer)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_uploaded_file_is_shown_and_explained(explorer, find, read, file_format):
    before = find(explorer, "gradcam-view").picture
    upload(explorer, find, encoded(sample_image("coffee"), file_format))
    assert "says espresso" in read(explorer)
    assert find(explorer, "gradcam-view").picture != before
    assert explorer.picture.size == sample_image("coffee").size


def test_photograph_is_turned_as_its_camera_was_held(explorer, find, network):
    turned = sample_image("cat").rotate(90, expand=True)  # as the sensor saw it
    exif = Image.Exif()
    exif[0x0112] = 6
    upload(explorer, find, encoded(turned, "PNG", exif=exif))
    assert np.array_equal(explorer.picture, sample_image("cat"))


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        encoded(sample_image("coffee"))[:5000],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["text", "truncated", "svg"],
)
def test_bad_file_is_refused_in_one_sentence_and_the_picture_before_it_stays(
    explorer, find, read, content
):
    words, picture = read(explorer), explorer.picture
    upload(explorer, find, content, "<img src=x>")
    message = find(explorer, PictureDrop).message
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert read(explorer) == words
    assert explorer.picture is picture
    upload(explorer, find, encoded(sample_image("coffee")))
    assert "says espresso" in read(explorer)
    assert find(explorer, PictureDrop).message == ""


def test_picture_can_be_set_from_python(explorer, read):
    explorer.picture = sample_image("coffee")
    assert "says espresso" in read(explorer)
    with pytest.raises(TraitError):
        explorer.picture = "coffee.jpg"


def test_first_picture_may_be_an_array_and_a_path_is_refused_with_the_remedy(network):
    pixels = np.asarray(sample_image("coffee"))
    assert np.array_equal(OwnPictureExplorer(network, pixels).picture, pixels)
    with pytest.raises(TypeError, match=r"not a str: open a file with Image.open\(path\)"):
        OwnPictureExplorer(network, "coffee.jpg")


def test_every_picture_is_explained_anew_and_moving_a_layer_costs_no_model_call(explorer, read):
    calls, run = [], explorer.engine.run
    explorer.engine.run = lambda *args: calls.append(1) or run(*args)
    explorer.picture = sample_image("coffee")
    explorer.layer = explorer.layers[3]
    explorer.picture = sample_image("cat")
    assert len(calls) == 2
    assert "says Egyptian cat" in read(explorer)


def test_model_that_does_not_say_how_to_prepare_a_photograph_is_refused(network):
    with pytest.raises(
        TypeError,
        match=r"load_pretrained\(.*or of a model of your own PretrainedN",
    ):
        OwnPictureExplorer(network.model)
