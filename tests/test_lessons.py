"""The lessons keep their rules; that they run is what nbval tests, on the notebooks."""

import io
import re
import statistics
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import ipywidgets as widgets
import jupytext
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from gradcam_lab import HeatmapView, build_cnn, sample_image, spatial_layers, trained_cnn
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.widgets.quizzes import concept_test, prediction

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
    "04_believe_a_heatmap": [
        "4.1 Is red evidence?",
        "4.2 Does it depend on what the network has learned?",
        "4.3 Clever Hans",
        "4.4 Whose heatmap is it?",
        "4.5 What moves without a reason",
        "4.6 A checklist for belief",
    ],
}
FIGURE = re.compile(r"image/(png|jpeg)")
COURSE_BOX = re.compile(
    r"<details><summary>What the course does, and why we do it otherwise</summary>\n.*?</details>",
    flags=re.DOTALL,
)
OF_A_MAP = re.compile(r"superimpose|on_paper|heatmap|signed")
# boxes, code, formulas, headings, addresses, years, numbered items, sections, a name
NO_PROSE = re.compile(
    r"<details>.*?</details>|```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|^#.*?$|\]\([^)]*\)"
    r"|\b(?:19|20)\d\d\b|^\d+\. |\b[1-4]\.[1-6]\b|VGG16",
    flags=re.DOTALL | re.MULTILINE,
)
NUMBER = re.compile(r"\d[\d,.]*\d")
FACTS = {  # numbers that are no result of a cell, but facts about the world
    "01_build_a_cnn": {"70,000", "3,000", "1,000", "255", "10"},  # MNIST, a part of it, a byte, %
    "02_grad_cam": {"255"},
    "03_trained_model": {"528", "255"},  # megabytes of a file, a byte
    "04_believe_a_heatmap": {"95"},  # % of an interval
}
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
def test_notebook_prints_no_digits_that_belong_to_the_processor(source):
    """Processors agree on about four digits of what a network answers."""
    cells = notebook_of(source).cells
    compared = [c for c in cells if "nbval-ignore-output" not in c.metadata.get("tags", [])]
    outputs = [output for cell in compared for output in cell.get("outputs", [])]
    printed = "".join(output.get("text", "") for output in outputs)
    assert not re.findall(r"\d+\.\d{4,}", printed)


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
    assert statistics.median(lengths) <= 6


@every_lesson
def test_prose_does_not_call_anything_easy(source):
    words = re.findall(r"\w+", "\n".join(cells_of(source, "markdown")).lower())
    assert not {"simply", "just", "easily", "obviously"} & set(words)


@every_lesson
def test_evidence_is_no_other_word_for_red(source):
    """Whether a warm place is evidence is what lesson 4 tests."""
    if not source.stem.startswith("04"):
        assert "evidence" not in source.read_text().lower()


@every_lesson
def test_every_section_says_what_the_course_does(source):
    text = "\n".join(cells_of(source, "markdown"))
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    of_the_course = [section for section in sections if re.match(r"[123]\.\d ", section)]
    assert [len(COURSE_BOX.findall(section)) for section in of_the_course] == [1] * len(
        TITLES[source.stem] if of_the_course else []
    )


@every_lesson
def test_every_number_in_prose_is_in_a_cell_above(source):
    above, numbers = "", {}
    for cell in notebook_of(source).cells:
        if cell.cell_type == "code":
            plain = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
            outputs = [output.get("text", "") for output in cell.outputs] + plain
            above += "\n".join([cell.source, *outputs]).replace(",", "").replace("_", "")
        elif above:  # what stands before the first cell says what the lesson is about
            for number in NUMBER.findall(NO_PROSE.sub(" ", cell.source)):
                if not re.search(rf"(?<![\d.]){re.escape(number.replace(',', ''))}(?!\d)", above):
                    numbers[number] = cell.source
    missing = numbers.keys() - FACTS.get(source.stem, set())
    assert not missing, {number: numbers[number] for number in missing}


