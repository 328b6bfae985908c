"""A widget beside a still picture of it, which shows only where the widget itself does not."""

import base64
import html
import io

import ipywidgets as widgets
from IPython.display import display
from PIL import Image

from gradcam_lab._language import language
from gradcam_lab.widgets.style import DENSITY
from gradcam_lab.widgets.words import WORDS

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
OUTPUT = ".jp-OutputArea-child"  # of JupyterLab, and of the pages that nbconvert makes
LARGE = 200_000  # characters of a PNG, as of photographs, which a notebook would rather not keep

# The still and what stands in place of a missing widget know of each other by a DOM class of the
# widget, {0}. A page on its way gets a second before the still shows.
STYLE = """
body:has(.{0}) :is(.{0}-still, {1}:has(.{0}-still):not(:has(.{0}))) {{ display: none; }}
body:not(:has(.{0})) {1}:has(.{0}-still) + {1} {{ display: none; }}
.{0}-still {{ animation: gradcam-late 1s step-start; }}
@keyframes gradcam-late {{ to {{ visibility: hidden; }} }}"""


def display_with_still(widget: widgets.DOMWidget, words: str) -> None:
    """Display a widget and, in an output of its own, the picture in its bundle of MIME types.

    Of one output, a page shows one MIME type and no other: a widget that was not saved, or that
    would have to come from the internet, would be an error or nothing at all. So the picture, which
    `words` describe, is an output too, and is hidden wherever the widget is on the page.
    """
    if widget.comm is None:  # closed
        return display({"text/plain": repr(widget)}, raw=True)
    found = widget._repr_mimebundle_()
    bundle, metadata = found if isinstance(found, tuple) else (found, {})
    view = {WIDGET_VIEW: bundle.pop(WIDGET_VIEW)}
    if "image/png" in bundle:
        name = f"gradcam-{widget.model_id}"
        widget.add_class(name)
        picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
        width = picture.width // DENSITY
        bundle["text/html"] = still_html(picture, width, name, words)
        if len(bundle["image/png"]) > LARGE:
            bundle["image/png"] = at_density_one(picture)
        display(bundle, raw=True, metadata={"image/png": {"width": width}})
        bundle = {"text/plain": ""}  # where there is no view, nothing
    display(bundle | view, raw=True, metadata=metadata)


def at_density_one(picture: Image.Image) -> str:
    """Encode a picture as PNG, with one pixel for a CSS pixel, as small as can be; as Base64."""
    png = io.BytesIO()
    picture.reduce(DENSITY).save(png, "png", optimize=True)
    return base64.b64encode(png.getvalue()).decode()


def still_html(picture: Image.Image, width: int, name: str, words: str) -> str:
    """Write the picture, as a small WebP, and a sentence about it; `name` is the widget's class."""
    webp = io.BytesIO()
    picture.save(webp, "webp", quality=90)
    data = base64.b64encode(webp.getvalue()).decode()
    return (
        f"<style>{STYLE.format(name, OUTPUT)}</style>"
        f"<div class='{name}-still gradcam-still' lang='{language()}'>"
        f"<img src='data:image/webp;base64,{data}' width='{width}' alt='{html.escape(words)}'>"
        f"<p>{WORDS['still']}</p></div>"
    )
