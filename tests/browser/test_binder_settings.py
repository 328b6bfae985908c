"""JupyterLab with Binder's settings: callbacks run between cells, and explorers do not mind."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.browser.explorer_page import CNN, EXPLORER, handle
from tools.browser.local_server import jupyter_server

BINDER = Path(__file__).parents[2] / "binder"
LISTEN = """import threading
threads = []
explorer.observe(lambda _: threads.append(threading.current_thread()), "index")"""


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    home, options = tmp_path_factory.mktemp("binder"), [f"--LabApp.app_settings_dir={BINDER}"]
    with jupyter_server(home, "JupyterLab", [str(BINDER / "start")], options) as server:
        yield lambda app: server


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook([CNN, EXPLORER, LISTEN])


@pytest.mark.thorough
def test_callbacks_run_on_the_thread_of_the_cells(notebook):
    slider = handle(notebook.page.locator(".gradcam-explorer").first, "index")
    for index in 1, 2, 3:  # the first message comes there with any settings
        slider.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuenow", f"{index}.0")
        notebook.execute(f"assert explorer.index == {index}")
    notebook.execute("assert set(threads) == {threading.main_thread()}, threads")
