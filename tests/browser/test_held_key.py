"""A held arrow key leaves no queue: soon after its release the last state stands there."""

import gradcam_lab as lab
from tools.browser.explorer_page import (
    CNN,
    EXPLORER,
    assert_overlay_becomes,
    come_to_rest,
    handle,
    on_paper,
)
from tools.browser.stopwatch import DRAWN_SINCE_RELEASE, hold

AT_MOST = 5  # answers, to what was asked before the release; benchmarks/browser.py measures times


def test_few_pictures_are_drawn_after_two_seconds_of_arrow_right(open_notebook, digits, cnn):
    notebook = open_notebook([CNN, EXPLORER], stopwatch=True)
    explorer = notebook.page.locator(".gradcam-explorer")
    come_to_rest(explorer)
    slider = handle(explorer, "index")
    slider.focus()
    hold(notebook.page, "ArrowRight", seconds=2)
    index = int(float(slider.get_attribute("aria-valuenow")))
    assert index > 20
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[index]]).heatmaps["conv2d_1"][0]
    assert_overlay_becomes(explorer, on_paper(digits.test_x[index], heatmap))
    assert 0 <= notebook.page.evaluate(DRAWN_SINCE_RELEASE) <= AT_MOST
