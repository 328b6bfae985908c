"""Every explorer as a cell makes it, keys that move its controls, and what these then show."""

from playwright.sync_api import Locator

from gradcam_lab import METHODS

EXPLORERS = {
    "explorer": "lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)",
    "comparison": "lab.GradCAMComparison(cnn, digits.test_x, digits.test_y, (1, 7, 9))",
    "methods": "lab.MethodComparison(cnn, digits.test_x)",
    "targets": "lab.TargetComparison(cnn, digits.test_x, [1, 6])",
    "anatomy": "lab.AnatomyExplorer(cnn, digits.test_x)",
    "drawing": "lab.DrawingExplorer(cnn, strokes=[[[0.5, 0.1], [0.5, 0.9]]])",
    "own_picture": "lab.OwnPictureExplorer(network)",
}
NEED_A_KERNEL = {  # a page plays back what is recorded
    "deletion": "lab.DeletionExplorer(cnn, digits.test_x, digits.test_y)",
    "randomization": "lab.RandomizationExplorer(cnn, digits.test_x[:99], digits.test_y[:99])",
}
MOVES = {  # control, key: what each explorer has
    "explorer": [("index", "PageUp"), ("layer", "ArrowLeft"), ("target", "ArrowDown")],
    "comparison": [("others", "Enter"), ("layer", "ArrowLeft"), ("method", "ArrowDown")],
    "methods": [("index", "ArrowRight"), ("layer", "ArrowLeft"), ("target", "ArrowDown")],
    "targets": [("index", "ArrowRight"), ("layer", "ArrowLeft"), ("method", "ArrowDown")],
    "anatomy": [("channels", "ArrowRight"), ("index", "ArrowRight"), ("layer", "ArrowLeft")],
    "drawing": [("target", "ArrowDown"), ("layer", "ArrowLeft"), ("method", "ArrowDown")],
}


def control(explorer, name):
    """Find what takes the keys of a control."""
    sought = f".gradcam-{name}"
    return explorer.locator(
        f"{sought} .noUi-handle, {sought} select, {sought} input, button{sought}, "
        f"{sought} [role=radio][tabindex='0']"
    ).first


def state_of(widget: Locator) -> dict[str, object]:
    """Read from the controls on a page what is asked."""
    state: dict[str, object] = {}
    for name in ("index", "channels"):
        for readout in widget.locator(f".gradcam-{name} .widget-readout").all():
            state[name] = int(readout.inner_text())
    for readout in widget.locator(".gradcam-layer .widget-readout").all():
        state["layer"] = readout.inner_text()
    for chosen in widget.locator(".gradcam-target [aria-checked='true']").all():
        number = int(chosen.get_attribute("data-class"))
        state["target"] = None if number < 0 else number
    for choice in widget.locator(".gradcam-method select").all():
        state["method"] = list(METHODS)[choice.evaluate("(list) => list.selectedIndex")]
    return state
