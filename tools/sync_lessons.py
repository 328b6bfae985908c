"""Make each notebook anew from its Python source, run it, and keep what a reader needs.

The source is ``notebooks/*.py``; the notebook beside it is committed with its outputs, and so are
those in other languages, ``notebooks/ko/*.ipynb``. What only a running kernel understands (widget
state, widget views) is taken out, so that a page which shows the notebook falls back to the picture
beside it.

Run it from the project's root: ``python -m tools.sync_lessons [notebooks/02_grad_cam.py ...]``
"""

import base64
import io
import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from tools.translations import LANGUAGES, translated_lesson

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
OF_PHOTOGRAPHS = (
    250_000  # characters of a PNG: what has more shows photographs, and JPEG is for them
)


def sync(source: Path) -> None:
    """Bring the notebook of one lesson up to date with its source."""
    command = ["jupytext", "--quiet", "--to", "ipynb", "--update", str(source)]
    subprocess.run([sys.executable, "-m", *command], check=True)
    path = source.with_suffix(".ipynb")
    run(nbformat.read(path, as_version=4), path)
    for language in LANGUAGES:
        notebook = translated_lesson(source, language)
        run(notebook, NOTEBOOKS / language / path.name)


def run(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Run a notebook, and write it with what a reader needs of its outputs."""
    path.parent.mkdir(exist_ok=True)
    NotebookClient(
        notebook,
        timeout=300,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = for_readers(cell.outputs)
    notebook.metadata.pop("language_info", None)  # names the Python version of the day
    nbformat.write(notebook, path)
    print(f"{path.relative_to(NOTEBOOKS)}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def for_readers(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Leave out the widgets, and keep each picture once, as a picture."""
    kept = [output for output in outputs if WIDGET_VIEW not in output.get("data", {})]
    for output in kept:
        data = output.get("data", {})
        if "image/png" in data:  # of an explorer, which comes in HTML, too
            data.pop("text/html", None)
        if "image/jpeg" in data:  # Pillow's pictures come twice
            data.pop("image/png", None)
        elif len(data.get("image/png", "")) > OF_PHOTOGRAPHS:
            data["image/jpeg"] = to_jpeg(data.pop("image/png"))
            metadata = output.get("metadata", {})
            metadata.update({"image/jpeg": metadata.pop("image/png", {})})
    return kept


def to_jpeg(png: str) -> str:
    """Encode a picture anew; both are Base64."""
    jpeg = io.BytesIO()
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    picture.save(jpeg, "jpeg", quality=85)
    return base64.b64encode(jpeg.getvalue()).decode()


if __name__ == "__main__":
    os.environ["GRADCAM_LAB_OFFLINE"] = "1"  # outputs must not depend on the network ...
    os.environ["KERAS_HOME"] = str(NOTEBOOKS.parent / "build" / "keras")  # ... nor on a cache
    os.environ.pop("GRADCAM_LAB_WEIGHTS", None)
    for lesson in [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.py")):
        sync(lesson)