@every_lesson
def test_every_figure_is_followed_by_words_about_it(source):
    cells = notebook_of(source).cells
    for number, cell in enumerate(cells):
        shown = [key for output in cell.get("outputs", []) for key in output.get("data", {})]
        if any(FIGURE.match(key) for key in shown):
            assert cells[number + 1].cell_type == "markdown", cell.source
            assert cells[number + 1].source.startswith("*"), cell.source


class Exercise(NamedTuple):
    """What an exercise's own check printed."""

    of_solution: str
    of_silly_answers: dict[str, str]


class Lesson(NamedTuple):
    """A lesson that has run, as a student leaves it."""

    name: str
    exercises: list[Exercise]
    variables: dict
    figures: list[tuple[str, str]]  # the code that drew each, and the words in it
    course_boxes: list[str]  # what their code printed


def silly_answers() -> dict[str, object]:
    """Return what a student may put into a blank, by mistake or to see what happens."""
    return {
        "negative": -7,
        "huge": 10**400,
        "float": 0.123456,
        "not a number": float("nan"),
        "words": "seven by seven",
        "no words": "",
        "None": None,
        "empty list": [],
        "list": [-1, -2],
        "ragged list": [[1], [2, 3]],
        "list of words": ["a", "b"],
        "dict": {"a": 1},
        "class": dict,
        "function": len,
        "picture": sample_image("cat"),
        "pictures": [sample_image("cat"), sample_image("coffee")],
        "number": np.float32(-2),
        "one element": np.array([-3.0]),
        "vector": np.arange(3.0),
        "wrong shape": np.zeros((28, 28, 1)),
        "array of words": np.full((14, 14), "a"),
        "tensor": tensorflow.zeros((14, 14)),
        "model": build_cnn(),
    }


def printed_by(code: str, namespace: dict) -> str:
    """Run code in a namespace and return what it prints, or the exception that it raises."""
    with redirect_stdout(io.StringIO()) as printed:
        try:
            exec(compile(code, "cell", "exec"), namespace)
        except Exception as error:
            return f"raised {error!r}"
    return printed.getvalue().strip()


def try_exercise(check: str, blanks: list[str], solution: str, variables: dict) -> Exercise:
    """Put the solution into the blanks; then silly answers, into all of them and into each one."""
    solved = printed_by(f"{solution}\n{check}", variables)
    return Exercise(
        solved,
        {
            f"{kind} in {filled}": printed_by(check, variables | dict.fromkeys(filled, answer))
            for kind, answer in silly_answers().items()
            for filled in (blanks, *([blank] for blank in blanks[1:]), blanks[:1])
        },
    )


def words_in(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))


def fit_at_once(model: keras.Model, *args: object, epochs: int, **kwargs: object) -> object:
    """Stand in for training, which nbval runs: here the shipped weights will do."""
    model.set_weights(trained_cnn().get_weights())
    falling = np.linspace(1, 0.1, epochs)
    return SimpleNamespace(history={"loss": falling, "accuracy": 1 - falling})


RUN_IN_PROCESS = [  # a minute or two each; lesson 2 has most of what can go wrong
    pytest.param(path, marks=[] if path.stem == "02_grad_cam" else pytest.mark.thorough)
    for path in SOURCES
]


@pytest.fixture(scope="module", params=RUN_IN_PROCESS, ids=[path.stem for path in SOURCES])
def lesson(request, tmp_path_factory) -> Lesson:
    """Run a lesson; where a solution stands, try the exercise with the check before it."""
    cells, variables = [""], {}
    done = Lesson(request.param.stem, [], variables, [], [])

    def note_figure():
        done.figures.append((cells[-1], words_in(plt.gcf())))
        plt.close("all")

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("lesson"))
        patch.setattr(plt, "show", note_figure)
        patch.setattr(keras.Model, "fit", fit_at_once)
        patch.setattr(prediction, "_SO_FAR", {})  # what other tests have asked in this process
        patch.setattr(concept_test, "_TESTS", {})
        for cell in jupytext.read(request.param).cells:
            if cell.cell_type == "code":
                cells.append(cell.source)
                exec(compile(cell.source, request.param.name, "exec"), variables)
                continue
            for code in re.findall(
                r"```python\n(.*?)```", "".join(COURSE_BOX.findall(cell.source)), re.S
            ):
                done.course_boxes.append(printed_by(code, dict(variables)))
            if solution := re.search(r"<summary>Solution.*?```python\n(.*?)```", cell.source, re.S):
                blanks = re.findall(r"^(\w+) = \.\.\.$", cells[-2], re.M)
                done.exercises.append(try_exercise(cells[-1], blanks, solution[1], variables))
    return done


