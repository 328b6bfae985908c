"""The lessons as they are measured: alone, with either network, asked for their memory at the end."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).parents[1]
SHIPPED = "lesson 3, EfficientNet-Lite0"
VGG16 = "lesson 3, VGG16"
LESSONS = {
    "lesson 1": "01_build_a_cnn.ipynb",
    "lesson 2": "02_grad_cam.ipynb",
    SHIPPED: "03_trained_model.ipynb",
    VGG16: "03_trained_model.ipynb",
}
FIRST = """import os
os.environ |= {{"GRADCAM_LAB_OFFLINE": "1", "KERAS_HOME": {keras_home!r}}}
os.environ.pop("GRADCAM_LAB_WEIGHTS", None)"""
LAST = """from pathlib import Path
print(Path("/proc/self/status").read_text())"""


def read_lesson(name: str, keras_home_with_vgg16: Path) -> NotebookNode:
    """Return the notebook of one of `LESSONS`; it finds VGG16 if it is the one that asks for it."""
    notebook = nbformat.read(ROOT / "notebooks" / LESSONS[name], as_version=4)
    keras_home = keras_home_with_vgg16 if name == VGG16 else ROOT / "build" / "keras"
    notebook.cells.insert(0, new_code_cell(FIRST.format(keras_home=str(keras_home))))
    notebook.cells.append(new_code_cell(LAST))
    return notebook


def kernel_memory(notebook: NotebookNode) -> tuple[int, int]:
    """Return what the kernel of a notebook that has run held at its end, and at most, in MB."""
    status = notebook.cells[-1].outputs[0].text
    held, most = (int(status.split(f"{field}:")[1].split()[0]) for field in ("VmRSS", "VmHWM"))
    return held // 1024, most // 1024


def network_of(notebook: NotebookNode) -> str | None:
    """Return which network a run of lesson 3 asked."""
    texts = [
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    ]
    said = [text.split("This notebook asks ")[1] for text in texts if "This notebook asks " in text]
    return said[0].strip(".\n") if said else None
