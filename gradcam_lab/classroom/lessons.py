"""The lessons that come with the package: put into a folder of the student's own, opened there.

JupyterLab saves a notebook by itself every two minutes. Where the lessons come from, that would be
a change to the project, which stands in the way of the next `git pull`. What is in the student's
folder already stays as it is.
"""

import json
from collections.abc import Callable
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
REPOSITORY = PACKAGE.parent
IN_WHEEL = PACKAGE / "lessons"  # pyproject.toml says what it holds; an editable install has none
LESSONS = IN_WHEEL if IN_WHEEL.is_dir() else REPOSITORY / "notebooks"
SETTINGS = IN_WHEEL / "settings" if IN_WHEEL.is_dir() else REPOSITORY / "binder"


def languages() -> list[str]:
    """Return the languages that the lessons are there in, English first."""
    return ["en", *sorted({path.parent.name for path in LESSONS.glob("[a-z]*/*.ipynb")})]


def lesson_files(language: str = "en") -> list[Path]:
    """Return the notebooks of all lessons, in their order.

    Parameters
    ----------
    language : str, default "en"
        One of `languages`. All but English have a folder of their own.

    Raises
    ------
    ValueError
        If there are no lessons in that language.
    """
    if language not in languages():
        known = ", ".join(languages())
        raise ValueError(f"there are no lessons in {language!r}; the languages are: {known}")
    return sorted((LESSONS if language == "en" else LESSONS / language).glob("*.ipynb"))


def lesson_title(lesson: Path) -> str:
    """Return the heading of a lesson, with its number."""
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    lines = (line for cell in cells for line in cell["source"])
    return next(line for line in lines if line.startswith("# ")).removeprefix("# ").strip()


def put_lessons(folder: Path, language: str = "en", version: Callable | None = None) -> list[Path]:
    """Put each lesson that is not there yet into a folder; return those that were put there.

    Parameters
    ----------
    folder : pathlib.Path
        It is made where it does not exist. The languages but English have a folder within it.
    language : str, default "en"
        One of `languages`.
    version : callable, optional
        What makes another version of a notebook, such as `versions.student_version`.
    """
    import nbformat
    from ipykernel.ipkernel import IPythonKernel

    put = []
    for lesson in lesson_files(language):
        if (copy := folder / lesson.relative_to(LESSONS)).exists():
            continue
        notebook = nbformat.read(lesson, as_version=4)
        if version:
            notebook = version(notebook)
        # JupyterLab writes this Python's version into a notebook, and calls it unsaved till then
        notebook.metadata.language_info = IPythonKernel.language_info
        copy.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, copy)
        put.append(copy)
    return put


def open_lessons(folder: Path, language: str = "en") -> None:
    """Open the first lesson of a folder in JupyterLab, and return when that is ended."""
    from jupyterlab.labapp import LabApp

    first = lesson_files(language)[0].relative_to(LESSONS).as_posix()
    LabApp.launch_instance(
        [
            "--ServerApp.ip=127.0.0.1",
            "--allow-root",  # in a container; the address is this machine's alone, with a token
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url=/lab/tree/{first}",
            f"--LabApp.app_settings_dir={SETTINGS}",  # overrides.json: no question about news
        ]
    )
