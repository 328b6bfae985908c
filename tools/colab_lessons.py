"""Make the lessons for Google Colab, in ``build/colab``, together with the wheel that they install.

Colab has TensorFlow but not this package, opens one notebook without its neighbours, and shows no
custom widgets unless it is asked to. The committed notebooks know nothing of that. Each copy made
here has a badge, a first cell that does what is needed on Colab alone, and links that lead to the
other copies. The workflow colab.yml puts them into a branch of their own.

Run it from anywhere: ``python -m tools.colab_lessons OWNER/REPO``
"""

import argparse
import posixpath
import re
import subprocess
import sys
from pathlib import Path

import nbformat

from gradcam_lab.classroom.command import repository
from gradcam_lab.classroom.lessons import LESSONS, languages, lesson_files
from gradcam_lab.classroom.links import COLAB_BRANCH, colab

ROOT = Path(__file__).parents[1]
FILES = "https://raw.githubusercontent.com/{}/" + COLAB_BRANCH
BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({})"
FONTS = {"ko": " koreanize-matplotlib"}  # what figures in a language need besides
# The plain package: without an extra it asks for no TensorFlow, so Colab's own stays.
FIRST_CELL = """\
# @title Set up Google Colab {{ display-mode: "form" }}
import os

if "COLAB_RELEASE_TAG" in os.environ:
    %pip install --quiet {packages}
    from google.colab import output

    output.enable_custom_widget_manager()"""


def main(arguments: list[str] | None = None) -> None:
    """Build the wheel, and make the lessons that install it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=repository, metavar="OWNER/REPO", help="on GitHub")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "colab")
    options = parser.parse_args(arguments)
    for left_over in options.to.glob("*.whl"):
        left_over.unlink()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", options.to.resolve()], cwd=ROOT, check=True)
    (wheel,) = options.to.glob("*.whl")
    write_lessons(
        options.to, options.repository, f"{FILES.format(options.repository)}/{wheel.name}"
    )


def write_lessons(folder: Path, repository: str, wheel: str) -> None:
    """Write Colab's copy of every lesson into a folder; `wheel` is what pip is to install."""
    for lesson in (each for language in languages() for each in lesson_files(language)):
        name = lesson.relative_to(LESSONS).as_posix()
        notebook = for_colab(nbformat.read(lesson, as_version=4), name, repository, wheel)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / name)


def for_colab(
    notebook: nbformat.NotebookNode, name: str, repository: str, wheel: str
) -> nbformat.NotebookNode:
    """Give a lesson its badge, its first cell, and links that hold on Colab; return it."""

    def there(link: re.Match) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), link[1]))
        return f"]({colab(repository, path)})"

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(([\w./-]+\.ipynb)\)", there, cell.source)
    badge = nbformat.v4.new_markdown_cell(BADGE.format(colab(repository, name)), id="badge")
    packages = wheel + FONTS.get(posixpath.dirname(name), "")
    first = nbformat.v4.new_code_cell(FIRST_CELL.format(packages=packages), id="set-up-colab")
    first.metadata["cellView"] = "form"  # Colab then shows its title alone
    notebook.cells[:0] = [badge, first]
    return notebook


if __name__ == "__main__":
    main()
