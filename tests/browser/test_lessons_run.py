"""Lessons as a student sees them: in JupyterLab or in Notebook 7, from top to bottom.

That all lessons run is tested with nbval; here are those with the most that a browser does.
"""

import pytest

PLACES = [("02_grad_cam.ipynb", "Notebook 7")]


@pytest.mark.thorough
@pytest.mark.parametrize(("lesson", "app"), PLACES)
def test_every_cell_runs_without_error_or_warning(open_notebook, lesson, app):
    notebook = open_notebook(lesson, app)
    assert notebook.code_cells
    assert notebook.page.locator(".gradcam-heatmap-view canvas").count() > 0
    notebook.stop_kernel()
