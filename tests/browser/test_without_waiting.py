"""No picture waits for a kernel that is far away, nor comes again from there.

Of one that is busy: see test_answers_in_the_browser.py.
"""

from itertools import cycle, islice
from statistics import median

import pytest

import gradcam_lab as lab
from tools.browser.explorer_page import (
    CNN,
    EXPLORER,
    assert_overlay_becomes,
    choose_class,
    come_to_rest,
    control,
    handle,
    on_paper,
)
from tools.browser.stopwatch import press

pytestmark = pytest.mark.thorough

ROUND_TRIP = 0.3  # seconds between page and kernel
SILENCE = ROUND_TRIP + 0.1  # seconds after which a kernel's answer would have been drawn, too
AT_MOST = 1000 * ROUND_TRIP  # milliseconds from key to pixels: sooner than any kernel's answer
FIRST, PRESSES = 4, 8
KEYS = {  # each of them changes pixels; and all but the pictures are at last as they were at first
    "index": ["ArrowRight"],
    "target": ["ArrowDown"] * 6 + ["ArrowUp"] * 6,
    "method": ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"],
    "layer": ["ArrowLeft", "ArrowRight"],
}


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook([CNN, EXPLORER], stopwatch=True, round_trip=ROUND_TRIP)


@pytest.fixture
def explorer(notebook):
    explorer = notebook.page.locator(".gradcam-explorer")
    come_to_rest(explorer)
    return explorer


@pytest.mark.parametrize("name", KEYS)
def test_key_changes_the_overlay_at_once_and_without_the_kernel(notebook, explorer, name):
    control(explorer, name).focus()
    milliseconds = []
    for count, key in enumerate(islice(cycle(KEYS[name]), FIRST + PRESSES)):
        if count == FIRST:
            notebook.traffic.bytes = 0
        milliseconds.append(press(notebook.page, key, SILENCE))
    assert median(milliseconds[FIRST:]) < AT_MOST, milliseconds
    assert notebook.traffic.bytes == 0


def test_heatmap_that_the_kernel_has_not_sent_is_pythons(notebook, explorer, digits, cnn):
    choose_class(explorer, "7")
    explorer.locator(".gradcam-method select").select_option("HiResCAM")
    control(explorer, "index").press("ArrowRight")
    notebook.traffic.bytes = 0
    control(explorer, "index").press("ArrowRight")
    index = int(float(handle(explorer, "index").get_attribute("aria-valuenow")))
    explanation = lab.GradCAM(cnn).explain(digits.test_x[[index]], target=7, method="hirescam")
    heatmap = explanation.heatmaps["conv2d_1"][0]
    assert heatmap.max() == 1
    assert_overlay_becomes(explorer, on_paper(digits.test_x[index], heatmap))
    assert notebook.traffic.bytes == 0
