"""Measure what loading VGG16 takes, Keras's own loader beside ours (Linux).

    python benchmarks/vgg16.py            (make bench runs this, speed.py and memory.py)

Prints a Markdown table: medians of three runs, each in a process of its own, taken in turn. The
file of weights is read once beforehand, so that the disk does not count. Where the official file
is not in Keras's cache, a file of random weights with its layout is written to build/.
"""

import statistics
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

from gradcam_lab._tensorflow import keras
from gradcam_lab.data import keras_cache
from gradcam_lab.vgg16 import vgg16_layers
from gradcam_lab.weights import VGG16_URL

RUNS = 3
BUILD = Path(__file__).parents[1] / "build"
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
from gradcam_lab.vgg16 import load_vgg16

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

path, image = sys.argv[1], np.zeros((1, 224, 224, 3), np.float32)
before, start = peak(), time.perf_counter()
model = {load}
seconds, loaded = time.perf_counter() - start, peak()
GradCAM(model).explain(image, layers="block5_conv3")
print(before, loaded, peak(), seconds)
"""


def write_random_weights(path: Path) -> None:
    """Write a file with the layout of Keras's official one; it appears when it is complete."""
    random, growing = np.random.default_rng(0), path.with_suffix(".part")
    layers, shape = vgg16_layers(), (None, 224, 224, 3)
    with h5py.File(growing, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group, weights = file.create_group(layer.name), {}
            if hasattr(layer, "kernel_initializer"):
                outputs = layer.compute_output_shape(shape)[-1]
                window = (3, 3) if isinstance(layer, keras.layers.Conv2D) else ()
                kernel = random.random((*window, shape[-1], outputs), np.float32) - np.float32(0.5)
                kernel *= np.float32((24 / kernel[..., 0].size) ** 0.5)  # keeps the outputs' size
                bias = 0.1 * random.random(outputs, np.float32)
                weights = {f"{layer.name}_W_1:0": kernel, f"{layer.name}_b_1:0": bias}
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, weight in weights.items():
                group[name] = weight
            shape = layer.compute_output_shape(shape)
    growing.rename(path)


def measure(load: str, path: Path) -> list[float]:
    """Return MB before, through loading and through the first explanation, and seconds to load."""
    command = [sys.executable, "-c", PROGRAM.format(load=load), path]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [float(word) for word in run.stdout.split()]


def main() -> None:
    """Print the table."""
    if not Path("/proc/self/status").exists():
        sys.exit("vgg16.py reads /proc, which only Linux has")
    name = VGG16_URL.rsplit("/", 1)[-1]
    path, weights = keras_cache() / "models" / name, "official weights"
    if not path.exists():
        path, weights = BUILD / "vgg16_random.h5", "random weights"
        BUILD.mkdir(exist_ok=True)
        write_random_weights(path)
    with path.open("rb") as file:
        while file.read(2**24):  # into the system's cache of files
            pass
    runs: dict[str, list[list[float]]] = {name: [] for name in LOADERS}
    for _ in range(RUNS):
        for name, load in LOADERS.items():
            runs[name].append(measure(load, path))
    if weights == "random weights":
        path.unlink()
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
