"""Write the versions of the lessons into a folder for a course."""

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from gradcam_lab.classroom.lessons import lesson_files
from gradcam_lab.classroom.versions import (
    nbgrader_version,
    student_version,
    teacher_version,
    teaching_notes,
)

HIDDEN_CHECKS = Path(__file__).parent / "hidden_checks.toml"
PAIRS = ("jupytext.toml", ".jupytext", "pyproject.toml")  # where jupytext looks what to pair
CONFIG = '''"""How nbgrader releases and grades these lessons."""

c = get_config()

# The dots of an exercise are its blank: nothing stands in for the solution.
c.ClearSolutions.code_stub = {"python": ""}

# A cell that was copied does not stop the grading.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "gradcam_lab.classroom.grading.LastCopyCounts",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# A cell may take two minutes. One that takes longer, or ends Python, costs its own points only.
c.Execute.timeout = 120
c.Autograde.autograde_preprocessors = [
    "gradcam_lab.classroom.grading.ExecutePastFailures",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Students see what each exercise's own check says, and not the hidden one.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "gradcam_lab.classroom.grading.LeaveOutHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
'''


def release(
    folder: Path, language: str = "en", *, teacher: bool = False, nbgrader: bool = False
) -> list[str]:
    """Write the lessons for students into a new folder, and other versions beside them.

    Parameters
    ----------
    folder : pathlib.Path
        A folder that does not exist yet or is empty. It is complete or it is not there.
    language : str, default "en"
        The language of the lessons.
    teacher : bool, default False
        Whether to write the teacher's version, too.
    nbgrader : bool, default False
        Whether to write a course for nbgrader, too.

    Returns
    -------
    list of str
        The files, relative to the folder.

    Raises
    ------
    ValueError
        If there are no lessons in that language, or no TEACHING.md for the teacher's version, or
        if jupytext would pair what is written.
    FileExistsError
        If there is something in the folder.
    """
    refuse_paired(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"{folder} is not empty, and may hold somebody's work: name a new folder"
        )
    files = versions_of(lesson_files(language), language, teacher=teacher, nbgrader=nbgrader)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        complete = Path(temporary) / folder.name
        for name, text in files.items():
            path = complete / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        complete.rename(folder)
    return list(files)


def versions_of(
    lessons: list[Path], language: str, *, teacher: bool, nbgrader: bool
) -> dict[str, str]:
    """Return the text of each file that belongs into the folder."""
    notes = (
        teaching_notes(find_teaching(lessons[0], language).read_text("utf-8")) if teacher else {}
    )
    hidden_checks = tomllib.loads(HIDDEN_CHECKS.read_text("utf-8"))
    files = {"nbgrader/nbgrader_config.py": CONFIG} if nbgrader else {}
    for lesson in lessons:
        notebook = nbformat.read(lesson, as_version=4)
        versions = {f"student/{lesson.name}": student_version(notebook)}
        if teacher:
            versions[f"teacher/{lesson.name}"] = teacher_version(notebook, notes)
        if nbgrader:
            checks = list(hidden_checks[lesson.stem].values())
            path = f"nbgrader/source/{lesson.stem}/{lesson.name}"
            versions[path] = nbgrader_version(notebook, checks)
        files |= {name: nbformat.writes(version) + "\n" for name, version in versions.items()}
    return files


def find_teaching(lesson: Path, language: str) -> Path:
    """Return the TEACHING.md that comes with a lesson: in its language, or else in English."""
    for name in (f"TEACHING.{language}.md", "TEACHING.md"):
        for folder in lesson.parents[:3]:
            if (folder / name).is_file():
                return folder / name
    raise ValueError(
        f"the teacher's version takes its notes from TEACHING.md, which is not beside {lesson}: "
        "run the command in a clone of the project"
    )


def refuse_paired(folder: Path) -> None:
    """Refuse a folder in which jupytext would pair notebooks: it can put answers back."""
    for above in folder.parents:
        for path in (above / name for name in PAIRS):
            if path.is_file() and "jupytext" in path.name + path.read_text("utf-8"):
                raise ValueError(
                    f"jupytext pairs notebooks below {above}, by {path.name}, and could put answers"
                    " back: name a folder outside of it"
                )
