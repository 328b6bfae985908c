"""The lessons as cells to be measured: with either network, asked for memory at their end."""

from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
VGG16 = "lesson 3, VGG16"
LESSONS = {
    "lesson 1": "01_build_a_cnn.ipynb",
    "lesson 2": "02_grad_cam.ipynb",
    "lesson 3, EfficientNet-Lite0": "03_trained_model.ipynb",
    VGG16: "03_trained_model.ipynb",
    "lesson 4": "04_believe_a_heatmap.ipynb",
}
FIRST = """import os
os.environ |= {{"GRADCAM_LAB_OFFLINE": "1", "KERAS_HOME": {keras_home!r}}}
os.environ.pop("GRADCAM_LAB_WEIGHTS", None)"""
LAST = """from pathlib import Path
print(Path("/proc/self/status").read_text())"""


def lesson_cells(name: str, keras_home_with_vgg16: Path) -> list[str]:
    """Return the code of one of `LESSONS`, cell by cell; only `VGG16` finds that network."""
    notebook = nbformat.read(ROOT / "notebooks" / LESSONS[name], as_version=4)
    keras_home = keras_home_with_vgg16 if name == VGG16 else ROOT / "build" / "keras"
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [FIRST.format(keras_home=str(keras_home)), *code, LAST]


def kernel_memory(printed: str) -> tuple[int, int]:
    """Return what a lesson's kernel held at its end, and at most, in MB."""
    held, most = (printed.split(f"\n{field}:")[-1].split()[0] for field in ("VmRSS", "VmHWM"))
    return int(held) // 1024, int(most) // 1024


def check_network(name: str, printed: str) -> None:
    """Fail where a lesson asked another network than its name says."""
    if name == VGG16 and "This notebook asks vgg16" not in printed:
        raise RuntimeError("lesson 3 did not find VGG16's weights")
