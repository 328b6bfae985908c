"""Run a lesson in a kernel, and keep outputs and widgets; a second time, only if it changed."""

import hashlib
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tools.site.snapshots import Snapshot, read_snapshots

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
RUN = ROOT / "build" / "site_lessons"  # what lessons gave when they ran last
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
HIDDEN = "__import__('tools.site.snapshots', fromlist=['']).{}({!r})"
RUN_BY = ["gradcam_lab/**/*", "tools/site/run_lesson.py", "tools/site/snapshots.py"]


def run_lesson(path: Path) -> tuple[nbformat.NotebookNode, list[Snapshot]]:
    """Return a lesson with its outputs, and its widgets, each as its cell left it."""
    folder = RUN / path.relative_to(NOTEBOOKS).with_suffix("")
    notebook, snapshots, fingerprint = (
        folder / name for name in ("lesson.ipynb", "snapshots.pickle", "fingerprint")
    )
    wanted = fingerprint_of(path)
    if not fingerprint.exists() or fingerprint.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        fingerprint.unlink(missing_ok=True)
        nbformat.write(execute(nbformat.read(path, as_version=4), snapshots), notebook)
        fingerprint.write_text(wanted)
    return nbformat.read(notebook, as_version=4), read_snapshots(snapshots)


def execute(notebook: nbformat.NotebookNode, snapshots: Path) -> nbformat.NotebookNode:
    """Run all cells, and behind each that shows a widget a hidden one that notes it.

    The notebook is changed, and returned.
    """
    os.environ |= {
        "GRADCAM_LAB_OFFLINE": "1",  # outputs must not depend on the network ...
        "KERAS_HOME": str(ROOT / "build" / "keras"),  # ... nor on a cache
        "PYTHONPATH": str(ROOT),
        "TQDM_DISABLE": "1",  # a bar is a widget that is closed when its cell has ended
    }
    client = NotebookClient(
        notebook,
        timeout=300,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": RUN}},  # lessons write files beside them
    )

    cells = list(notebook.cells)
    notebook.cells.append(nbformat.v4.new_code_cell())  # where hidden cells stand

    def hidden(function: str, argument: str) -> None:
        cell = nbformat.v4.new_code_cell(HIDDEN.format(function, argument))
        client.execute_cell(cell, len(cells), store_history=False)

    with client.setup_kernel():
        for number, cell in enumerate(cells):
            client.execute_cell(cell, number)
            for identifier in widgets_of(cell):
                hidden("keep_snapshot", identifier)
        hidden("save_snapshots", str(snapshots))
    notebook.cells.pop()
    return notebook


def widgets_of(cell: nbformat.NotebookNode) -> list[str]:
    """Return the models of the widgets that a cell shows."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [each[WIDGET_VIEW]["model_id"] for each in data if WIDGET_VIEW in each]


def fingerprint_of(lesson: Path) -> str:
    """Return what changes when the lesson does, or anything that it runs."""
    found = hashlib.sha256()
    sources = {path for pattern in RUN_BY for path in ROOT.glob(pattern)}
    for path in [lesson, *sorted(sources)]:
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()
