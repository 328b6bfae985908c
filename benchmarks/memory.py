"""Measure what lessons hold in memory, and how far an explanation peaks above its model (Linux).

    python -m benchmarks.memory           (make bench runs this, speed.py and vgg16.py)

Prints two Markdown tables. Each lesson has a kernel of its own, each case of an explanation a
process. Where the official weights of VGG16 are not in Keras's cache, random ones take their place.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.lessons import LESSONS, VGG16, check_network, kernel_memory, lesson_cells
from benchmarks.vgg16_weights import keras_home_with_vgg16

MOST = {"lesson 1": 800, "lesson 2": 800, VGG16: 1600}  # MB that a lesson may hold at its end

CASES = {
    "course's CNN, 1,000 digits, all layers": """
model, images = lab.trained_cnn(), lab.load_mnist().test_x
""",
    "EfficientNet-Lite0, 64 pictures, all 58 layers": """
network = lab.load_pretrained("efficientnet_lite0")
model, images = network.model, network.preprocess([lab.sample_image("cat")] * 64)
""",
    "VGG16 (random weights), 1 picture, all 18 layers": """
model = lab._tensorflow.keras.applications.VGG16(weights=None)
images = np.zeros((1, 224, 224, 3), np.float32)
""",
}
PROGRAM = """
import gradcam_lab as lab
import numpy as np
from pathlib import Path

def megabytes(field):
    status = Path("/proc/self/status").read_text()
    return int(status.split(field + ":")[1].split()[0]) / 1024

{load}
loaded = megabytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # forget the peak of loading
lab.GradCAM(model).explain(images)
print(f"{{loaded:.0f}} {{megabytes('VmHWM') - loaded:.0f}}")
"""


def run_cells(cells: Sequence[str], folder: str) -> str:
    """Run cells in a kernel of their own, and return what they printed."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    return "".join(output.get("text", "") for output in outputs)


def print_lessons() -> None:
    """Print what the kernel of each lesson holds when all its cells have run."""
    print("| lesson | held at its end, MB | aim | peak, MB |\n|---|---|---|---|")
    with keras_home_with_vgg16() as (home, weights), TemporaryDirectory() as folder:
        for name in LESSONS:
            printed = run_cells(lesson_cells(name, home), folder)
            check_network(name, printed)
            held, peak = kernel_memory(printed)
            label = f"{name}, {weights}" if name == VGG16 else name
            aim = f"≤ {MOST[name]}" if name in MOST else ""
            print(f"| {label} | {held} | {aim} | {peak} |", flush=True)


def print_explanations() -> None:
    """Print how far an explanation peaks above the loaded model."""
    print("| case | loaded model, MB | peak of explain above it, MB |\n|---|---|---|")
    for name, load in CASES.items():
        program = PROGRAM.format(load=load)
        run = subprocess.run(
            [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
        )
        loaded, peak = run.stdout.split()
        print(f"| {name} | {loaded} | {peak} |", flush=True)


def main() -> None:
    """Print both tables."""
    if not Path("/proc/self/clear_refs").exists():
        sys.exit("memory.py reads /proc, which only Linux has")
    print_lessons()
    print()
    print_explanations()


if __name__ == "__main__":
    main()
