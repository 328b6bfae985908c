"""The versions of a lesson: what each holds, and what it must not hold."""

import re
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest

from gradcam_lab.classroom import release as writer
from gradcam_lab.classroom.command import main
from gradcam_lab.classroom.lessons import lesson_files
from gradcam_lab.classroom.marks import mark, same
from gradcam_lab.classroom.versions import (
    CODE,
    is_a,
    nbgrader_version,
    student_version,
    teacher_version,
    teaching_notes,
)

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
ASKS = re.compile(r"\*Predict(:\*|\* )|lab\.Prediction\(")
SOLUTION = "<summary>Solution</summary>"


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a folder that the command has written, with everything in it."""
    folder = tmp_path_factory.mktemp("course") / "released"
    assert main(["release", str(folder), "--teacher", "--nbgrader"]) == 0
    return folder


def cells_in(folder):
    """Give the cells of each notebook below a folder."""
    notebooks = [nbformat.read(path, as_version=4) for path in sorted(folder.rglob("*.ipynb"))]
    assert len(notebooks) == len(SOURCES)
    return [notebook.cells for notebook in notebooks]


def markdown(source, *tags):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source, *tags):
    shown = nbformat.v4.new_output("stream", text="shown")
    metadata = {"tags": list(tags)}
    return nbformat.v4.new_code_cell(source, outputs=[shown], execution_count=1, metadata=metadata)


def notebook_of(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


# the tags of the sources


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_tags_say_what_the_cells_of_a_lesson_are(source):
    cells = jupytext.read(source).cells
    for cell in cells:
        words = cell.source.replace("\n", " ")
        assert is_a("prediction", cell) == bool(ASKS.search(words)), cell.source
        assert is_a("solution", cell) == cell.source.startswith(f"<details>{SOLUTION}"), cell.source
        dots = cell.cell_type == "code" and re.search(r"^\w+ = \.\.\.$", cell.source, re.M)
        assert is_a("answer", cell) == bool(dots), cell.source
    parts = [tag for cell in cells for tag in ("answer", "check", "solution") if is_a(tag, cell)]
    assert parts == ["answer", "check", "solution"] * parts.count("answer")


# students


def test_student_sees_no_solution_and_no_output_between_a_prediction_and_the_next_heading():
    lesson = notebook_of(
        code("1"),
        markdown("*Predict:* what?", "prediction"),
        code("2"),
        markdown("*There it is.*"),
        code("3"),
        markdown("words\n\n### A heading"),
        code("4"),
        markdown(f"<details>{SOLUTION}4</details>", "solution"),
    )
    cells = student_version(lesson).cells
    assert [cell.source for cell in cells if cell.cell_type == "code"] == ["1", "2", "3", "4"]
    shown = [bool(cell.outputs) for cell in cells if cell.cell_type == "code"]
    assert shown == [True, False, False, True]
    assert not [cell for cell in cells if "Solution" in cell.source]
    assert lesson.cells[2].outputs  # what was given is as it was


def test_prediction_under_its_own_heading_hides_what_follows():
    cells = student_version(notebook_of(markdown("## 1\n*Predict:* x", "prediction"), code("2")))
    assert cells.cells[1].outputs == [] and cells.cells[1].execution_count is None


def test_released_lessons_for_students_hold_no_solution(released):
    solutions = [
        line
        for lesson in lesson_files()
        for cell in nbformat.read(lesson, as_version=4).cells
        if is_a("solution", cell)
        for line in CODE.findall(cell.source)[0].splitlines()
    ]
    assert len(solutions) > len(SOURCES)
    for cells in cells_in(released / "student"):
        text = "\n".join(cell.source for cell in cells)
        assert SOLUTION not in text
        own = [cell.source for cell in cells if cell.cell_type == "code"]
        assert not [line for line in solutions if line in "\n".join(own).splitlines()]
        assert [cell for cell in cells if cell.get("outputs")]


# teachers


TEACHING = """# Teaching
## A plan
| minutes | sections | what happens |
|---|---|---|
| 0–5 | 2.1–2.2 | read |
| 5–9 | 2.3 | run |
## What goes wrong
| section | what | what helps |
|---|---|---|
| 2.2 | a sum | a mean |
"""


def test_notes_belong_to_the_sections_that_their_rows_name():
    notes = teaching_notes(TEACHING)
    assert set(notes) == {"2.1", "2.2", "2.3"}
    for section in ("2.1", "2.2"):
        assert "| 0–5 | 2.1–2.2 | read |" in notes[section]
    assert "a mean" in notes["2.2"] and "5–9" not in notes["2.2"]
    assert "a mean" not in notes["2.3"] and "**A plan**" in notes["2.3"]


def test_teacher_reads_notes_below_their_section_and_open_solutions():
    lesson = notebook_of(
        markdown("## 2.1 Begin"), code("1"), markdown(f"<details>{SOLUTION}4</details>", "solution")
    )
    cells = teacher_version(lesson, {"2.1": "first\n\nsecond", "2.2": "elsewhere"}).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "markdown", "code", "markdown"]
    assert cells[1].source == "> first\n>\n> second"
    assert cells[2].outputs
    assert cells[3].source == f"<details open>{SOLUTION}4</details>"


def test_every_row_of_teaching_that_names_a_section_stands_in_a_teachers_lesson(released):
    text = "".join(cell.source for cells in cells_in(released / "teacher") for cell in cells)
    rows = re.findall(
        r"^\| (?:\d\.\d|[\d–]+ \| \d\.\d).*$", (ROOT / "TEACHING.md").read_text(), re.M
    )
    assert len(rows) > 30
    assert [row for row in rows if f"> {row}" not in text] == []


# nbgrader


def exercise(solution="a = 1\n"):
    return notebook_of(
        code("a = ...", "answer"),
        code("print(a)", "check"),
        markdown(f"<details>{SOLUTION}\n\n```python\n{solution}```\n\n</details>", "solution"),
    )


def test_exercise_becomes_an_answer_with_a_solution_a_locked_check_and_marks():
    answer, check, marks = nbgrader_version(exercise(), [["same(a, 1)", "a"]]).cells
    assert answer.source == "a = ...\n### BEGIN SOLUTION\na = 1\n### END SOLUTION"
    assert answer.metadata.nbgrader["solution"] and not answer.metadata.nbgrader["grade"]
    assert check.source == "print(a)" and check.metadata.nbgrader["locked"]
    assert marks.metadata.nbgrader["grade"] and marks.metadata.nbgrader["points"] == 2
    released = re.sub(r"### BEGIN HIDDEN TESTS.*### END HIDDEN TESTS", "", marks.source, flags=re.S)
    assert released.strip() == "# nbgrader: 2 points"


def test_exercise_without_a_hidden_check_is_refused_in_words_that_name_the_file():
    with pytest.raises(ValueError, match=r"hidden_checks\.toml: found 1, 1, 1 and 0"):
        nbgrader_version(exercise(), [])


def test_marks_of_every_exercise_compile_and_have_ids_of_their_own(released):
    for cells in cells_in(released / "nbgrader"):
        graded = [cell for cell in cells if "nbgrader" in cell.metadata]
        ids = [cell.metadata.nbgrader["grade_id"] for cell in graded]
        assert ids and len(set(ids)) == len(ids)
        points = [cell.metadata.nbgrader.get("points", 0) for cell in graded]
        for cell, worth in zip(graded, points, strict=True):
            compile(cell.source, "cell", "exec")
            assert cell.source.count("lambda:") == worth
        assert sum(points) >= len(ids) / 3


def test_hidden_checks_give_every_point_to_a_solution_and_none_to_a_blank(released):
    """The exercises that need no network: those by hand, and the verdicts."""
    without_network = {"my_weights", "my_second_heatmap", "my_shape", "verdicts"}
    tried = 0
    for cells in cells_in(released / "nbgrader"):
        graded = [cell for cell in cells if "nbgrader" in cell.metadata]
        for answer, marks in zip(graded[::3], graded[2::3], strict=True):
            if not any(answer.source.startswith(name) for name in without_network):
                continue
            tried += 1
            blank, _ = answer.source.split("### BEGIN SOLUTION")
            expression = re.search(r"^mark\(.*^\)", marks.source, flags=re.M | re.S)[0]
            names = {"np": np, "mark": mark, "same": same}
            for source, points in [(blank, 0), (answer.source, marks.metadata.nbgrader["points"])]:
                exec(source, names)
                assert eval(expression, names) == points
    assert tried == len(without_network)


class Hostile:
    """An answer that nothing can be done with."""

    def __array__(self, *_arguments, **_options):
        raise RuntimeError("no")

    def __bool__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "silly", [..., None, Hostile(), [[1], [2, 3]], {}, len, "seven", 10**400, np.full(2, "a")]
)
def test_marks_survive_any_answer_and_say_nothing(silly, capsys):
    assert mark(lambda: same(silly, 1), lambda: silly == 2, lambda: missing) == 0  # noqa: F821
    assert capsys.readouterr() == ("", "")


def test_mark_counts_what_holds_and_keeps_words_to_itself(capsys):
    def speak():
        print("here")
        return print("there", file=sys.stderr) is None

    assert mark(lambda: same([1, 2.001], (1, 2)), lambda: False, speak) == 2
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("other", [[2, -1.02], [[2, -1]], [2], 2, [2, np.nan]])
def test_other_numbers_or_another_shape_are_not_the_same(other):
    assert not mark(lambda: same(other, [2, -1]))


# writing


def test_nothing_that_is_written_is_paired(released):
    for path in released.rglob("*.ipynb"):
        assert set(nbformat.read(path, as_version=4).metadata) == {"kernelspec"}


def test_folder_that_holds_something_is_left_as_it_is(tmp_path, capsys):
    work = tmp_path / "somebodys.ipynb"
    work.write_text("work")
    assert main(["release", str(tmp_path)]) == 1
    assert f"{tmp_path} is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["somebodys.ipynb"]


def test_folder_in_which_jupytext_pairs_is_refused(tmp_path, capsys):
    (tmp_path / "pyproject.toml").write_text("[tool.jupytext]\nformats = 'ipynb,py:percent'\n")
    assert main(["release", str(tmp_path / "released")]) == 1
    assert "name a folder outside of it" in capsys.readouterr().err
    assert not (tmp_path / "released").exists()


def test_language_without_lessons_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["release", str(tmp_path / "released"), "--language", "tlh"])
    assert "there are no lessons in 'tlh'; the languages are: en" in capsys.readouterr().err
    assert not (tmp_path / "released").exists()


def test_release_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def breaks_off(*_arguments, **_options):
        raise OSError("no space left")

    monkeypatch.setattr(writer.Path, "write_text", breaks_off)
    assert main(["release", str(tmp_path / "released")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_students_alone_are_written_where_nothing_else_is_asked_for(tmp_path):
    assert main(["release", str(tmp_path / "released")]) == 0
    assert [path.name for path in (tmp_path / "released").iterdir()] == ["student"]
