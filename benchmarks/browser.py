"""Time the explorers' controls in a real browser, from a key press to changed pixels.

    python -m benchmarks.browser          (make bench-browser)

Prints Markdown tables: the median of 50 key presses in headless Chromium, in JupyterLab and in
exported pages, and the largest sum of kernel messages with pictures in them that one press has
caused. The clock starts with the key's event and stops when the overlay's canvas has received
other pixels than before, the last ones if there are several (tools/browser/stopwatch.py); the
screen shows them with its next frame.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from math import cos, sin
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tools.browser.explorer_page import CNN, NETWORK, TRAINING, come_to_rest, control, handle
from tools.browser.local_server import jupyter_server
from tools.browser.notebook_page import NotebookPage, chromium, find_chromium
from tools.browser.slow_line import SlowLine, slow_line
from tools.browser.stopwatch import (
    add_stopwatch,
    hold,
    longest_block,
    move_pen,
    press,
    until_drawn,
    watch_blocks,
)

PRESSES = 50
FIRST = 4  # presses before the clock counts: tracing, caches
OPENINGS = 10  # of a page
ROUND_TRIP = 0.3  # seconds between page and kernel, on a slow line
SILENCE = 0.05  # seconds after which nothing more is drawn, where the kernel is near and idle ...
LONG_SILENCE = ROUND_TRIP + 0.1  # ... and where it is not

OF_DIGITS = """of_digits = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
of_digits.add_class("digits")"""
OF_PHOTOGRAPHS = """of_photographs = lab.GradCAMExplorer(network, photographs)
of_photographs.add_class("photographs")"""

# As in lesson 2, and Lite0 with enough photographs that each press asks about a new one
PAGE_OF_LESSON_2 = """page = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
page.save({path!r})"""
PAGE_OF_PAD = "lab.DrawingExplorer(cnn).save({path!r})"
PAGE_OF_LITE0 = f"""from PIL import ImageOps
cat, count = lab.sample_image("cat"), {FIRST + PRESSES + 1}
cats = [ImageOps.fit(cat, (224, 224), centering=(i / count, 0.5)) for i in range(count)]
lab.GradCAMExplorer(network, cats).save({{path!r}}, network=True)"""


NAMES = "(options) => options.map((option) => option.value)"


class Row(NamedTuple):
    """What moves, in which explorer, by which keys, and how fast and light it should be.

    The keys go round: after all presses the control stands where it stood, so that each row
    finds what it would find alone. Only `index` goes on, to pictures that nobody has asked about.
    """

    name: str
    explorer: str
    control: str
    keys: tuple[str, ...]
    milliseconds: int
    kilobytes: int


LEFT_AND_RIGHT = ("ArrowLeft",) * 3 + ("ArrowRight",) * 3
DOWN_AND_UP = ("ArrowDown",) * 3 + ("ArrowUp",) * 3
IN_THE_BROWSER = [
    Row("index, CNN", "digits", "index", ("ArrowRight",), 25, 0),
    Row("layer, CNN", "digits", "layer", ("ArrowRight", *LEFT_AND_RIGHT[:-1]), 25, 0),
    Row("target, CNN", "digits", "target", ("ArrowDown",) * 9 + ("ArrowUp",) * 9, 25, 0),
    Row("method, CNN", "digits", "method", DOWN_AND_UP, 25, 0),
    Row("alpha", "digits", "alpha", LEFT_AND_RIGHT, 16, 0),
    Row("threshold", "digits", "threshold", LEFT_AND_RIGHT[::-1], 16, 0),
    Row("colormap", "digits", "colormap", DOWN_AND_UP[::-1], 16, 0),  # OrRd is the last one
]
BY_THE_KERNEL = [
    Row("layer (cached), EfficientNet-Lite0", "photographs", "layer", ("ArrowLeft",), 60, 30),
    Row("target class, EfficientNet-Lite0", "photographs", "search", ("Enter",), 400, 60),
]
OF_THE_PAGE = [
    Row("a new target", "gradcam-explorer", "search", ("Enter",), 300, 0),
    Row("a new picture", "gradcam-explorer", "index", ("ArrowRight",), 500, 0),
]


def measure(page: Page, row: Row, silence: float = SILENCE) -> Iterator[float]:
    """Press the keys of a row; give the milliseconds of each press."""
    explorer = page.locator(f".{row.explorer}")
    come_to_rest(explorer)
    search = explorer.locator(".gradcam-search")
    (search if row.control == "search" else control(explorer, row.control)).focus()
    names = iter(explorer.locator("datalist option").evaluate_all(NAMES))
    for key in islice(cycle(row.keys), FIRST + PRESSES):
        if row.control == "search":
            search.fill(next(names))
        yield press(page, key, silence)


def time_drawing(browser: Browser, file: Path) -> None:
    """Print how long the heat takes to follow the pen."""
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    add_stopwatch(page)
    page.goto(file.as_uri())
    page.locator(".gradcam-answers").wait_for(state="attached")
    box = page.locator(".gradcam-pad canvas").bounding_box()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    milliseconds = []
    for i in range(FIRST + PRESSES):
        angle = 0.1 * (i + 1)  # a circle: a longer straight line would be scaled to the same digit
        x, y = 0.5 + 0.3 * cos(angle), 0.5 + 0.3 * sin(angle)
        where = box["x"] + x * box["width"], box["y"] + y * box["height"]
        milliseconds.append(move_pen(page, *where))
    counted = sorted(milliseconds[FIRST:])
    print_head(f"the pen draws, {PRESSES} moves", "ms", "at most")
    print(f"| until the heat follows, median | {median(counted):.0f} | |")
    print(f"| the same, 95th percentile | {counted[int(0.95 * PRESSES)]:.0f} | 50 |")
    page.close()


def measure_held_key(page: Page) -> float:
    """Return the milliseconds from the release of a held key until the last state is there."""
    slider = handle(page.locator(".digits"), "index")
    slider.press("Home")
    return hold(page, "ArrowRight", seconds=5)


def print_head(what: str, *columns: str) -> None:
    """Print a table's head: what is measured, and how busy the machine is as it begins."""
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores as it begins"
    print(f"\n| {what}; {load} | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|", flush=True)


