"""Time the explorers' controls in a real browser, from a key press to changed pixels.

    python -m benchmarks.browser          (make bench-browser)

Prints a Markdown table: the median of 50 key presses in headless Chromium and JupyterLab, and the
largest sum of kernel messages with pictures in them that one press has caused. The clock starts
with the key's event and stops when the overlay's canvas has received other pixels than before,
the last ones if there are several (tools/browser/stopwatch.py); the screen shows them with its
next frame.
"""

import struct
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Locator, Page, WebSocket

from tools.browser.explorer_page import CNN, NETWORK, come_to_rest, handle
from tools.browser.local_server import jupyter_server
from tools.browser.notebook_page import NotebookPage, chromium, find_chromium
from tools.browser.stopwatch import add_stopwatch, hold, press

PRESSES = 50
FIRST = 4  # presses before the clock counts: tracing, caches
PARTS_BEFORE_BUFFERS = 6  # of a message: channel, four dictionaries, end

OF_DIGITS = """of_digits = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
of_digits.add_class("digits")"""
OF_PHOTOGRAPHS = """of_photographs = lab.GradCAMExplorer(network, photographs)
of_photographs.add_class("photographs")"""


class Row(NamedTuple):
    """What moves, in which explorer, by which keys, and how fast and light it should be."""

    name: str
    explorer: str
    control: str
    keys: tuple[str, ...]
    milliseconds: int
    kilobytes: int


ROWS = [
    Row("alpha", "digits", "alpha", ("ArrowRight",) * 5 + ("ArrowLeft",) * 5, 16, 0),
    Row("threshold", "digits", "threshold", ("ArrowRight",) * 5 + ("ArrowLeft",) * 5, 16, 0),
    Row("colormap", "digits", "colormap", ("ArrowDown",) * 4 + ("ArrowUp",) * 4, 16, 0),
    Row("layer (cached), EfficientNet-Lite0", "photographs", "layer", ("ArrowLeft",), 60, 30),
    Row("sample, CNN", "digits", "index", ("ArrowRight",), 80, 15),
    Row("target class, EfficientNet-Lite0", "photographs", "target", ("ArrowDown",), 400, 60),
]


class Traffic:
    """Counts the bytes of the kernel's messages that carry buffers: pictures and heatmaps."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes) and struct.unpack("<Q", frame[:8])[0] > PARTS_BEFORE_BUFFERS:
            self.bytes += len(frame)


def measure(page: Page, traffic: Traffic, row: Row) -> tuple[float, float]:
    """Return the median of the milliseconds, and the largest of the kilobytes."""
    explorer = page.locator(f".{row.explorer}")
    come_to_rest(explorer)
    control(explorer, row.control).focus()
    milliseconds, kilobytes = [], []
    for key in islice(cycle(row.keys), FIRST + PRESSES):
        traffic.bytes = 0
        milliseconds.append(press(page, key))
        kilobytes.append(traffic.bytes / 1000)
    return median(milliseconds[FIRST:]), max(kilobytes[FIRST:])


def control(explorer: Locator, name: str) -> Locator:
    """Find what takes the keys: a slider's handle, or a list."""
    return handle(explorer, name).or_(explorer.locator(f".gradcam-{name} select"))


def measure_held_key(page: Page) -> float:
    """Return the milliseconds from the release of a held key until the last state is there."""
    slider = handle(page.locator(".digits"), "index")
    slider.press("Home")
    return hold(page, "ArrowRight", seconds=5)


def main() -> None:
    """Print the table."""
    if find_chromium() is None:
        sys.exit("no Chromium on this machine (Debian, Ubuntu: apt install chromium)")
    with (
        tempfile.TemporaryDirectory() as home,
        jupyter_server(Path(home), "JupyterLab") as server,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        add_stopwatch(page)
        traffic = Traffic(page)
        cells = [CNN, NETWORK, OF_DIGITS, OF_PHOTOGRAPHS]
        notebook = NotebookPage(page, server, server.write(cells))
        print("| what moves | ms | at most | kB of pictures | at most |\n|---|---|---|---|---|")
        for row in ROWS:
            ms, kb = measure(page, traffic, row)
            target = f"{row.milliseconds} | {kb:.1f} | {row.kilobytes}"
            print(f"| {row.name} | {ms:.1f} | {target} |", flush=True)
        ms = measure_held_key(page)
        print(f"| after 5 s of a held arrow key: until the last state | {ms:.0f} | 200 | | |")
        notebook.stop_kernel()


if __name__ == "__main__":
    main()
