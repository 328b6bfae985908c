"""What people bring: taken as it is meant, or refused early, in words that name the remedy."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence, Set
from difflib import get_close_matches
from math import prod
from numbers import Number
from pathlib import Path
from typing import cast

import matplotlib
import numpy as np
from matplotlib.colors import Colormap
from numpy.typing import ArrayLike
from PIL import Image

from gradcam_lab._tensorflow import keras, tensorflow

Images = Sequence[Image.Image | np.ndarray] | np.ndarray
Shape = tuple[int | None, ...]

PREDICTED = -1  # as a target: the class that the network itself finds likeliest
_REGRESSION = {"mse", "mae", "mape", "msle", "huber", "huber_loss", "log_cosh", "logcosh"} | {
    f"mean_{kind}_error"
    for kind in ("squared", "absolute", "absolute_percentage", "squared_logarithmic")
}
_OTHER_DIMENSIONS = {
    3: "gives (n, steps, channels): treat a signal as a picture of height 1, by Conv2D with "
    "kernels (1, k) on inputs (n, 1, steps, channels)",
    5: "gives (n, frames or depth, h', w', channels): explain one frame at a time, by a model of "
    "its own",
}

# Images


def as_images(images: Images, model: keras.Model) -> np.ndarray:
    """Validate images for a model, and return them as float32 (n, h, w, c).

    A model that knows no shapes yet learns them from the first image.
    """
    check_loss(model)
    if model.built:
        input_shape(model)  # one input, or what is given need not be one batch
    images = as_batch(images)
    if not model.built:
        check_shape(images.shape, (None, None, None))
        model(images[:1], training=False)
    check_shape(images.shape, input_shape(model))
    return images


def check_one_image(images: np.ndarray) -> np.ndarray:
    """Validate that a batch holds one image, and return it."""
    if len(images) > 1:
        raise ValueError(
            f"img_array holds {len(images)} images, and this function explains one: give "
            "images[[i]], or use GradCAM(model).explain(images)"
        )
    return images


def as_batch(images: Images) -> np.ndarray:
    """Validate images of one size, and return them as one float32 array."""
    images = check_container(images)
    try:
        return np.asarray(images, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "images differ in size, or hold no numbers: resize pictures to the model's input, as "
            "PretrainedNetwork(model).preprocess(pictures) does"
        ) from error


def check_pictures(images: Images, expected: Shape | None) -> Images:
    """Validate the pictures of an explorer, and return them.

    Each has the shape that is expected; None where any picture is prepared for the model.
    """
    images = check_container(images)
    shape = tuple(getattr(images, "shape", ()))
    if expected and shape:
        check_shape(shape, expected)
    elif expected:
        for image in images:
            check_shape((1, *_shape_of(image)), expected)
    if len(shape) in (1, 2) or (len(shape) == 3 and shape[-1] in (1, 3, 4)):
        raise ValueError(
            f"images have the shape {shape}, which is one picture at most: keep the batch axis, "
            "as in images[[i]], or add it with images[np.newaxis]"
        )
    return images


def check_container(images: Images) -> Images:
    """Validate that images are an array or a sequence of pictures, and return them."""
    kind = type(images).__name__
    if isinstance(images, Image.Image | str | Path):
        raise TypeError("images is not a list of pictures: give [Image.open(path)]")
    if hasattr(images, "columns"):
        raise TypeError(
            f"images is a {kind}: give its columns of pixels as an array, "
            "images[columns].to_numpy().reshape(-1, height, width, channels)"
        )
    try:
        count, _ = len(images), images[:0]
    except Exception as error:  # datasets, generators, dicts: each has its own
        raise TypeError(
            f"images is a {kind}: give an array (n, height, width, channels) or a list of "
            "pictures; of a dataset a batch, images, labels = next(iter(dataset)); of a dict one "
            "of its arrays; of a generator list(images)"
        ) from error
    if count == 0:
        raise ValueError("there are no images, the batch is empty: give at least one image")
    if getattr(getattr(images, "dtype", None), "kind", "") in ("O", "U"):  # an array of anything
        images = list(images)
    if not hasattr(images, "shape"):
        for i, image in enumerate(images):
            _check_picture(i, image)
    return images


def _check_picture(i: int, image: object) -> None:
    if isinstance(image, str | Path):
        raise TypeError("images are paths: give [Image.open(path) for path in paths]")
    if isinstance(image, Image.Image):
        return
    try:
        shape = _shape_of(image)
    except ValueError:  # rows of several lengths
        shape = ()
    if len(shape) not in (2, 3) and shape[:1] != (1,):
        raise ValueError(
            f"images[{i}] is a {type(image).__name__} of the shape {shape} and no picture: of "
            "pairs, as of images and labels, give the images alone"
        )


def _shape_of(image: object) -> tuple[int, ...]:
    """Return the shape that a picture in any form has for numpy."""
    return np.shape(cast(ArrayLike, image))  # it takes a PIL.Image, too, undeclared


def check_shape(shape: tuple[int, ...], expected: Shape) -> None:
    """Validate the shape (n, *expected) of a batch of images; the error says how to get there."""
    if _fits(shape, expected):
        return
    wanted = ", ".join("any" if size is None else str(size) for size in expected)
    raise ValueError(
        f"images have the shape {shape}, but the model takes (n, {wanted}): "
        f"{_remedy(shape, expected)}"
    )


def _fits(shape: Shape, expected: Shape) -> bool:
    return len(shape) == 1 + len(expected) and all(
        want in (None, have) for want, have in zip(expected, shape[1:], strict=True)
    )


def _remedy(shape: tuple[int, ...], expected: Shape) -> str:
    """Name the first change that would give the shape that the model takes."""
    n, *sizes, channels = shape if len(shape) > 1 else (0, 0)
    changes: dict[str, Shape] = {
        "keep the batch axis, as in images[[i]], or add it with images[np.newaxis]": (1, *shape),
        "add the axis of channels with images[..., np.newaxis]": (*shape, 1),
        "add two axes with images[np.newaxis, ..., np.newaxis]": (1, *shape, 1),
        "make grey three colours with np.repeat(images[..., np.newaxis], 3, axis=-1)": (*shape, 3),
    }
    if len(shape) == 4:
        changes["bring the channels to the end with np.moveaxis(images, 1, -1)"] = (
            *(n, sizes[1], channels, sizes[0]),
        )
        change_channels: dict[Shape, str] = {
            (1, 3): "make grey three colours with np.repeat(images, 3, axis=-1)",
            (3, 1): "make colours grey with images.mean(axis=-1, keepdims=True)",
            (4, 3): "leave transparency out with images[..., :3]",
        }
        if words := change_channels.get((channels, expected[-1])):
            changes[words] = (n, *sizes, expected[-1])
    known = [size for size in expected if size is not None]
    if len(known) == len(expected) and shape[1:] == (prod(known),):
        sides = ", ".join(map(str, known))
        changes[f"give the pixels their places with images.reshape(-1, {sides})"] = (n, *expected)
    for words, changed in changes.items():
        if _fits(changed, expected) and changed[-1] in (1, 3, expected[-1]):
            return words
    return (
        "resize pictures to the model's input, as PretrainedNetwork(model).preprocess(pictures) "
        "does"
    )


# Models


def input_shape(model: keras.Model) -> Shape:
    """Return the shape of one image as the model takes it, None where a size is free."""
    inputs = getattr(model, "inputs", None)
    if inputs is None:
        known = model.get_build_config()
        if not known:
            raise ValueError(
                f"model {model.name!r} has no known shapes yet: call the model once on a batch."
            )
        return tuple(known["input_shape"][1:])
    if len(inputs) != 1:
        raise ValueError(
            f"model {model.name!r} takes {len(inputs)} inputs, and a CAM explains one picture: "
            "wrap it in a model of one input."
        )
    return tuple(inputs[0].shape[1:])


def check_is_keras_model(model: object) -> None:
    """Validate that this is a Keras 3 model."""
    if isinstance(model, keras.Model):
        return
    family = {each.__module__.split(".")[0] for each in type(model).__mro__}
    if family & {"tf_keras", "tensorflow"}:
        raise TypeError(
            f"model is a {type(model).__name__} of Keras 2 (tf_keras), and gradcam_lab works with "
            "Keras 3: build it with `import keras`, and copy the weights with "
            "model.set_weights(old.get_weights())"
        )
    raise TypeError(
        f"model is a {type(model).__name__}, not a keras.Model: load a file with "
        "keras.saving.load_model; of a PretrainedNetwork, give its .model"
    )


def check_model(model: keras.Model) -> None:
    """Validate what a model's layers show: that a CAM can read them."""
    for layer in model._flatten_layers():
        if getattr(layer, "data_format", None) == "channels_first":
            raise ValueError(
                f"layer {layer.name!r} keeps its channels first, (n, channels, h', w'), and a CAM "
                "reads them last: build the model with data_format='channels_last'"
            )
        if isinstance(layer.dtype_policy, keras.dtype_policies.QuantizedDTypePolicy):
            raise ValueError(
                f"layer {layer.name!r} is quantised, and whole numbers have no gradient: explain "
                "the model as it was before model.quantize()"
            )


