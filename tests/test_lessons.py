"""The lessons keep their rules; that they run is what nbval tests, on the notebooks."""

import io
import re
import statistics
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import matplotlib.pyplot as plt
import nbformat
import pytest

from gradcam_lab import build_cnn
from gradcam_lab._tensorflow import keras

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("*.py"))
TITLES = {
    "01_build_a_cnn": [
        "1.1 Import Library",
        "1.2 Load MNIST data set",
        "1.3 Build a CNN Model",
        "1.4 Define Loss and Optimizer",
        "1.5 Training",
        "1.6 Test",
    ],
    "02_grad_cam": [
        "2.1 Model summary",
        "2.2 Implementing Grad-CAM",
        "2.3 Test",
        "2.4 Joint image and heatmap",
        "2.5 Result of Jointing image and heatmap",
        "2.6 Compare similar numbers",
    ],
    "03_trained_model": [
        "3.1 Import Library",
        "3.2 Import VGG 16 model and image data set",
        "3.3 Implementing Grad-CAM",
        "3.4 Test",
        "3.5 Joint image and heatmap",
    ],
}
FIGURE = re.compile(r"image/(png|jpeg)")
every_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells_of(source: Path, kind: str) -> list[str]:
    return [cell.source for cell in jupytext.read(source).cells if cell.cell_type == kind]


def notebook_of(source: Path) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


@every_lesson
def test_notebook_is_the_twin_of_its_source(source):
    def content(notebook: nbformat.NotebookNode) -> list[tuple]:
        return [(c.cell_type, c.source, c.metadata.get("tags")) for c in notebook.cells]

    assert content(notebook_of(source)) == content(jupytext.read(source)), "run `make sync`"


@every_lesson
def test_notebook_was_run_from_top_to_bottom_without_error_or_warning(source):
    code = [cell for cell in notebook_of(source).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert "nan" not in "".join(o.get("text", "") for o in outputs).lower().split()


@every_lesson
def test_notebook_keeps_no_widget_state_and_is_small(source):
    assert "widgets" not in notebook_of(source).metadata
    assert source.with_suffix(".ipynb").stat().st_size < 3_000_000


@every_lesson
def test_headings_repeat_the_course(source):
    text = "\n".join(cells_of(source, "markdown"))
    headings = re.findall(r"^## (\d\.\d .*)$", text, flags=re.MULTILINE)
    assert headings == TITLES[source.stem]
    assert len(re.findall(r"^# ", text, flags=re.MULTILINE)) == 1
    assert "**After this lesson you can**" in text
    assert re.search(r"\*\*Time:\*\* \d+ minutes", text)
    assert text.count("\n## In this notebook you") == 1
    assert text.count("*Predict") >= 4


@every_lesson
def test_code_cells_are_short(source):
    lengths = [len(cell.splitlines()) for cell in cells_of(source, "code")]
    assert max(lengths) <= 15
    assert statistics.median(lengths) <= 5


@every_lesson
def test_prose_does_not_call_anything_easy(source):
    words = re.findall(r"\w+", "\n".join(cells_of(source, "markdown")).lower())
    assert not {"simply", "just", "easily", "obviously"} & set(words)


@every_lesson
def test_every_figure_is_followed_by_words_about_it(source):
    cells = notebook_of(source).cells
    for number, cell in enumerate(cells):
        shown = [key for output in cell.get("outputs", []) for key in output.get("data", {})]
        if any(FIGURE.match(key) for key in shown):
            assert cells[number + 1].cell_type == "markdown", cell.source
            assert cells[number + 1].source.startswith("*"), cell.source


@every_lesson
def test_solutions_are_found_correct_by_the_lessons_own_checks(source, tmp_path, monkeypatch):
    """Run the lesson; at each solution, run it and then the check that stands before it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    namespace: dict = {}
    verdicts, check = [], ""
    for cell in jupytext.read(source).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, source.name, "exec"), namespace)
            check = cell.source
        elif solution := re.search(r"<summary>Solution.*?```python\n(.*?)```", cell.source, re.S):
            assert "Not answered yet." in check
            exec(compile(solution[1], "solution", "exec"), namespace)
            with redirect_stdout(io.StringIO()) as printed:
                exec(compile(check, "check", "exec"), namespace)
            verdicts.append(printed.getvalue().strip())
    assert verdicts == ["Correct."] * len(verdicts)
    assert len(verdicts) in (2, 3)


def test_lesson_2_explains_the_network_that_a_student_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    keras.utils.set_random_seed(0)
    keras.Sequential(build_cnn().layers).save("my_cnn.keras")
    namespace: dict = {}
    for cell in cells_of(NOTEBOOKS / "02_grad_cam.py", "code"):
        exec(cell.replace("use_my_own = False", "use_my_own = True"), namespace)
    assert namespace["use_my_own"]
