"""Time from a key press or a move of the pen to new pixels, measured inside of the page."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

REPEATS_A_SECOND = 30  # of a key that is held down

# Pixels are new when a canvas receives others than last time. A sum over every 61st byte tells:
# 20 µs for the largest overlay, and nothing waits for it or polls. Both times are on one clock.
RECORD = """
window.stopwatch = { keys: [], releases: [], drawn: [] };
const types = { keydown: 'keys', pointermove: 'keys', keyup: 'releases' };
for (const [type, times] of Object.entries(types).map(([type, name]) => [type, stopwatch[name]]))
    addEventListener(type, (event) => times.push(event.timeStamp), { capture: true });
const lastSums = new WeakMap();
const { putImageData } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.putImageData = function (image, ...where) {
    putImageData.call(this, image, ...where);
    if (!this.canvas.closest('.overlay')) return;
    let sum = image.width;
    for (let i = 0; i < image.data.length; i += 61) sum = (31 * sum + image.data[i]) | 0;
    if (sum !== lastSums.get(this.canvas)) stopwatch.drawn.push(performance.now());
    lastSums.set(this.canvas, sum);
};
"""
RESET = "() => { for (const times of Object.values(stopwatch)) times.length = 0; }"
HAS_DRAWN = "() => stopwatch.drawn.length > 0"
MILLISECONDS = "() => stopwatch.drawn.at(-1) - stopwatch.keys.at(-1)"
SINCE_RELEASE = "() => Math.max(0, (stopwatch.drawn.at(-1) ?? 0) - stopwatch.releases.at(-1))"
DRAWN_SINCE_RELEASE = "() => stopwatch.drawn.filter((at) => at > stopwatch.releases.at(-1)).length"
DRAWN = "() => stopwatch.drawn.length"
# The browser itself notes tasks of 50 ms and more; a timer's largest gap has a value below, too.
WATCH = """() => {
    window.longestGap = 0;
    let last = performance.now();
    setInterval(() => {
        const now = performance.now();
        window.longestGap = Math.max(window.longestGap, now - last);
        last = now;
    }, 4);
}"""
LONGEST_GAP = "() => { const gap = window.longestGap; window.longestGap = 0; return gap; }"
FIRST_DRAWN = "() => document.querySelector('.noUi-handle') && stopwatch.drawn[0]"


def add_stopwatch(page: Page) -> None:
    """Let the page record, from before its first script."""
    page.add_init_script(RECORD)


def press(page: Page, key: str, silence: float = 0.05) -> float:
    """Press a key, and return the milliseconds until all that it draws has been drawn.

    That is when pixels have changed, and then no more for so many seconds of `silence`.
    """
    return time_of(page, lambda: page.keyboard.press(key), silence)


def move_pen(page: Page, x: float, y: float, silence: float = 0.05) -> float:
    """Move the mouse, and return the milliseconds until all that it draws has been drawn."""
    return time_of(page, lambda: page.mouse.move(x, y), silence)


def time_of(page: Page, work: Callable[[], None], silence: float) -> float:
    """Return the milliseconds from the event that some work causes until its last new pixels."""
    page.evaluate(RESET)
    work()
    page.wait_for_function(HAS_DRAWN)
    wait_for_silence(page, silence)
    return page.evaluate(MILLISECONDS)


def watch_blocks(page: Page) -> None:
    """Measure from now on for how long the page can do nothing else."""
    page.evaluate(WATCH)


def longest_block(page: Page) -> float:
    """Return the milliseconds of the longest block since this was asked last."""
    return page.evaluate(LONGEST_GAP)


def until_drawn(page: Page, address: str) -> float:
    """Open a page, and return the milliseconds until it shows an overlay and its controls."""
    page.goto(address)
    return page.wait_for_function(FIRST_DRAWN).json_value()


def hold(page: Page, key: str, seconds: float) -> float:
    """Hold a key down, release it, and return milliseconds from then until the last new pixels."""
    page.evaluate(RESET)
    start = time.monotonic()
    for repeat in range(int(seconds * REPEATS_A_SECOND)):
        page.keyboard.down(key)
        until = start + (repeat + 1) / REPEATS_A_SECOND
        page.wait_for_timeout(1000 * max(0, until - time.monotonic()))
    page.keyboard.up(key)
    wait_for_silence(page, 2)
    return page.evaluate(SINCE_RELEASE)


def wait_for_silence(page: Page, seconds: float) -> None:
    """Return when nothing has been drawn for so long."""
    before = -1
    while (drawn := page.evaluate(DRAWN)) != before:
        before = drawn
        page.wait_for_timeout(1000 * seconds)
