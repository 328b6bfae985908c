"""The lessons for Colab: their first cell in a feigned Colab, and elsewhere; links, badges."""

import os
import re
import subprocess
import sys

import nbformat
import pytest

from gradcam_lab.classroom.lessons import LESSONS, lesson_files
from tools.colab_lessons import for_colab, write_lessons
from tools.site.lesson_pages import put_links

ON_COLAB = "https://colab.research.google.com/github/me/my-lab/blob/colab/"
# A Python that has no gradcam_lab, wherever the tests' own has it from.
RUN_A_CELL = """
import os, sys
from importlib.util import find_spec
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell

sys.path = [each for each in sys.path if not Path(each, "gradcam_lab").exists()]
sys.meta_path = [each for each in sys.meta_path if "editable" not in repr(each)]
os.environ.pop("PYTHONPATH", None)
assert find_spec("gradcam_lab") is None
sys.path += [os.environ["PIP_TARGET"], os.environ["FEIGNED"]]
InteractiveShell.instance().run_cell(sys.stdin.read()).raise_error()
found = find_spec("gradcam_lab")
print("HAS", found and found.origin, "CALLED", os.environ.get("CALLED"))
"""
FEIGNED_COLAB = """
import os
def enable_custom_widget_manager(): os.environ["CALLED"] = "yes"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, wheel):
    folder = tmp_path_factory.mktemp("colab")
    write_lessons(folder, "me/my-lab", str(wheel))
    return folder


@pytest.fixture
def run_first_cell(folder, tmp_path):
    """Return what runs lesson 1's first code cell in a Python without this package."""
    feigned = tmp_path / "feigned" / "google" / "colab"
    feigned.mkdir(parents=True)
    (feigned / "__init__.py").touch()
    (feigned / "output.py").write_text(FEIGNED_COLAB)
    environment = os.environ | {
        "PIP_TARGET": str(tmp_path / "installed"),
        "PIP_NO_DEPS": "1",  # they are here
        "PIP_NO_INDEX": "1",
        "FEIGNED": str(tmp_path / "feigned"),
    }
    notebook = nbformat.read(folder / lesson_files()[0].name, as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.cell_type == "code")

    def run(**more):
        command = [sys.executable, "-c", RUN_A_CELL]
        result = subprocess.run(
            command, env=environment | more, input=source, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.splitlines()[-1]

    return run


def test_first_cell_installs_the_package_on_colab_and_lets_its_widgets_show(
    run_first_cell, tmp_path
):
    said = run_first_cell(COLAB_RELEASE_TAG="release-colab")
    assert said == f"HAS {tmp_path / 'installed' / 'gradcam_lab' / '__init__.py'} CALLED yes"


def test_first_cell_does_nothing_elsewhere(run_first_cell):
    assert run_first_cell() == "HAS None CALLED None"


def test_every_lesson_has_a_copy_with_its_badge_and_the_cells_that_it_had(folder):
    for lesson in lesson_files():
        copy = nbformat.read(folder / lesson.relative_to(LESSONS), as_version=4)
        badge, first, *cells = copy.cells
        assert badge.source.endswith(f"]({ON_COLAB}{lesson.name})")
        assert first.metadata == {"cellView": "form"}
        code = [cell for cell in nbformat.read(lesson, as_version=4).cells if "outputs" in cell]
        assert [cell for cell in cells if "outputs" in cell] == code


def test_links_between_lessons_lead_to_the_copies(folder):
    linked = set()
    for copy in folder.glob("*.ipynb"):
        text = "\n".join(cell.source for cell in nbformat.read(copy, as_version=4).cells)
        links = re.findall(r"\]\(([^)]*\.ipynb)\)", text)
        assert [link for link in links if not link.startswith(ON_COLAB)] == []
        linked |= {link.removeprefix(ON_COLAB) for link in links}
    assert linked == {path.name for path in folder.glob("*.ipynb")}


def test_link_out_of_a_folder_leads_to_the_other_language():
    cell = nbformat.v4.new_markdown_cell(
        "[a](02.ipynb) [b](../01.ipynb) [c](https://x.org/1.ipynb)"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    text = for_colab(notebook, "ko/01.ipynb", "me/my-lab", "w").cells[-1].source
    assert text == f"[a]({ON_COLAB}ko/02.ipynb) [b]({ON_COLAB}01.ipynb) [c](https://x.org/1.ipynb)"


def test_korean_lesson_installs_a_font_for_its_figures():
    notebook = nbformat.v4.new_notebook()
    first = for_colab(notebook, "ko/01.ipynb", "me/my-lab", "the.whl").cells[1]
    assert "%pip install --quiet the.whl koreanize-matplotlib\n" in first.source


def test_page_of_the_site_links_to_the_copy_below_its_heading():
    cell = nbformat.v4.new_markdown_cell("# 1. Title\n\nText")
    put_links(nbformat.v4.new_notebook(cells=[cell]), "me/my-lab", "01.ipynb")
    heading, links, text = cell.source.split("\n\n")
    assert (heading, text) == ("# 1. Title", "Text")
    assert f"[Google Colab]({ON_COLAB}01.ipynb)" in links
    assert "/gh/me/my-lab/main?labpath=notebooks%2F01.ipynb)" in links
