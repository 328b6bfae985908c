"""A held arrow key leaves no queue: soon after its release the last state stands there."""

from explorer_page import CNN, EXPLORER, assert_overlay_becomes, come_to_rest, handle, superimposed
from stopwatch import hold

import gradcam_lab as lab

AT_MOST = 1000  # milliseconds: benchmarks/browser.py measures, this machine may be busy


def test_last_picture_is_shown_soon_after_five_seconds_of_arrow_right(open_notebook, digits, cnn):
    notebook = open_notebook([CNN, EXPLORER], stopwatch=True)
    explorer = notebook.page.locator(".gradcam-explorer")
    come_to_rest(explorer)
    slider = handle(explorer, "index")
    slider.focus()
    milliseconds = hold(notebook.page, "ArrowRight", seconds=5)
    index = int(float(slider.get_attribute("aria-valuenow")))
    assert index > 50
    heatmap = lab.GradCAM(cnn).explain(digits.test_x[[index]]).heatmaps["conv2d_1"][0]
    assert_overlay_becomes(explorer, superimposed(digits.test_x[index], heatmap, 0.4))
    assert milliseconds < AT_MOST