def check_loss(model: keras.Model) -> None:
    """Validate that a model was not trained to give plain numbers: they are no classes."""
    losses = tensorflow.nest.flatten(getattr(model, "loss", None))
    loss = losses[0] if len(losses) == 1 else None
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    is_plain = getattr(model.layers[-1], "activation", None) is keras.activations.linear
    if is_plain and str(name).lower() in _REGRESSION:
        raise ValueError(
            f"the model was trained with the loss {name!r} and answers with plain numbers, not "
            "with classes, so that there is no class score: end it in classes, such as 'low' and "
            "'high', and train it with a loss for classes"
        )


def without_places(model: keras.Model, shapes: Mapping[str, tuple[int | None, ...]]) -> ValueError:
    """Return the error for a model none of whose layers, of these shapes, has (h', w')."""
    remedy = "use a model with convolutional layers."
    for name, shape in sorted(shapes.items(), key=lambda item: len(item[1])):
        if len(shape) in _OTHER_DIMENSIONS:  # a video's frames before its steps
            remedy = f"layer {name!r} {_OTHER_DIMENSIONS[len(shape)]}."
    return ValueError(
        f"model {model.name!r} has no layer with an output (n, h', w', channels), so there is "
        f"nothing to draw a heatmap of: {remedy}"
    )


