"""What `make lab` opens: a copy of lesson 1 that is the student's own, and nothing in its way."""

import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.browser.local_server import free_port, running
from tools.browser.notebook_page import IS_READY, TO_RUN

ROOT = Path(__file__).parents[2]
LESSON = "01_build_a_cnn.ipynb"
IS_UNSAVED = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
HAS_LANGUAGE = """() => window.jupyterapp.shell.currentWidget.context.model
    .getMetadata('language_info')?.version"""
WRITE_AND_SAVE = """async () => {
    const { commands, shell } = window.jupyterapp;
    shell.currentWidget.content.activeCell.model.sharedModel.setSource('# Mine');
    await commands.execute('docmanager:save');
}"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = tmp_path_factory.mktemp("home") / "project"
    for folder in "binder", "notebooks", "tools":
        shutil.copytree(ROOT / folder, project / folder)
    shutil.copy(ROOT / "pyproject.toml", project)  # where jupytext looks what to pair
    return project


@contextmanager
def printed_address(project):
    home, port = project.parent, free_port()
    script, app = project / "tools" / "open_lessons.py", "--LabApp.expose_app_in_browser=True"
    command = [sys.executable, script, "--no-browser", f"--ServerApp.port={port}", app]
    with running(command, home, port):
        yield re.findall(r"http://127\S+", (home / "server.log").read_text())[-1]


def open_page(browser, address):
    page = browser.new_page()
    page.set_default_timeout(1000 * TO_RUN)
    page.goto(address)
    page.wait_for_function(IS_READY, arg=f"my_lessons/{LESSON}")
    return page


@pytest.fixture(scope="module")
def page(browser, project):
    with printed_address(project) as address:
        yield open_page(browser, address)


def test_printed_address_opens_lesson_1_and_nothing_lies_over_it(page):
    expect(page.get_by_role("heading", name="1. Building model for Grad-CAM")).to_be_visible()
    expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)


def test_opened_lesson_is_not_called_unsaved(page):
    page.wait_for_function(HAS_LANGUAGE)
    assert not page.evaluate(IS_UNSAVED)


def test_what_a_student_saves_changes_no_file_of_the_project_and_is_kept(page, browser, project):
    page.evaluate(WRITE_AND_SAVE)
    assert list((project / "my_lessons").glob("*.py")) == []
    for lesson in (ROOT / "notebooks").iterdir():
        assert (project / "notebooks" / lesson.name).read_bytes() == lesson.read_bytes()
    with printed_address(project) as address:
        again = open_page(browser, address)
        expect(again.get_by_role("heading", name="Mine")).to_be_visible()


def test_copies_are_none_of_gits_business():
    assert "my_lessons/" in (ROOT / ".gitignore").read_text().splitlines()
