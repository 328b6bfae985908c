"""One JupyterLab, one Chromium, and in them a lesson that has been run from top to bottom."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TO_RUN = 180  # seconds until a server has started or a lesson has run: enough for two slow cores
TO_REDRAW = 30  # seconds until a control has had its effect

CHROMIUM_FLAGS = (
    "--no-sandbox",  # the sandbox refuses to run as root, as in most containers
    "--disable-gpu",
    # nothing but the tests' own traffic
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Playwright takes the promise of an async function for a true value, so these are not async.
#
# The execution indicator is not enough to wait for: a notebook can be there before its commands,
# and cells that are run before the kernel is connected are lost.
IS_READY = """(path) => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    return panel?.context?.path === path && panel.isRevealed && panel.sessionContext.isReady
        && window.jupyterapp.commands.hasCommand('notebook:run-all-cells')
        && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
RUN = """async () => {
    const { commands } = window.jupyterapp;
    await commands.execute('notebook:clear-all-cell-outputs');
    commands.execute('notebook:run-all-cells').finally(() => { window.lessonHasRun = true; });
}"""
HAS_RUN = """() => {
    const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
    return window.lessonHasRun && session.kernel.status === 'idle';
}"""
CONTENT = "() => window.jupyterapp.shell.currentWidget.context.model.toJSON()"
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"


class Lesson:
    """A notebook in a browser page, after all its cells have been run."""

    def __init__(self, page: Page, server: str, name: str) -> None:
        self.page = page
        self.console_errors: list[str] = []
        page.set_default_timeout(1000 * TO_RUN)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.goto(server.format(name))
        page.wait_for_function(IS_READY, arg=name)
        page.evaluate(RUN)
        page.wait_for_function(HAS_RUN)
        page.set_default_timeout(1000 * TO_REDRAW)
        self.code_cells = [
            cell
            for cell in page.evaluate(CONTENT)["cells"]
            if cell["cell_type"] == "code" and cell["source"]
        ]

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(f"{message.text} at {message.location}")


@pytest.fixture(scope="module")
def lesson(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Lesson]:
    """Run the lesson that a test names as its parameter; tests of one lesson share it."""
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        lesson = Lesson(context.new_page(), server, request.param)
        yield lesson
        lesson.page.evaluate(SHUT_DOWN)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the Chromium of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium on this machine (Debian, Ubuntu: apt install chromium)")
    expect.set_options(timeout=1000 * TO_REDRAW)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the lessons; return the address of a lesson, with {} for its name."""
    home = tmp_path_factory.mktemp("jupyter")
    lessons = home / "lessons"
    lessons.mkdir()
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, lessons)
    turn_off_news(home / "JUPYTERLAB_SETTINGS_DIR")
    port, token, log = free_port(), secrets.token_hex(), home / "server.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={lessons}",
        "--LabApp.expose_app_in_browser=True",
    ]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment(home), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", process, log)
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?reset&token={token}"
    finally:
        process.terminate()  # it stops its kernels, and then itself
        process.wait(TO_RUN)


def environment(home: Path) -> dict[str, str]:
    """Keep the user's own Jupyter, its settings and its kernels, out of the tests."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON"))
    }
    folders = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    return inherited | {name: str(home / name) for name in folders} | {"GRADCAM_LAB_OFFLINE": "1"}


def turn_off_news(settings: Path) -> None:
    """Answer the question that would otherwise cover the lower right corner."""
    file = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    """Return when the server answers; fail with its log if it stops or stays silent."""
    deadline = time.monotonic() + TO_RUN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=TO_RUN):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")