def no_classifier(shape: Shape) -> ValueError:
    """Return the error for a model that answers with something else than (n, classes)."""
    return ValueError(
        f"the model answers with the shape {tuple(shape)} and is no classifier: end it in a layer "
        "with an output (n, classes), such as Dense. Of a segmentation, explain the mean of each "
        "class: GradCAM(keras.Model(model.inputs, keras.ops.mean(model.outputs[0], axis=(1, 2))), "
        'score="probability")'
    )


def no_logit() -> ValueError:
    """Return the error for a model whose last activation is none that has a logit before it."""
    return ValueError(
        "the model does not end in softmax, sigmoid or plain logits, so there is no logit to "
        'explain: use GradCAM(model, score="probability"), which takes the outputs as they are '
        "(they have to be probabilities), or end the model in one of these"
    )


def as_names(layers: object) -> tuple:
    """Return one layer's name as one of several."""
    return tuple(layers) if isinstance(layers, list | tuple) else (layers,)


def check_layer_names(
    names: Sequence[str],
    shapes: Mapping[str, Shape],
    running: Container[str],
    known: Container[str],
) -> tuple[str, ...]:
    """Validate names of layers to explain, and return them.

    `shapes` has those that give one tensor, `running` those that run when the model answers,
    `known` all that it has.
    """
    spatial = [name for name, shape in shapes.items() if len(shape) == 4]
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a layer is named by its name, not by {name!r}: give layer.name")
        if name in spatial:
            continue
        if name not in known:
            fault = f"model has no layer {name!r}"
        elif name not in running:
            fault = f"layer {name!r} never runs when the model answers"
        else:
            fault = f"layer {name!r} has no output (n, h', w', channels) to draw a heatmap of"
        inner = [each for each in spatial if each.endswith(f"/{name}")]
        close = inner or get_close_matches(name, spatial)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise ValueError(f"{fault}; {hint}spatial layers are: {_listed(spatial)}")
    return tuple(names)


