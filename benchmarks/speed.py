"""Time explanations against a plain compiled forward pass of the same model.

    python -m benchmarks.speed            (make bench runs this and memory.py)

Prints a Markdown table. All rows of a case are measured in turn, again and again, and the medians
compared, so that a machine that slows down does so for all of them. Two libraries join in where
they are installed: ``pip install tf-keras-vis xplique``.
"""

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import gradcam_lab as lab
from gradcam_lab._tensorflow import keras, tensorflow

SECONDS_PER_CASE = 20
Run = Callable[[], object]


@dataclass
class Case:
    """A model, a batch for it, its last convolutional layer, and the layers to explain at once."""

    name: str
    model: keras.Model
    images: np.ndarray
    last: str
    layers: list[str]


def cases() -> Iterator[Case]:
    """Yield the cases one by one: VGG16 alone takes more than half a gigabyte."""
    digits, cnn = lab.load_mnist().test_x, lab.trained_cnn()
    convolutions = ["conv2d", "conv2d_1"]
    for n in (1, 1000):
        yield Case(f"course's CNN, digits: {n}", cnn, digits[:n], "conv2d_1", convolutions)
    network = lab.load_pretrained("efficientnet_lite0")
    cat = network.preprocess(lab.sample_image("cat"))
    layers = lab.spatial_layers(network.model)
    for n in (1, 32):
        images = np.repeat(cat, n, axis=0)
        name = f"EfficientNet-Lite0, pictures: {n}"
        yield Case(name, network.model, images, network.last_conv, layers)
    vgg16 = keras.applications.VGG16(weights=None)
    layers = [name for name in lab.spatial_layers(vgg16) if "conv" in name]
    yield Case("VGG16 (random weights), pictures: 1", vgg16, cat, "block5_conv3", layers)


def textbook(image: np.ndarray, model: keras.Model, layer: str) -> np.ndarray:
    """Grad-CAM as tutorials have it: a model cut in two at every call, run eagerly."""
    cut = keras.Model(model.inputs[0], [model.get_layer(layer).output, model.outputs[0]])
    with tensorflow.GradientTape() as tape:
        feature_maps, probabilities = cut(image)
        score = probabilities[:, tensorflow.argmax(probabilities[0])]
    weights = tensorflow.reduce_mean(tape.gradient(score, feature_maps), axis=(0, 1, 2))
    heatmap = tensorflow.nn.relu(tensorflow.tensordot(feature_maps[0], weights, 1))
    return (heatmap / tensorflow.reduce_max(heatmap)).numpy()


def contestants(case: Case) -> dict[str, tuple[Run, int]]:
    """Return for each row what to run, and how many of the case's images one run explains."""
    engine, n = lab.GradCAM(case.model), len(case.images)
    shape = tensorflow.TensorSpec((None, *case.images.shape[1:]), tensorflow.float32)
    forward = tensorflow.function(lambda x: case.model(x, training=False)).get_concrete_function(
        shape
    )
    images, one = tensorflow.constant(case.images), case.images[:1]
    rows = {
        "forward pass": (lambda: forward(images), n),
        "gradcam_lab, last layer": (lambda: engine.explain(case.images, layers=case.last), n),
        f"gradcam_lab, {len(case.layers)} layers": (
            lambda: engine.explain(case.images, layers=case.layers),
            n,
        ),
        "textbook, last layer, one by one": (lambda: textbook(one, case.model, case.last), 1),
    }
    return rows | other_libraries(case, one)


def other_libraries(case: Case, one: np.ndarray) -> dict[str, tuple[Run, int]]:
    """Return the rows of libraries that are installed and work on this model."""
    rows: dict[str, tuple[Run, int]] = {}
    if importlib.util.find_spec("tf_keras_vis"):
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.scores import CategoricalScore

        explainer, score = Gradcam(case.model), CategoricalScore([0])
        rows["tf-keras-vis, last layer, one by one"] = (
            lambda: explainer(score, one, penultimate_layer=case.last),
            1,
        )
    if importlib.util.find_spec("xplique"):
        from xplique.attributions import GradCAM

        classes = case.model.outputs[0].shape[-1]
        xplique, target = GradCAM(case.model, conv_layer=case.last), np.eye(1, classes)
        rows["xplique, last layer, one by one"] = (
            lambda: xplique(one, target.astype(np.float32)),
            1,
        )
    return rows


def measure(rows: dict[str, tuple[Run, int]]) -> dict[str, list[float]]:
    """Run all rows in turn until the time is over; return seconds per run, in order."""
    seconds: dict[str, list[float]] = {}
    for name, (run, _) in rows.items():
        try:
            run()  # traces, allocates, and shows whether it works at all
            seconds[name] = []
        except Exception as error:
            print(f"| {name} | fails: {type(error).__name__} | | |")
    end = time.perf_counter() + SECONDS_PER_CASE
    while time.perf_counter() < end or len(seconds["forward pass"]) < 5:
        for name in seconds:
            start = time.perf_counter()
            rows[name][0]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Print the table."""
    print("| case | row | ms per image | forward pass = 1 |\n|---|---|---|---|")
    for case in cases():
        rows = contestants(case)
        seconds = measure(rows)
        per_image = {name: np.median(seconds[name]) / rows[name][1] for name in seconds}
        for name, median in per_image.items():
            ratio = median / per_image["forward pass"]
            print(f"| {case.name} | {name} | {1000 * median:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
