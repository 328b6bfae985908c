"""What `make lab` opens: a copy of lesson 1 that is the student's own, and nothing in its way."""

import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gradcam_lab.classroom.lessons import LESSONS
from tools.browser.local_server import free_port, running
from tools.browser.notebook_page import IS_READY, TO_RUN

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "gradcam_lab", "lessons"]
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
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@contextmanager
def printed_address(home):
    port = free_port()
    settings = {
        "ServerApp": {"port": port, "open_browser": False},
        "LabApp": {"expose_app_in_browser": True, "open_browser": False},
    }
    (home / "JUPYTER_CONFIG_DIR").mkdir(exist_ok=True)
    (home / "JUPYTER_CONFIG_DIR" / "jupyter_server_config.json").write_text(json.dumps(settings))
    with running([*COMMAND, home / "my_lessons"], home, port):
        yield re.findall(r"http://127\S+", (home / "server.log").read_text())[-1]


def open_page(browser, address):
    page = browser.new_page()
    page.set_default_timeout(1000 * TO_RUN)
    page.goto(address)
    page.wait_for_function(IS_READY, arg=LESSON)
    return page


@pytest.fixture(scope="module")
def page(browser, home):
    with printed_address(home) as address:
        yield open_page(browser, address)


def test_printed_address_opens_lesson_1_and_nothing_lies_over_it(page):
    expect(page.get_by_role("heading", name="1. Building model for Grad-CAM")).to_be_visible()
    expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)


def test_opened_lesson_is_not_called_unsaved(page):
    page.wait_for_function(HAS_LANGUAGE)
    assert not page.evaluate(IS_UNSAVED)


@pytest.mark.thorough
def test_what_a_student_saves_changes_no_lesson_of_the_package_and_is_kept(page, browser, home):
    before = (LESSONS / LESSON).read_bytes()
    page.evaluate(WRITE_AND_SAVE)
    assert list((home / "my_lessons").glob("*.py")) == []
    assert (LESSONS / LESSON).read_bytes() == before
    with printed_address(home) as address:
        again = open_page(browser, address)
        expect(again.get_by_role("heading", name="Mine")).to_be_visible()


def test_copies_are_none_of_gits_business():
    assert "my_lessons/" in (ROOT / ".gitignore").read_text().splitlines()
