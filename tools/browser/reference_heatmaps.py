"""What the browser's engine is compared with: heatmaps from Python, also in double precision."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np

from gradcam_lab import METHODS
from gradcam_lab._tensorflow import Tensor, keras, tensorflow
from gradcam_lab.cam import GradCAM, to_heatmap

Heatmaps = dict[str, dict[str, np.ndarray]]  # by method and layer: (n, targets, h', w')


def heatmaps_of_python(
    engine: GradCAM,
    images: np.ndarray,
    targets: Sequence[int] | None = None,
    methods: Sequence[str] = tuple(METHODS),
) -> Heatmaps:
    """Explain images at all layers, for all classes or these, by all methods or these."""
    targets = list(range(engine.classes) if targets is None else targets)
    each_target = np.tile(targets, len(images))
    each_image = np.repeat(np.asarray(images, np.float32), len(targets), axis=0)
    maps_of = signed_maps_of(tuple(methods))
    _, _, _, signed = engine.run(engine.trace(None), each_image, each_target, maps_of)
    return {
        method: {
            layer: to_heatmap(maps[method]).reshape(
                len(images), len(targets), *maps[method].shape[1:]
            )
            for layer, maps in signed.items()
        }
        for method in methods
    }


@cache  # an engine compiles each function that it is given
def signed_maps_of(methods: tuple[str, ...]) -> Callable[[Tensor, Tensor], dict[str, Tensor]]:
    """Return one function for several methods: its graph is traced much faster than theirs are."""

    def signed_maps(feature_maps: Tensor, gradients: Tensor) -> dict[str, Tensor]:
        return {name: METHODS[name](feature_maps, gradients) for name in methods}

    return signed_maps


def heatmaps_in_float64(model: keras.Model, images: np.ndarray, targets: Sequence[int]) -> Heatmaps:
    """Explain the same as textbooks do, without our engine, and never round to float32.

    The model is one whose layers all stand in it, and whose last one has the softmax.
    """
    names, maps_of = GradCAM(model).layers, signed_maps_of(tuple(METHODS))
    with double_precision():
        double = logits_in_float64(model)
        outputs = [double.get_layer(name).output for name in names]
        network = keras.Model(double.inputs[0], [*outputs, double.outputs[0]])
        with tensorflow.GradientTape(persistent=True) as tape:
            images = tensorflow.constant(images, tensorflow.float64)
            tape.watch(images)
            *feature_maps, logits = network(images)
            scores = [logits[:, target] for target in targets]
        signed = [
            {
                name: maps_of(maps, of_maps)
                for name, maps, of_maps in zip(
                    names, feature_maps, tape.gradient(score, feature_maps), strict=True
                )
            }
            for score in scores
        ]
    return {
        method: {
            name: np.stack([to_heatmap(maps[name][method].numpy()) for maps in signed], axis=1)
            for name in names
        }
        for method in METHODS
    }


@contextmanager
def double_precision() -> Iterator[None]:
    """Let Keras take every number without a type for float64."""
    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(usual)


def logits_in_float64(model: keras.Model) -> keras.Model:
    """Return the same network in double precision, without the softmax at its end."""
    last = {"activation": "linear"}

    def clone(layer: keras.Layer) -> keras.Layer:
        changed = {"dtype": "float64"} | (last if layer is model.layers[-1] else {})
        return type(layer).from_config(layer.get_config() | changed)

    double = keras.models.clone_model(model, clone_function=clone)
    double.set_weights(model.get_weights())
    return double


def differences(some: Heatmaps, others: Heatmaps) -> dict[str, dict[str, np.ndarray]]:
    """Return by method and layer how far heatmaps are apart where they are farthest: (n, targets).

    float32 cannot always tell which of two values of a pooling window is the larger one, or whether
    a value is just below a ReLU's limit. Rounded otherwise, the gradient goes to another place: a
    single heatmap may then be far from another that is no more exact.
    """
    return {
        method: {
            layer: np.abs(heatmaps - others[method][layer]).max(axis=(2, 3))
            for layer, heatmaps in by_layer.items()
        }
        for method, by_layer in some.items()
    }


def largest_differences(some: Heatmaps, others: Heatmaps) -> dict[str, float]:
    """Return for each method how far the heatmaps of any layer are apart."""
    return {
        method: max(float(each.max()) for each in by_layer.values())
        for method, by_layer in differences(some, others).items()
    }
