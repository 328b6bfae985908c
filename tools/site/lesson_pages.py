"""Lessons as pages, with a place for each widget that a cell shows: at first, a still picture."""

import base64
import html
import io
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
from PIL import Image

from gradcam_lab.classroom.links import binder, colab
from tools.site.run_lesson import WIDGET_VIEW

STILL = re.compile(
    r"<img src='data:image/webp;base64,(?P<data>[^']*)'"
    r" width='(?P<width>\d+)' alt='(?P<words>[^']*)'>"
)
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
    words = " or ".join(f"[{place}]({address})" for place, address in there.items())
    heading, text = notebook.cells[0].source.split("\n", 1)
    notebook.cells[
        0
    ].source = f"{heading}\n\nRun it yourself, with nothing installed: on {words}.\n{text}"


def put_places(
    notebook: nbformat.NotebookNode, lesson: str, files: Sequence[Sequence[str]], stills: Path
) -> None:
    """Put places where cells of a lesson have shown widgets, and write the still pictures."""
    page, number = f"lesson_{lesson}", 0
    for cell in notebook.cells:
        kept, still = [], ""
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if found := STILL.search(data.get("text/html", "")):
                name = f"{page}_{number + 1}.webp"
                still = write_still(found, stills / name, f"../_static/explorers/{name}")
            elif WIDGET_VIEW in data:
                number += 1
                text = place(page, number, files[number - 1], still, lesson=lesson, up="../")
                kept.append(nbformat.v4.new_output("display_data", {"text/html": text}))
            else:
                data.pop("image/png", None) if "image/jpeg" in data else None
                kept.append(output)
        if "outputs" in cell:
            cell.outputs = kept


def write_still(found: re.Match, path: Path, address: str) -> str:
    """Write the still picture of a widget; return the element that shows it."""
    content = base64.b64decode(found["data"])
    path.write_bytes(content)
    width = int(found["width"])
    height = round(width * (size := Image.open(io.BytesIO(content)).size)[1] / size[0])
    words = html.escape(html.unescape(found["words"]))
    return f'<img src="{address}" width="{width}" height="{height}" alt="{words}">'