def test_solutions_are_found_correct_by_the_lessons_own_checks(lesson):
    assert len(lesson.exercises) in (2, 3, 5)
    assert {exercise.of_solution for exercise in lesson.exercises} == {"Correct."}


def test_checks_answer_any_silly_answer_with_one_hint(lesson):
    for exercise in lesson.exercises:
        assert exercise.of_silly_answers
        for answer, hint in exercise.of_silly_answers.items():
            assert len(hint.splitlines()) == 1, (answer, hint)
            assert not hint.startswith(("raised", "Correct.", "Not answered")), (answer, hint)


def test_every_figure_of_a_map_names_network_layer_class_and_method(lesson):
    variables = lesson.variables
    network = variables.get("network") or variables.get("photographs")
    models = [variables["model"]] + ([network.model] if network else [])
    networks = ([network.name] if network else []) + (["CNN"] if "digits" in variables else [])
    layers = [name for model in models for name in spatial_layers(model)]
    classes = ["class ", *(network.class_names if network else [])]
    figures = [words for code, words in lesson.figures if OF_A_MAP.search(code)]
    assert figures
    for words in figures:
        for names in (networks, layers, classes, ["Grad-CAM", "HiResCAM", "five methods"]):
            assert any(name in words for name in names), (words, names[:3])


def test_code_in_boxes_about_the_course_runs(lesson):
    assert lesson.course_boxes or lesson.name[:2] in ("01", "04")
    assert not [printed for printed in lesson.course_boxes if printed.startswith("raised")]


def views_in(widget: widgets.Widget) -> list[HeatmapView]:
    inside = [view for child in getattr(widget, "children", ()) for view in views_in(child)]
    return [widget, *inside] if isinstance(widget, HeatmapView) else inside


def test_every_explorer_is_left_with_something_to_see(lesson):
    explorers = {name: each for name, each in lesson.variables.items() if views_in(each)}
    assert len(explorers) == {"01": 1, "02": 5, "03": 4, "04": 3}[lesson.name[:2]]
    for name, explorer in explorers.items():
        for view in views_in(explorer):
            assert any(view.heatmap), name


def test_every_explorer_is_left_to_explain_the_predicted_class(lesson):
    """Otherwise the next picture that a student chooses or draws is explained as another thing."""
    targets = {
        name: each.target
        for name, each in lesson.variables.items()
        if name != "both" and hasattr(each, "target") and views_in(each)
    }
    assert targets
    assert set(targets.values()) == {None}, targets


def test_lesson_3_counts_vgg16_as_the_course_does():
    printed = "".join(
        output.get("text", "")
        for cell in notebook_of(NOTEBOOKS / "03_trained_model.py").cells
        for output in cell.get("outputs", [])
    )
    for line in (
        r"block1_conv1 +\(224, 224, 64\) +1,792",
        r"block5_pool +\(7, 7, 512\) +0",
        r"fc1 +\(4096,\) +102,764,544",
        r"predictions +\(1000,\) +4,097,000",
        r"together +138,357,544",
    ):
        assert re.search(rf"^{line}$", printed, flags=re.M), line


def test_lesson_2_explains_the_network_that_a_student_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    keras.utils.set_random_seed(0)
    keras.Sequential(build_cnn().layers).save("my_cnn.keras")
    namespace: dict = {}
    for cell in cells_of(NOTEBOOKS / "02_grad_cam.py", "code"):
        exec(cell.replace("use_my_own = False", "use_my_own = True"), namespace)
    assert namespace["use_my_own"]