def time_notebook(notebook: NotebookPage, line: SlowLine) -> None:
    """Print the table of explorers that have a kernel: idle, busy, and far away."""
    page = notebook.page

    def time_rows(rows: list[Row], silence: float, words: str = "") -> None:
        for row in rows:
            milliseconds, kilobytes = [], []
            notebook.traffic.bytes = 0
            for each in measure(page, row, silence):
                milliseconds.append(each)
                kilobytes.append(notebook.traffic.bytes / 1000)
                notebook.traffic.bytes = 0
            ms, kb = median(milliseconds[FIRST:]), max(kilobytes[FIRST:])
            targets = f"{row.milliseconds} | {kb:.1f} | {row.kilobytes}"
            print(f"| {row.name}{words} | {ms:.1f} | {targets} |", flush=True)

    print_head(
        f"what moves, median of {PRESSES}",
        "ms",
        "at most",
        "kB of pictures from the kernel",
        "at most",
    )
    time_rows(IN_THE_BROWSER + BY_THE_KERNEL, SILENCE)
    with notebook.running(TRAINING):
        time_rows(IN_THE_BROWSER, LONG_SILENCE, ", while the kernel trains")
    line.round_trip = ROUND_TRIP
    time_rows(IN_THE_BROWSER, LONG_SILENCE, f", {1000 * ROUND_TRIP:.0f} ms from the kernel")
    line.round_trip = 0
    ms = measure_held_key(page)
    print(f"| after 5 s of a held arrow key: until the last state | {ms:.0f} | 200 | | |")


def time_computing_page(browser: Browser, file: Path) -> None:
    """Print the table of a page that computes with EfficientNet-Lite0, at its last layer."""
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    add_stopwatch(page)
    until_drawn(page, file.as_uri())
    watch_blocks(page)
    print_head(
        f"EfficientNet-Lite0 in an exported page, last layer, median of {PRESSES}",
        *("ms", "at most", "longest block of the page, ms", "at most"),
    )
    for row in OF_THE_PAGE:
        milliseconds, blocks = [], []
        for each in measure(page, row):
            milliseconds.append(each)
            blocks.append(longest_block(page))
        ms, block = median(milliseconds[FIRST:]), max(blocks[FIRST:])
        print(f"| {row.name} | {ms:.0f} | {row.milliseconds} | {block:.0f} | 50 |", flush=True)
    page.close()


def time_opening(browser: Browser, file: Path) -> None:
    """Print the table of what it takes to have the page and to open it."""
    milliseconds = []
    for _ in range(OPENINGS):
        with browser.new_context(viewport={"width": 1500, "height": 1000}, offline=True) as context:
            page = context.new_page()
            add_stopwatch(page)
            milliseconds.append(until_drawn(page, file.as_uri()))
    print_head("lesson 2's explorer as a page", "", "at most")
    print(f"| MB | {file.stat().st_size / 1e6:.2f} | 1.5 |")
    print(f"| ms until it is drawn, median of {OPENINGS} | {median(milliseconds):.0f} | 1000 |")


def main() -> None:
    """Print the tables."""
    if find_chromium() is None:
        sys.exit("no Chromium on this machine (Debian, Ubuntu: apt install chromium)")
    with (
        tempfile.TemporaryDirectory() as home,
        jupyter_server(Path(home), "JupyterLab") as server,
        slow_line(server.port, 0) as line,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        add_stopwatch(page)
        cells = [CNN, NETWORK, OF_DIGITS, OF_PHOTOGRAPHS]
        notebook = NotebookPage(page, server.through(line), server.write(cells))
        time_notebook(notebook, line)
        lite0, lesson_2, pad = (Path(home, f"{name}.html") for name in ("lite0", "lesson_2", "pad"))
        notebook.execute(PAGE_OF_LITE0.format(path=str(lite0)))
        notebook.execute(PAGE_OF_LESSON_2.format(path=str(lesson_2)))
        notebook.execute(PAGE_OF_PAD.format(path=str(pad)))
        notebook.stop_kernel()
        page.close()
        time_drawing(browser, pad)
        time_computing_page(browser, lite0)
        time_opening(browser, lesson_2)


if __name__ == "__main__":
    main()
