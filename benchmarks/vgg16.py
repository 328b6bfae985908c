"""Measure what loading VGG16 takes, Keras's own loader beside ours (Linux).

    python -m benchmarks.vgg16            (make bench runs this, speed.py and memory.py)

Prints a Markdown table: medians of three runs, each in a process of its own, taken in turn. The
file of weights is read once beforehand, so that the disk does not count. Where the official file
is not in Keras's cache, a file of random weights with its layout is written to build/.
"""

import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.vgg16_weights import FILE, keras_home_with_vgg16

RUNS = 3
LOADERS = {
    "keras.applications.VGG16": "keras.applications.VGG16(weights=path)",
    "gradcam_lab": "load_vgg16(path)",
}
PROGRAM = """
import sys, time
from pathlib import Path
import numpy as np
from gradcam_lab import GradCAM
from gradcam_lab._tensorflow import keras
from gradcam_lab.pretrained.vgg16 import load_vgg16

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

path, image = sys.argv[1], np.zeros((1, 224, 224, 3), np.float32)
before, start = peak(), time.perf_counter()
model = {load}
seconds, loaded = time.perf_counter() - start, peak()
GradCAM(model).explain(image, layers="block5_conv3")
print(before, loaded, peak(), seconds)
"""


def measure(load: str, path: Path) -> list[float]:
    """Return MB before, through loading and through the first explanation, and seconds to load."""
    command = [sys.executable, "-c", PROGRAM.format(load=load), path]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [float(word) for word in run.stdout.split()]


def measure_in_turn(path: Path) -> dict[str, list[list[float]]]:
    """Return what each loader's runs measured."""
    with path.open("rb") as file:
        while file.read(2**24):  # into the system's cache of files
            pass
    runs: dict[str, list[list[float]]] = {name: [] for name in LOADERS}
    for _ in range(RUNS):
        for name, load in LOADERS.items():
            runs[name].append(measure(load, path))
    return runs


def main() -> None:
    """Print the table."""
    if not Path("/proc/self/status").exists():
        sys.exit("vgg16.py reads /proc, which only Linux has")
    with keras_home_with_vgg16() as (home, weights):
        runs = measure_in_turn(home / FILE)
    print(
        f"| VGG16, {weights} | after imports, MB | peak through loading, MB "
        "| peak through the first explanation, MB | loading, s | Keras's = 1 |\n"
        "|---|---|---|---|---|---|"
    )
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in runs.items()
    }
    of_keras = medians["keras.applications.VGG16"][-1]
    for name, (*megabytes, seconds) in medians.items():
        sizes = " | ".join(f"{size:.0f}" for size in megabytes)
        print(f"| {name} | {sizes} | {seconds:.2f} | {seconds / of_keras:.2f} |")


if __name__ == "__main__":
    main()