def _listed(names: Sequence[str]) -> str:
    """Return names as a list to read; of many, the first and the last."""
    return ", ".join(names if len(names) <= 20 else [*names[:3], "...", *names[-3:]])


def unexplainable_layer(name: str, calls: int, reaching: int) -> ValueError:
    """Return the error for a layer by its calls in all, and those that reach the score."""
    if not calls:
        fault = (
            "runs inside of tf.cond or a loop, out of reach of a hook: choose a layer before or "
            "after it"
        )
    elif reaching > 1:
        fault = (
            f"runs {reaching} times on the way to the class score, so it is ambiguous which "
            "feature maps to explain: choose a layer that runs once"
        )
    else:
        fault = (
            "has no gradient: between it and the class score stands what hides it, such as "
            "recompute_grad or a rounding: choose a layer after that, or build the model without"
        )
    return ValueError(f"layer {name!r} {fault}")


def no_layer_can_be_explained(spatial: Sequence[str]) -> ValueError:
    """Return the error for a model all of whose spatial layers are of no use to a CAM."""
    return ValueError(
        "no layer can be explained by itself: each has one place only, runs more than once or "
        "inside of tf.cond or a loop, or has no gradient. The spatial layers are "
        f"{', '.join(spatial)}"
    )


# Classes, answers, names


def check_name(what: str, name: object, names: Sequence[str]) -> None:
    """Validate one of several names."""
    if name not in names:
        raise ValueError(f"no {what} {name!r}; there are: {', '.join(names)}")


def no_numbers() -> ValueError:
    """Return the error for images with values that are no numbers."""
    return ValueError("images contain NaN or infinite values: look at how they were prepared")


def unusable_answer(
    _targets: np.ndarray,
    scores: np.ndarray,
    probabilities: np.ndarray,
    maps: Mapping[str, object],
) -> ValueError:
    """Return the error for a network's answer that gives no heatmap to draw."""
    if not (np.isfinite(scores).all() and np.isfinite(probabilities).all()):
        return ValueError(
            "the network answers NaN or infinity: its training diverged, or its weights are "
            "damaged. Train it anew, with a smaller learning rate, or load it again"
        )
    for name, values in maps.items():
        if not all(np.isfinite(part).all() for part in tensorflow.nest.flatten(values)):
            return ValueError(
                f"the map of layer {name!r} overflows: its feature maps or gradients are too large "
                "for float32. Look at the range of the images, and of the weights"
            )
    return ValueError(
        f"the network answers with numbers from {probabilities.min():.3g} to "
        f"{probabilities.max():.3g}, which are no probabilities: end it in softmax, or in a Dense "
        'layer without activation and use score="logit"'
    )


def check_targets(target: int | Sequence[int] | None, n: int, classes: int) -> np.ndarray:
    """Validate the class to explain, one or n, and return it for each of n images: int64 (n,)."""
    if target is None:
        return np.full(n, PREDICTED)
    targets = np.asarray(target)
    if not np.issubdtype(targets.dtype, np.integer) or targets.shape not in ((), (n,)):
        raise ValueError(
            f"target is {target!r}: give one class index, or one for each of the {n} images"
        )
    outside = targets[(targets < 0) | (targets >= classes)]
    if outside.size:
        raise ValueError(
            f"there is no class {outside[0]}: the model has {classes} classes, 0 to {classes - 1}"
        )
    return np.broadcast_to(targets, (n,)).astype(np.int64)


