"""A lesson's versions, out of one notebook: for students, for teachers, for nbgrader.

The tags of a lesson's cells say what is what: ``prediction`` where a student decides on an answer
before the next cells show it, ``answer`` where an exercise is answered, ``check`` what looks at
that answer at once, ``solution`` what the answer is. A check whose answer is hidden stands in
`hidden_checks.toml`, beside this file: it is for nbgrader alone.

Functions from notebook to notebook: nothing here reads a file, and what is given stays as it is.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

HEADING = re.compile(r"^#{2,6} ", flags=re.MULTILINE)
SECTION = re.compile(r"^## (\d\.\d) ", flags=re.MULTILINE)
SECTIONS = re.compile(r"(\d)\.(\d)(?:–\1\.(\d))?")  # 2.3, or 2.3–2.5
TABLE = re.compile(r"(?:^\|.*\n?)+", flags=re.MULTILINE)
CODE = re.compile(r"```python\n(.*?)```", flags=re.DOTALL)
SCHEMA = 3  # of nbgrader's metadata, since its version 0.6


def student_version(notebook: NotebookNode) -> NotebookNode:
    """Return a lesson without solutions, and without what it shows after a prediction.

    From a prediction to the next heading no output is kept: who wants to see it has to run the
    cell. The sentences about what there is to see remain.
    """
    lesson = alone(notebook)
    lesson.cells = [cell for cell in lesson.cells if not is_a("solution", cell)]
    secret = False
    for cell in lesson.cells:
        if is_a("prediction", cell):
            secret = True
        elif cell.cell_type == "markdown" and HEADING.search(cell.source):
            secret = False
        if secret and cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return lesson


def teacher_version(notebook: NotebookNode, notes: dict[str, str]) -> NotebookNode:
    """Return a lesson with open solutions, and with notes where their sections begin.

    Parameters
    ----------
    notebook : NotebookNode
        A lesson.
    notes : dict of str to str
        Markdown for a section's number, such as ``"2.3"``: what `teaching_notes` returns.
    """
    lesson = alone(notebook)
    cells = []
    for cell in lesson.cells:
        if is_a("solution", cell):
            cell.source = cell.source.replace("<details>", "<details open>", 1)
        cells.append(cell)
        for section in SECTION.findall(cell.source) if cell.cell_type == "markdown" else ():
            if section in notes:
                metadata = {"tags": ["teaching"]}
                quoted = "\n".join(f"> {line}".rstrip() for line in notes[section].splitlines())
                name = f"teaching-{section.replace('.', '-')}"
                cells.append(nbformat.v4.new_markdown_cell(quoted, id=name, metadata=metadata))
    lesson.cells = cells
    return lesson


def teaching_notes(text: str) -> dict[str, str]:
    """Return what TEACHING.md says about each section: the rows of its tables that name it.

    Parameters
    ----------
    text : str
        TEACHING.md, in any language: a row belongs to the sections, one or a range of them, that
        stand in one of its first two columns.

    Returns
    -------
    dict of str to str
        For each section's number Markdown: tables, under the headings that they have there.
    """
    notes: dict[str, list[str]] = defaultdict(list)
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = part.splitlines()[0]
        for table in TABLE.findall(part):
            head, rule, *rows = table.splitlines()
            about: dict[str, list[str]] = defaultdict(list)
            for row in rows:
                for section in sections_of(row):
                    about[section].append(row)
            for section, of_section in about.items():
                notes[section] += [f"**{title}**", "", head, rule, *of_section, ""]
    return {section: "\n".join(lines).strip() for section, lines in notes.items()}


def sections_of(row: str) -> Iterator[str]:
    """Give the numbers of the sections that a row of a table is about."""
    for column in row.split("|")[1:3]:
        if found := SECTIONS.fullmatch(column.strip()):
            lesson, first, last = found.groups()
            yield from (
                f"{lesson}.{number}" for number in range(int(first), int(last or first) + 1)
            )


def nbgrader_version(
    notebook: NotebookNode, hidden_checks: Sequence[Sequence[str]]
) -> NotebookNode:
    """Return a lesson as a source of nbgrader: ``nbgrader generate_assignment`` releases it.

    An exercise is three cells. The answer has its solution in a region that nbgrader takes out.
    The lesson's own check can be run by the student, but not changed. The marks are empty for the
    student; when a submission is graded, they hold the hidden check.

    Parameters
    ----------
    notebook : NotebookNode
        A lesson.
    hidden_checks : sequence of sequences of str
        For each exercise its conditions, as Python: a point for each.

    Raises
    ------
    ValueError
        If answers, checks, solutions and hidden checks do not belong together.
    """
    solutions = [CODE.findall(cell.source) for cell in notebook.cells if is_a("solution", cell)]
    lesson = student_version(notebook)
    tags = [tag for cell in lesson.cells for tag in ("answer", "check") if is_a(tag, cell)]
    if tags != ["answer", "check"] * len(hidden_checks) or len(solutions) != len(hidden_checks):
        raise ValueError(
            "each exercise needs a cell with the tag answer, then check, then solution, and its "
            f"lines in hidden_checks.toml: found {tags.count('answer')}, {tags.count('check')}, "
            f"{len(solutions)} and {len(hidden_checks)}"
        )
    cells, number = [], 0
    for cell in lesson.cells:
        cells.append(cell)
        if is_a("answer", cell):
            number += 1
            code = solutions[number - 1][0]
            cell.source += f"\n### BEGIN SOLUTION\n{code}### END SOLUTION"
            cell.metadata.nbgrader = grading(f"exercise-{number}-answer", solution=True)
        elif is_a("check", cell):
            cell.metadata.nbgrader = grading(f"exercise-{number}-check", locked=True)
            cells.append(marks(f"exercise-{number}-marks", hidden_checks[number - 1]))
    lesson.cells = cells
    return lesson


def marks(name: str, conditions: Sequence[str]) -> NotebookNode:
    """Return the cell whose points an exercise has; what is hidden, nbgrader takes out."""
    lines = [
        f"# nbgrader: {len(conditions)} points",
        "### BEGIN HIDDEN TESTS",
        "import numpy as np",
        "from gradcam_lab.classroom.marks import mark, same",
        "",
        "mark(",
        *(f"    lambda: {condition}," for condition in conditions),
        ")",
        "### END HIDDEN TESTS",
    ]
    metadata = {"nbgrader": grading(name, grade=True, locked=True, points=len(conditions))}
    return nbformat.v4.new_code_cell("\n".join(lines), id=name, metadata=metadata)


def grading(name: str, **values: object) -> dict[str, object]:
    """Return a cell's metadata for nbgrader."""
    known = {"schema_version": SCHEMA, "grade": False, "locked": False, "solution": False}
    return known | {"task": False, "grade_id": name} | values


def alone(notebook: NotebookNode) -> NotebookNode:
    """Return a copy that no program pairs with another file."""
    lesson = deepcopy(notebook)
    kernel = lesson.metadata.get("kernelspec")
    lesson.metadata = NotebookNode({"kernelspec": kernel} if kernel else {})
    return lesson


def is_a(tag: str, cell: NotebookNode) -> bool:
    """Tell whether a cell has a tag."""
    return tag in cell.metadata.get("tags", ())
