"""Rehearse the grading of a class: forty submissions of lesson 2, graded by nbgrader, unattended.

    make grade

Releases the lesson as a lecturer does, hands in what is right, blank or wrong in a known way, and
holds the marks and what students get back against what they must be. With --quick, what only draws
or moves is left out of what is handed in, as students may do: the same answers and marks, in less
time. Prints Markdown; ends with 1 where a mark is another. Everything stays in a temporary folder.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from gradcam_lab.classroom.lessons import lesson_files
from gradcam_lab.classroom.release import release
from gradcam_lab.classroom.versions import CODE, is_a
from tools.grading_rehearsal.submissions import COUNT, POINTS, Submission, all_submissions

INSTALLED = Path(__file__).parents[2] / "build" / "grading"
LESSON = "02_grad_cam"
TO_END = 60  # seconds for a cell: no cell of lesson 2 takes as many
NEEDED = re.compile(  # what the exercises of lesson 2 build on
    r"^(import gradcam_lab|use_my_own|digits =|index, target|engine =|A =|of_channel_0)",
    re.MULTILINE,
)
HIDDEN = "gradcam_lab.classroom.marks"  # what only a hidden check says


def nbgrader(course: Path, command: str, lesson: str, *options: str) -> int:
    """Run a command of nbgrader in a course; what it says goes to the log. Return its exit code."""
    bin_ = INSTALLED / "nbgrader" / "bin"  # nbgrader calls alembic by name
    environment = os.environ | {
        "GRADCAM_LAB_OFFLINE": "1",
        "HOME": str(course),  # the user's own settings of Jupyter and nbgrader do not count
        "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
    }
    with (INSTALLED / "nbgrader.log").open("a") as log:
        return subprocess.run(
            [sys.executable, "-m", "nbgrader", command, lesson, *options],
            cwd=course,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        ).returncode


def released(course: Path, lesson: str) -> nbformat.NotebookNode:
    """Release a lesson, and return what a student is given."""
    if nbgrader(course, "generate_assignment", lesson):
        sys.exit(f"{lesson} could not be released: see {INSTALLED / 'nbgrader.log'}")
    path = course / "release" / lesson / f"{lesson}.ipynb"
    if HIDDEN in path.read_text():
        sys.exit(f"{lesson} was released with its hidden checks")
    return nbformat.read(path, as_version=4)


def solutions_of(lesson: str) -> list[str]:
    """Return the code of the solutions of a lesson."""
    (path,) = [path for path in lesson_files() if path.stem == lesson]
    cells = nbformat.read(path, as_version=4).cells
    return [CODE.findall(cell.source)[0] for cell in cells if is_a("solution", cell)]


def hand_in(course: Path, submissions: Sequence[Submission], quick: bool) -> None:
    """Release all lessons, and put the submissions of one where nbgrader collects them."""
    lessons = [path.stem for path in lesson_files()]
    notebook = {lesson: released(course, lesson) for lesson in lessons}[LESSON]
    if quick:
        notebook.cells = [c for c in notebook.cells if "nbgrader" in c.metadata or is_needed(c)]
    for submission in submissions:
        path = course / "submitted" / submission.student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(submission.write_into(notebook)))  # as it is, copied ids and all


def is_needed(cell: nbformat.NotebookNode) -> bool:
    """Tell whether a cell of lesson 2 is code that its exercises build on."""
    return cell.cell_type == "code" and bool(NEEDED.search(cell.source))


def points_in(course: Path, student: str) -> dict[int, float]:
    """Return what a student was given for each exercise."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        try:
            notebook = gradebook.find_submission_notebook(LESSON, LESSON, student)
        except MissingEntry:
            return {}
        return {int(grade.name.split("-")[1]): grade.score for grade in notebook.grades}


def what_is_wrong(course: Path, submission: Submission) -> list[str]:
    """Compare marks and feedback of a submission with what they must be."""
    given = points_in(course, submission.student)
    wrong = [
        f"exercise {number}: {given.get(number)} points, not {points}"
        for number, points in submission.points.items()
        if given.get(number) != points
    ]
    path = course / "feedback" / submission.student / LESSON / f"{LESSON}.html"
    feedback = path.read_text() if path.exists() else ""
    wrong += [f"not said: {words}" for words in submission.said if escape(words) not in feedback]
    return [*wrong, "a hidden check is shown"] if HIDDEN in feedback else wrong


def main() -> None:
    """Rehearse, and print the report."""
    parser = argparse.ArgumentParser(description="Rehearse grading with nbgrader.")
    parser.add_argument("--only", nargs="*", help="some students, as student01 (default: all)")
    parser.add_argument("--quick", action="store_true", help="without figures and explorers")
    options = parser.parse_args()
    submissions = [
        each
        for each in all_submissions(solutions_of(LESSON))
        if options.only is None or each.student in options.only
    ]
    (INSTALLED / "nbgrader.log").unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="gradcam-grading-") as folder:
        course = Path(folder) / "course" / "nbgrader"
        release(course.parent, nbgrader=True)
        hand_in(course, submissions, options.quick)
        start = time.perf_counter()
        failed = nbgrader(course, "autograde", LESSON, f"--Execute.timeout={TO_END}")
        graded = time.perf_counter()
        failed += nbgrader(course, "generate_feedback", LESSON)
        fed_back = time.perf_counter()
        wrong = [what_is_wrong(course, each) for each in submissions]
    print("| student | handed in | points | as it must be |\n|---|---|---|---|")
    for each, found in zip(submissions, wrong, strict=True):
        points = f"{sum(each.points.values())} of {sum(POINTS.values())}"
        print(f"| {each.student} | {each.kind} | {points} | {'; '.join(found) or 'yes'} |")
    print(
        f"\n{len(submissions)} of {COUNT} submissions, {len(os.sched_getaffinity(0))} cores: "
        f"graded in {graded - start:.0f} s, feedback in {fed_back - graded:.0f} s."
    )
    if failed:
        print(f"nbgrader could not do all: see {INSTALLED / 'nbgrader.log'}")
    sys.exit(bool(failed or any(wrong)))


if __name__ == "__main__":
    main()
