"""Open lesson 1 in JupyterLab: a copy in my_lessons/, which belongs to the student.

JupyterLab saves a notebook by itself every two minutes. In `notebooks/` that would be a change to
the project, which stands in the way of the next `git pull`. What is in `my_lessons/` already stays
as it is.

Run it from anywhere: ``python tools/open_lessons.py [options of jupyter lab ...]``
"""

import sys
from pathlib import Path

import nbformat
from ipykernel.ipkernel import IPythonKernel
from jupyterlab.labapp import LabApp

ROOT = Path(__file__).parent.parent
MY_LESSONS = ROOT / "my_lessons"
FIRST = "01_build_a_cnn.ipynb"


def copy_missing_lessons() -> None:
    """Copy each lesson that a student does not have yet."""
    MY_LESSONS.mkdir(exist_ok=True)
    for lesson in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if (copy := MY_LESSONS / lesson.name).exists():
            continue
        notebook = nbformat.read(lesson, as_version=4)
        # JupyterLab writes this Python's version into a notebook, and calls it unsaved till then
        notebook.metadata.language_info = IPythonKernel.language_info
        nbformat.write(notebook, copy)


if __name__ == "__main__":
    copy_missing_lessons()
    options = [
        "--ServerApp.ip=127.0.0.1",
        "--allow-root",  # in a container; the address is this machine's alone, and holds a token
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{MY_LESSONS.name}/{FIRST}",
        f"--LabApp.app_settings_dir={ROOT / 'binder'}",  # overrides.json: no question about news
    ]
    LabApp.launch_instance([*options, *sys.argv[1:]])