def check_labels(labels: Sequence[int], n: int, classes: int) -> np.ndarray:
    """Validate the labels of n images, and return them as an array."""
    array = np.asarray(labels)
    if (
        array.shape != (n,)
        or not np.issubdtype(array.dtype, np.integer)
        or not ((array >= 0) & (array < classes)).all()
    ):
        raise ValueError(
            f"labels have the shape {array.shape} and the type {array.dtype}: give one whole "
            f"number from 0 to {classes - 1} for each of the {n} images (labels.ravel() of a "
            "column, labels.argmax(1) of one-hot rows)"
        )
    return array


def check_class_names(names: Sequence[str | int] | Mapping, classes: int) -> list[str]:
    """Validate the names of the classes, and return them in their order.

    A dict may lead from the class to its name or, as Keras's `class_indices`, from the name to the
    class. A name that several classes have gets the number of the class: two of ImageNet's are
    cranes.
    """
    if isinstance(names, str | bytes | Set) or not hasattr(names, "__iter__"):
        raise TypeError(
            f"class_names is a {type(names).__name__}, which has no order of names: give a list, "
            'such as ["cat", "dog"]'
        )
    if isinstance(names, Mapping):
        names = _in_order(names)
    names = [name.decode() if isinstance(name, bytes) else name for name in names]
    if len(names) != classes:
        raise ValueError(f"{len(names)} class names for {classes} classes: give one for each")
    for name in names:
        if not isinstance(name, str | Number):
            raise TypeError(f"class name {name!r} is a {type(name).__name__}: give strings")
    strings = [str(name) for name in names]
    count = Counter(strings)
    return [f"{name} ({i})" if count[name] > 1 else name for i, name in enumerate(strings)]


def _in_order(names: Mapping) -> list:
    """Return the names of a dict in the order of their classes, 0 to k - 1."""
    numbers = [str(number) for number in range(len(names))]  # JSON has no other keys
    for pairs in (names.items(), [(number, name) for name, number in names.items()]):
        by_number = {str(number): name for number, name in pairs}
        if set(by_number) == set(numbers):
            return [by_number[number] for number in numbers]
    raise ValueError(
        f"class_names is a dict, but neither its keys nor its values are the numbers 0 to "
        f"{len(names) - 1}: give a list of the names in the order of the classes"
    )


# Heatmaps, and how they are drawn


def check_heatmap(heatmap: np.ndarray) -> np.ndarray:
    """Validate a heatmap, and return it as float32 (h', w')."""
    try:
        heatmap = np.asarray(heatmap, dtype=np.float32)
    except (TypeError, ValueError):  # such as a whole Explanation
        heatmap = np.array(np.nan)
    if heatmap.ndim != 2 or not ((heatmap >= 0) & (heatmap <= 1)).all():
        raise ValueError(
            f"a heatmap is an array (h', w') with values in [0, 1]; this one has the shape "
            f"{heatmap.shape} and values outside [0, 1] or NaN, or another number of axes: "
            "choose one map of an Explanation's heatmaps"
        )
    return heatmap


def check_alpha(alpha: float) -> float:
    """Validate an opacity in [0, 1], and return it."""
    if not _is_share(alpha):
        raise ValueError(
            f"alpha is {alpha}: give a number from 0 (only the picture) to 1 (only the heatmap)"
        )
    return alpha


def check_threshold(threshold: float) -> float:
    """Validate a threshold in [0, 1], and return it."""
    if not _is_share(threshold):
        raise ValueError(
            f"threshold is {threshold}: give a number from 0 (nothing hidden) to 1 (only the "
            "maximum shown)"
        )
    return threshold


