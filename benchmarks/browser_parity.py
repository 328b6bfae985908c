"""Compare the browser's heatmaps, and TensorFlow's own, with those in double precision.

    python -m benchmarks.browser_parity

Prints two Markdown tables, from the engine in a worker of headless Chromium. The first says for
each method how far the heatmaps, in [0, 1], are apart at most, and how many of them by more than
0.0001: all 1,000 test digits, all classes and all layers of the course's CNN, and five photographs,
three classes each, and all layers of EfficientNet-Lite0. The second says how long a page waits for
the worker's Grad-CAM, without drawing: the median of 10 photographs, or 50 digits. Ten minutes.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

import numpy as np
from PIL import Image, ImageOps

from gradcam_lab import METHODS, GradCAM, load_mnist, load_pretrained, sample_image, trained_cnn
from gradcam_lab.pretrained.networks import PretrainedNetwork
from tools.browser.engine_page import EnginePage
from tools.browser.notebook_page import chromium, find_chromium
from tools.browser.reference_heatmaps import differences, heatmaps_in_float64, heatmaps_of_python

NEAR = 1e-4
DIGITS_AT_ONCE = 50
FIRST = 5  # pictures before the clock counts, until the browser has compiled the engine
PREDICTED = -1  # as the worker has it
OTHER = 7  # a class that is rarely predicted

Question = tuple[np.ndarray, Sequence[int]]  # images and targets
PAIRS = ("browser to float64", "TensorFlow to float64", "browser to TensorFlow")


def photographs() -> list[Image.Image]:
    """Return two photographs, and three made from them: mirrored, cropped, turned."""
    cat, coffee = sample_image("cat"), sample_image("coffee")
    middle = [side // 4 for side in coffee.size] + [3 * side // 4 for side in coffee.size]
    return [cat, coffee, ImageOps.mirror(cat), coffee.crop(middle), cat.rotate(30)]


def digits_in_parts() -> Iterator[Question]:
    """Yield all test digits, each for all classes."""
    images = load_mnist().test_x
    for at in range(0, len(images), DIGITS_AT_ONCE):
        yield images[at : at + DIGITS_AT_ONCE], range(10)


def photographs_one_by_one(network: PretrainedNetwork) -> Iterator[Question]:
    """Yield each photograph for its two likeliest classes and for another one."""
    for photograph in photographs():
        image = network.preprocess(photograph)
        explanation = GradCAM(network.model).explain(image, layers=network.last_conv)
        likeliest = np.argsort(-explanation.probabilities[0])
        yield image, [*likeliest[:2].tolist(), OTHER]


def compare(page: EnginePage, engine: GradCAM, questions: Iterable[Question]) -> dict:
    """Return by method, layer and pair how far each heatmap of one is from the other's."""
    page.load(engine)
    found: dict = {method: {n: {p: [] for p in PAIRS} for n in engine.layers} for method in METHODS}
    for images, targets in questions:
        browser = page.explain(images, targets)
        python = heatmaps_of_python(engine, images, targets)
        exact = heatmaps_in_float64(engine.model, images, targets)
        compared = [(browser, exact), (python, exact), (browser, python)]
        for pair, (some, others) in zip(PAIRS, compared, strict=True):
            for method, by_layer in differences(some, others).items():
                for layer, apart in by_layer.items():
                    found[method][layer][pair].extend(apart.ravel())
    return found


def print_rows(name: str, found: dict, layers: Sequence[str]) -> None:
    """Print how far heatmaps of these layers are apart, method by method."""
    for method, by_layer in found.items():
        cells = []
        for pair in PAIRS:
            apart = np.concatenate([by_layer[layer][pair] for layer in layers])
            cells.append(f"{apart.max():.1e} | {(apart > NEAR).sum()} of {len(apart):,}")
        print(f"| {name} | {method} | {' | '.join(cells)} |", flush=True)


def print_time(page: EnginePage, name: str, images: np.ndarray, layers: Sequence[str]) -> None:
    """Print how long the page waits for these layers of a new image, and for another target."""
    times = [
        [page.milliseconds(image, target, layers) for target in (PREDICTED, OTHER)]
        for image in images[:, None]
    ]
    new, other = (median(column) for column in zip(*times[FIRST:], strict=True))
    print(f"| {name} | {new:.1f} | {other:.1f} |", flush=True)


def main() -> None:
    """Print the tables."""
    if find_chromium() is None:
        sys.exit("no Chromium on this machine (Debian, Ubuntu: apt install chromium)")
    cnn, network = GradCAM(trained_cnn()), load_pretrained("efficientnet_lite0")
    lite0 = GradCAM(network.model)
    bare = [name for name in lite0.layers if name.endswith(("_project", "_add"))]
    active = [name for name in lite0.layers if name not in bare]
    with chromium() as browser:
        page = EnginePage(browser.new_page())
        columns = [f"{pair}, at most | farther than {NEAR}" for pair in PAIRS]
        print(f"| heatmaps | method | {' | '.join(columns)} |\n|---|---{'|---' * 6}|")
        print_rows("CNN, 4 layers", compare(page, cnn, digits_in_parts()), cnn.layers)
        found = compare(page, lite0, photographs_one_by_one(network))
        print_rows(f"Lite0, {len(active)} layers with an activation", found, active)
        print_rows(f"Lite0, {len(bare)} layers without one", found, bare)

        load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores as it begins"
        print(f"\n| one picture, ms; {load} | new | another target |\n|---|---|---|")
        images = network.preprocess([sample_image("cat").rotate(i) for i in range(FIRST + 10)])
        print_time(page, "Lite0, last layer", images, [network.last_conv])
        print_time(page, "Lite0, all 58 layers", images, lite0.layers)
        page.load(cnn)
        print_time(page, "CNN, all 4 layers", load_mnist().test_x[: FIRST + 50], cnn.layers)


if __name__ == "__main__":
    main()
