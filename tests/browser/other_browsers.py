"""Firefox and WebKit, driven by their own protocols: no driver needs to be downloaded."""

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import websocket

from tools.browser.local_server import free_port

TO_START = 60  # seconds until a browser answers
TO_RUN = 60  # seconds until a script has run
MINI_BROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"


class MissingBrowserError(Exception):
    """A browser is not on this machine."""


class Firefox:
    """Firefox over WebDriver BiDi, the protocol that it speaks by itself."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=TO_RUN, suppress_origin=True)
        self._number = 0
        self._send("session.new", capabilities={})
        self._context = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def _send(self, method: str, **params: object) -> dict:
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        self._socket.send(json.dumps(command))
        while (answer := json.loads(self._socket.recv())).get("id") != self._number:
            pass  # an event
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]

    def open(self, url: str) -> None:
        """Open a page, and wait until it has loaded."""
        size = {"width": 1280, "height": 1000}
        self._send("browsingContext.setViewport", context=self._context, viewport=size)
        self._send("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, script: str) -> object:
        """Run the body of an async function in the page, and return what it returns."""
        result = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await (async () => {{ {script} }})()))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def screenshot(self) -> bytes:
        """Return what is seen of the page: PNG."""
        shot = self._send("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(shot["data"])


class WebKit:
    """WebKitGTK over WebDriver, which is JSON over HTTP."""

    def __init__(self, url: str, program: str) -> None:
        options = {"binary": program, "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._url = f"{url}/session"
        session = self._send("POST", "", capabilities=capabilities)
        self._url += f"/{session['sessionId']}"
        self._send("POST", "/timeouts", script=1000 * TO_RUN)
        self._send("POST", "/window/rect", width=1280, height=1000)

    def _send(self, verb: str, path: str, **body: object) -> object:
        data = json.dumps(body).encode() if verb == "POST" else None
        request = urllib.request.Request(self._url + path, data, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=TO_START + TO_RUN) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def open(self, url: str) -> None:
        """Open a page, and wait until it has loaded."""
        self._send("POST", "/url", url=url)

    def run(self, script: str) -> object:
        """Run the body of an async function in the page, and return what it returns."""
        body = (
            f"const done = arguments[0]; (async () => {{ {script} }})()"
            ".then((value) => done([value ?? null]), (error) => done(String(error)))"
        )
        result = self._send("POST", "/execute/async", script=body, args=[])
        if isinstance(result, str):
            raise RuntimeError(result)
        return result[0]

    def screenshot(self) -> bytes:
        """Return what is seen of the page: PNG."""
        return base64.b64decode(self._send("GET", "/screenshot"))

    def close(self) -> None:
        """End the session, and with it the browser."""
        self._send("DELETE", "")


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Start Firefox, headless, with its profile in a folder."""
    program = shutil.which("firefox") or shutil.which("firefox-esr")
    if program is None:
        raise MissingBrowserError("no Firefox (Debian, Ubuntu: apt install firefox-esr)")
    port = free_port()
    options = ["--headless", "--no-remote", "--profile", str(folder)]
    command = [program, *options, "--remote-debugging-port", str(port)]
    with running(command):
        page = patiently(lambda: Firefox(f"ws://127.0.0.1:{port}/session"))
        yield page
        page._send("browser.close")


@contextmanager
def webkit(_folder: Path) -> Iterator[WebKit]:
    """Start WebKitGTK's small browser on a screen that nobody sees."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    programs = sorted(Path("/").glob(MINI_BROWSER[1:]))
    if not (driver and screen and programs):
        raise MissingBrowserError("no WebKit (Debian, Ubuntu: apt install webkit2gtk-driver xvfb)")
    port, display = free_port(), f":{free_port()}"
    environment = {
        "DISPLAY": display,
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # it refuses to run as root
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    with (
        running([screen, display, "-screen", "0", "1400x1200x24", "-nolisten", "tcp"]),
        running([driver, f"--port={port}"], environment),
    ):
        page = patiently(lambda: WebKit(f"http://127.0.0.1:{port}", str(programs[-1])))
        yield page
        page.close()


@contextmanager
def running(command: list[str], environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run a command for as long as it is needed."""
    process = subprocess.Popen(
        command,
        env=os.environ | (environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(TO_START)


def patiently(connect: object) -> object:
    """Connect as soon as somebody answers."""
    deadline = time.monotonic() + TO_START
    while True:
        try:
            return connect()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