def check_fraction(fraction: float) -> float:
    """Validate a share of the cells in [0, 1], and return it."""
    if not _is_share(fraction):
        raise ValueError(
            f"fraction is {fraction}: give a number from 0 (nothing erased) to 1 (all cells)"
        )
    return fraction


def _is_share(number: float) -> bool:
    """Tell whether it is one number in [0, 1]; NaN is none."""
    if hasattr(number, "item") and getattr(number, "size", 0) == 1:  # of numpy
        number = number.item()
    return isinstance(number, int | float) and 0 <= number <= 1


def check_colormap(colormap: str | Colormap) -> str:
    """Validate a colormap or the name of one, and return the name."""
    name = getattr(colormap, "name", colormap)
    if not isinstance(name, str) or name not in matplotlib.colormaps:
        close = get_close_matches(str(name), matplotlib.colormaps) or ["jet", "viridis"]
        raise ValueError(f"no colormap {name!r}; did you mean {' or '.join(close)}?")
    return name


# Tests of heatmaps


def check_maps(maps: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Validate maps of these images, and return them: finite numbers (n, h', w')."""
    maps = np.asarray(maps)
    n, height, width = images.shape[:3]
    if maps.ndim != 3 or len(maps) != n or maps.shape[1] > height or maps.shape[2] > width:
        raise ValueError(
            f"maps have the shape {maps.shape}: give one map (h', w') for each of the {n} images, "
            f"no larger than {height} x {width}, as explanation.heatmaps[layer] holds them"
        )
    if not np.isfinite(maps).all():
        raise ValueError("maps hold NaN or infinity, which have no place in an order of cells")
    return maps


def check_steps(steps: int) -> int:
    """Validate a number of steps, and return it."""
    if not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps is {steps!r}: give a whole number, 1 or more")
    return steps


def check_pairs(maps: np.ndarray, others: np.ndarray, unit: bool = False) -> np.ndarray:
    """Validate maps to compare pair by pair, in [0, 1] if `unit`, and return both as one array."""
    pair = [np.asarray(each, float) for each in (maps, others)]
    shapes = [each.shape for each in pair]
    if shapes[0] != shapes[1] or len(shapes[0]) != 3:
        raise ValueError(
            f"maps of the shapes {shapes[0]} and {shapes[1]} cannot be compared: give two arrays "
            "(n, h', w') of one shape, as of the same layer"
        )
    both = np.stack(pair)
    if not np.isfinite(both).all():
        raise ValueError("maps hold NaN or infinity, which compare with nothing")
    if unit and (both.min() < 0 or both.max() > 1):
        raise ValueError(
            f"maps have values from {both.min():.3g} to {both.max():.3g}, and this compares "
            "heatmaps, in [0, 1]: give explanation.heatmaps[layer], or cam.to_heatmap(maps)"
        )
    return both


def check_boxes(boxes: Sequence | np.ndarray, n: int) -> np.ndarray:
    """Validate boxes (top, left, bottom, right), one or n, and return one for each of n maps."""
    array = np.asarray(boxes, float)
    ordered = array.shape in ((4,), (n, 4)) and (array[..., :2] < array[..., 2:]).all()
    if not ordered or array.min() < 0 or array.max() > 1:
        raise ValueError(
            f"boxes are one (top, left, bottom, right) or one for each of the {n} maps, in shares "
            "of the picture from 0 to 1: divide rows by its height and columns by its width"
        )
    return np.broadcast_to(array, (n, 4))


def check_layers_to_randomize(names: tuple, known: Mapping) -> tuple:
    """Validate names of layers, of whatever kind, and return them."""
    for name in names:
        if name not in known:
            close = get_close_matches(str(name), known)
            hint = f"did you mean {' or '.join(close)}? " if close else ""
            raise ValueError(f"model has no layer {name!r}; {hint}layers are: {_listed([*known])}")
    return names
