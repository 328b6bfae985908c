"""Lessons as pages, with a place for each widget that a cell shows: at first, a still picture."""

import base64
import html
import io
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import nbformat
from PIL import Image

from gradcam_lab._language import say
from gradcam_lab.classroom.links import binder, colab
from tools.site.run_lesson import WIDGET_VIEW

STILL = re.compile(
    r"<img src='data:image/webp;base64,(?P<data>[^']*)'"
    r" width='(?P<width>\d+)' alt='(?P<words>[^']*)'>"
)
SENTENCE = re.compile(r"\*(?!\*)(.+?)(?<!\*)\*(?!\*)", re.DOTALL)  # the italic one under a figure
PLACE = (
    '<div class="site-explorer" id="explorer-{number}" data-page="{page}" data-lesson="{lesson}"'
    ' data-explorer="{number}" data-files="{files}">{still}</div>'
)
SCRIPT = '<script defer src="{}_static/explorers.js"></script>'


def place(
    page: str, number: int, files: Sequence[str], still: str = "", *, lesson: str = "", up: str = ""
) -> str:
    """Return the HTML of a place for a widget, with the script where it is the page's first."""
    text = PLACE.format(page=page, number=number, files=" ".join(files), still=still, lesson=lesson)
    return text + (SCRIPT.format(up) if number == 1 else "")


def put_links(notebook: nbformat.NotebookNode, repository: str, name: str) -> None:
    """Put links below a lesson's heading that open it where it runs."""
    there = {
        "Google Colab": colab(repository, name),
        "Binder": binder(repository, "main", f"notebooks/{name}"),
    }
    places = " · ".join(f"[{place}]({address})" for place, address in there.items())
    words = say("Run it yourself, with nothing installed: {places}", places=places)
    heading, text = notebook.cells[0].source.split("\n", 1)
    notebook.cells[0].source = f"{heading}\n\n{words}\n{text}"


def describe_figures(notebook: nbformat.NotebookNode) -> None:
    """Give each cell's pictures the sentence that stands under them, for who cannot see them."""
    for cell, below in pairwise(notebook.cells):
        if cell.cell_type == "code" and (found := SENTENCE.match(below.source)):
            words = " ".join(found[1].replace("`", "").split())
            cell.metadata["mystnb"] = {"image": {"alt": words}}


def put_places(
    notebook: nbformat.NotebookNode,
    lesson: str,
    page: str,
    files: Sequence[Sequence[str]],
    stills: Path,
    *,
    up: str = "../",
) -> None:
    """Put places where cells of a lesson have shown widgets, and write the still pictures.

    `page` names the page's files, and `up` leads from the page to the folder of the site.
    """
    number = 0
    for cell in notebook.cells:
        sentence = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        kept, still = [], ""
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if found := STILL.search(data.get("text/html", "")):
                name = f"{page}_{number + 1}.webp"
                address = f"{up}_static/explorers/{name}"
                still = write_still(found, stills / name, address, sentence)
            elif WIDGET_VIEW in data:
                number += 1
                text = place(page, number, files[number - 1], still, lesson=lesson, up=up)
                kept.append(nbformat.v4.new_output("display_data", {"text/html": text}))
            else:
                data.pop("image/png", None) if "image/jpeg" in data else None
                kept.append(output)
        if "outputs" in cell:
            cell.outputs = kept


def write_still(found: re.Match, path: Path, address: str, sentence: str | None = None) -> str:
    """Write the still picture of a widget; return the element that shows it.

    It is described by a sentence, or else by the widget's own words.
    """
    content = base64.b64decode(found["data"])
    path.write_bytes(content)
    width = int(found["width"])
    height = round(width * (size := Image.open(io.BytesIO(content)).size)[1] / size[0])
    words = html.escape(sentence or html.unescape(found["words"]))
    return f'<img src="{address}" width="{width}" height="{height}" alt="{words}">'
