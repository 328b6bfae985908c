"""The wheel: what it holds, and that it has lessons where no repository is."""

import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {
    "assets",
    "classroom",
    "exercises",
    "lessons",
    "lessons/settings",
    "pretrained",
    "widgets",
}
WITHIN = {"widgets/belief", "widgets/browser", "widgets/quizzes", "locale/ko/LC_MESSAGES"}
LARGEST = 30e6  # bytes, of which EfficientNet-Lite0 has 19 million


def files_below(folder, suffix):
    return {path.relative_to(folder).as_posix() for path in folder.rglob(f"*{suffix}")}


@pytest.fixture(scope="module")
def names(wheel):
    return ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site-packages")
    ZipFile(wheel).extractall(folder)
    return folder


def test_wheel_has_the_package_and_its_lessons_and_nothing_else(names):
    inside = [PurePosixPath(name) for name in names if name.startswith("gradcam_lab/")]
    assert len([name for name in names if ".dist-info/" in name]) + len(inside) == len(names)
    folders = {path.parent.relative_to("gradcam_lab").as_posix() for path in inside} - {"."}
    languages = {f"lessons/{path.name}" for path in (ROOT / "notebooks").glob("[a-z][a-z]")}
    assert folders == FOLDERS | WITHIN | languages
    unwanted = [path for path in inside if path.suffix == ".pyc" or path.name.startswith(".")]
    assert unwanted == []


def test_wheel_has_every_module_and_every_lesson_of_the_repository(unpacked):
    package = unpacked / "gradcam_lab"
    assert files_below(package, ".py") == files_below(ROOT / "gradcam_lab", ".py")
    lessons = files_below(package / "lessons", ".ipynb")
    assert lessons >= {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    for lesson in lessons:
        content = (package / "lessons" / lesson).read_bytes()
        assert content == (ROOT / "notebooks" / lesson).read_bytes()


def test_wheel_is_small_enough_for_a_class_to_download(wheel):
    assert wheel.stat().st_size < LARGEST


def test_wheel_alone_puts_its_lessons_into_a_folder_and_has_jupyterlabs_settings(unpacked):
    program = """
import runpy, sys
from gradcam_lab.classroom import lessons
assert lessons.SETTINGS.joinpath("overrides.json").is_file()
sys.argv = ["gradcam-lab", "lessons", "mine", "--no-open"]
runpy.run_module("gradcam_lab", run_name="__main__")"""
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=unpacked, env={"PYTHONPATH": str(unpacked)}, check=True)
    of_english = {path.name for path in (unpacked / "gradcam_lab" / "lessons").glob("*.ipynb")}
    assert files_below(unpacked / "mine", ".ipynb") == of_english
