import base64
import io
import re

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from gradcam_lab import GradCAMExplorer, HeatmapView, sample_image
from gradcam_lab.widgets.still import WIDGET_VIEW
from gradcam_lab.widgets.style import DENSITY
from tools.sync_lessons import for_readers

DIGIT = np.linspace(0, 1, 28 * 28).reshape(28, 28, 1)


def outputs_of(widget):
    """Display a widget, and return the MIME bundle of each output."""
    InteractiveShell.instance()
    with capture_output() as captured:
        widget._ipython_display_()
    return [output.data for output in captured.outputs]


@pytest.fixture(params=["explorer", "view"])
def widget(request, cnn, digits):
    if request.param == "explorer":
        return GradCAMExplorer(cnn, digits.test_x)
    return HeatmapView(DIGIT, DIGIT[..., 0], description="a digit")


def test_picture_is_an_output_of_its_own_beside_the_widget(widget):
    still, view = outputs_of(widget)
    assert still.keys() == {"image/png", "text/html", "text/plain"}
    assert view.keys() == {WIDGET_VIEW, "text/plain"}
    assert view[WIDGET_VIEW]["model_id"] == widget.model_id
    assert view["text/plain"] == ""  # the words are there once


def test_picture_in_html_is_nearly_the_same_and_described(widget):
    still, _ = outputs_of(widget)
    png = np.asarray(Image.open(io.BytesIO(base64.b64decode(still["image/png"]))).convert("RGB"))
    data = re.search(r"src='data:image/webp;base64,([^']+)'", still["text/html"])[1]
    webp = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    assert webp.shape == png.shape
    assert f"width='{png.shape[1] // DENSITY}'" in still["text/html"]
    assert np.abs(webp.astype(int) - png).mean() < 4
    assert re.search(r"alt='(.*warmest at.*|a digit)'", still["text/html"])


def test_style_of_the_picture_speaks_of_its_own_widget_only(widget):
    still, _ = outputs_of(widget)
    (name,) = (each for each in widget._dom_classes if widget.model_id in each)
    assert set(re.findall(r"\.(gradcam-[0-9a-f]+)\b", still["text/html"])) == {name}


def test_words_from_outside_stay_words(cnn, digits):
    names = [f"<script>alert('{digit}')</script>" for digit in range(10)]
    still, _ = outputs_of(GradCAMExplorer(cnn, digits.test_x, class_names=names))
    assert "<script" not in still["text/html"]


def test_closed_widget_is_shown_as_words(widget):
    words = repr(widget)
    widget.close()
    assert outputs_of(widget) == [{"text/plain": words}]


def test_readers_of_a_committed_lesson_get_the_picture_once_and_no_widget(widget):
    outputs = for_readers([{"data": bundle} for bundle in outputs_of(widget)])
    assert [output["data"].keys() for output in outputs] == [{"image/png", "text/plain"}]


def test_readers_of_a_committed_lesson_get_photographs_as_jpeg(network):
    outputs = outputs_of(GradCAMExplorer(network, [sample_image("cat")]))
    (shown,) = for_readers([{"data": bundle, "metadata": {}} for bundle in outputs])
    assert shown["data"].keys() == {"image/jpeg", "text/plain"}
    kept = Image.open(io.BytesIO(base64.b64decode(shown["data"]["image/jpeg"])))
    assert kept.format == "JPEG"


def test_still_of_a_photograph_has_one_pixel_for_a_css_pixel_where_a_notebook_keeps_it(network):
    explorer = GradCAMExplorer(network, [sample_image("cat")])
    still, _ = outputs_of(explorer)
    kept = Image.open(io.BytesIO(base64.b64decode(still["image/png"])))
    assert f"width='{kept.width}'" in still["text/html"]
    assert len(still["image/png"]) < len(explorer._repr_mimebundle_()["image/png"])
