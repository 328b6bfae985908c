"""`gradcam-lab lessons`: what it puts into a student's folder, and what it leaves alone."""

import sys
from types import ModuleType

import nbformat
import pytest

from gradcam_lab.classroom import lessons
from gradcam_lab.classroom.command import main

NAMES = [path.name for path in lessons.lesson_files()]


@pytest.fixture
def korean(tmp_path, monkeypatch):
    """Lessons of one page each, in two languages."""
    for name in (
        "01_build.ipynb",
        "02_cam.ipynb",
        "ko/01_build.ipynb",
        ".ipynb_checkpoints/01.ipynb",
    ):
        (path := tmp_path / "lessons" / name).parent.mkdir(parents=True, exist_ok=True)
        cells = [nbformat.v4.new_markdown_cell(f"A badge\n\n# Heading of {name}\nText")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    monkeypatch.setattr(lessons, "LESSONS", tmp_path / "lessons")


def test_there_are_four_lessons():
    assert [name[:3] for name in NAMES] == ["01_", "02_", "03_", "04_"]


def test_every_lesson_is_put_into_a_new_folder(tmp_path, capsys):
    folder = tmp_path / "my" / "lessons"
    assert main(["lessons", str(folder), "--no-open"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    said = f"{folder}: 4 of 4 lessons are new; what was there is as it was.\n"
    assert capsys.readouterr().out == said
    put, source = (nbformat.read(each / NAMES[0], 4) for each in (folder, lessons.LESSONS))
    assert put.cells == source.cells


def test_what_a_student_has_written_stays_and_what_was_deleted_comes_again(tmp_path, capsys):
    (tmp_path / NAMES[1]).write_text("mine")
    main(["lessons", str(tmp_path), "--no-open"])
    assert (tmp_path / NAMES[1]).read_text() == "mine"
    assert "3 of 4 lessons are new" in capsys.readouterr().out


def test_other_languages_have_folders_of_their_own(tmp_path, korean):
    folder = tmp_path / "student"
    assert main(["lessons", str(folder), "--no-open", "--language", "ko"]) == 0
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")] == [
        "ko/01_build.ipynb"
    ]


def test_lesson_is_called_by_its_first_heading(korean):
    (lesson,) = lessons.lesson_files("ko")
    assert lessons.lesson_title(lesson) == "Heading of ko/01_build.ipynb"


def test_language_without_lessons_is_refused_with_those_that_there_are(korean, capsys):
    with pytest.raises(SystemExit):
        main(["lessons", "--language", "de"])
    assert "no lessons in 'de'; the languages are: en, ko" in capsys.readouterr().err


def test_student_gets_the_students_version(tmp_path, korean, monkeypatch):
    def student_version(notebook):
        return nbformat.v4.new_notebook(cells=notebook.cells[:0])

    versions = ModuleType("gradcam_lab.classroom.versions")
    versions.student_version = student_version
    monkeypatch.setitem(sys.modules, versions.__name__, versions)
    main(["lessons", str(tmp_path / "student"), "--no-open", "--student"])
    assert nbformat.read(tmp_path / "student" / "01_build.ipynb", 4).cells == []


def test_without_jupyterlab_nothing_is_written_and_the_remedy_is_named(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        "gradcam_lab.classroom.command.find_spec",
        lambda name: None if name == "jupyterlab" else name,
    )
    assert main(["lessons", str(tmp_path / "student")]) == 1
    assert capsys.readouterr().err == (
        "not in this environment: jupyterlab. pip install 'gradcam-lab[lab]'\n"
    )
    assert not (tmp_path / "student").exists()
    assert main(["lessons", str(tmp_path / "student"), "--no-open"]) == 0
