"""A Jupyter server for JupyterLab or for Notebook 7, that keeps out of the user's own."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import nbformat

from tools.browser.slow_line import SlowLine

TO_START = 180  # seconds until the server answers: enough for two slow cores
APPS = ("JupyterLab", "Notebook 7")
COMMANDS = {
    "JupyterLab": ("jupyterlab", "--LabApp.expose_app_in_browser=True"),
    "Notebook 7": ("notebook", "--JupyterNotebookApp.expose_app_in_browser=True"),
}
PATHS = {"JupyterLab": "lab/tree", "Notebook 7": "notebooks"}
NEWS = {"fetchNews": "false", "checkForUpdates": False}  # or a question covers the lower right


class JupyterServer:
    """A running server, and the folder that it serves."""

    def __init__(self, folder: Path, port: int, app: str, token: str, pid: int) -> None:
        self.folder = folder
        self.port = port
        self.app = app
        self.token = token
        self.pid = pid

    @property
    def url(self) -> str:
        """The address of the server itself."""
        return f"http://127.0.0.1:{self.port}"

    def address(self, name: str) -> str:
        """Return the address of a notebook."""
        return f"{self.url}/{PATHS[self.app]}/{name}?reset&token={self.token}"

    def through(self, line: SlowLine) -> Self:
        """Return the same server, at the other end of a line to its port."""
        return type(self)(self.folder, line.port, self.app, self.token, self.pid)

    def write(self, cells: Sequence[str]) -> str:
        """Write a notebook of code cells into the folder, and return its name."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        name = f"cells_{secrets.token_hex(4)}.ipynb"
        nbformat.write(notebook, self.folder / name)
        return name


@contextmanager
def jupyter_server(
    home: Path, app: str, started_by: Sequence[str] = (), options: Sequence[str] = ()
) -> Iterator[JupyterServer]:
    """Run a server of one of `APPS`, whose settings, kernels and notebooks lie in `home`.

    It can be `started_by` another command, which has to become the server (exec).

    JupyterLab and Notebook 7 on the same server disturb each other: what the one leaves in the
    workspace is an error to the other, and so are static files that both have.
    """
    folder = home / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)  # or somebody comes back
    answer_question_about_news(home / "JUPYTERLAB_SETTINGS_DIR")
    port, token = free_port(), secrets.token_hex()
    module, expose_app = COMMANDS[app]
    command = [
        *(*started_by, sys.executable, "-m", module, expose_app, "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
        *options,
    ]
    with running(command, home, port) as process:
        yield JupyterServer(folder, port, app, token, process.pid)


@contextmanager
def running(command: Sequence[str], home: Path, port: int) -> Iterator[subprocess.Popen]:
    """Run a command that serves on a port; what it says goes to server.log in `home`."""
    log = home / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment(home), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api", process, log)
        yield process
    finally:
        process.terminate()  # it stops its kernels, and then itself
        process.wait(TO_START)


def environment(home: Path) -> dict[str, str]:
    """Keep the user's own Jupyter, its settings and its kernels, out of the way."""
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


def answer_question_about_news(settings: Path) -> None:
    """Write the setting without which JupyterLab asks for it."""
    file = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(NEWS))


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    """Return when the server answers; fail with its log if it stops or stays silent."""
    deadline = time.monotonic() + TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=TO_START):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Jupyter did not start:\n{log.read_text()}")
