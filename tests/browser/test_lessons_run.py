"""The lessons as a student sees them: in JupyterLab and in Notebook 7, from top to bottom."""

from pathlib import Path

import pytest

LESSONS = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PLACES = [*((lesson, "JupyterLab") for lesson in LESSONS), ("02_grad_cam.ipynb", "Notebook 7")]


@pytest.mark.parametrize(("lesson", "app"), PLACES)
def test_every_cell_runs_without_error_or_warning(open_notebook, lesson, app):
    notebook = open_notebook(lesson, app)
    assert notebook.code_cells
    assert notebook.page.locator(".gradcam-heatmap-view canvas").count() > 0
    notebook.stop_kernel()
