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

from gradcam_lab._language import mark, say
from gradcam_lab._tensorflow import keras, tensorflow

Images = Sequence[Image.Image | np.ndarray] | np.ndarray
Shape = tuple[int | None, ...]

PREDICTED = -1  # as a target: the class that the network itself finds likeliest
_REGRESSION = {"mse", "mae", "mape", "msle", "huber", "huber_loss", "log_cosh", "logcosh"} | {
    f"mean_{kind}_error"
    for kind in ("squared", "absolute", "absolute_percentage", "squared_logarithmic")
}
_OTHER_DIMENSIONS = {
    3: mark(
        "layer {name!r} gives (n, steps, channels): treat a signal as a picture of height 1, by "
        "Conv2D with kernels (1, k) on inputs (n, 1, steps, channels)."
    ),
    5: mark(
        "layer {name!r} gives (n, frames or depth, h', w', channels): explain one frame at a time, "
        "by a model of its own."
    ),
}

_KEEP_BATCH = mark("keep the batch axis, as in images[[i]], or add it with images[np.newaxis]")
_GREY_TO_COLOURS = mark(
    "make grey three colours with np.repeat(images[..., np.newaxis], 3, axis=-1)"
)

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
            say(
                "img_array holds {n} images, and this function explains one: give "
                "images[[i]], or use GradCAM(model).explain(images)",
                n=len(images),
            )
        )
    return images


def as_batch(images: Images) -> np.ndarray:
    """Validate images of one size, and return them as one float32 array."""
    images = check_container(images)
    try:
        return np.asarray(images, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            say(
                "images differ in size, or hold no numbers: resize pictures to the model's "
                "input, as PretrainedNetwork(model).preprocess(pictures) does"
            )
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
            say(
                "images have the shape {shape}, which is one picture at most: keep the batch "
                "axis, as in images[[i]], or add it with images[np.newaxis]",
                shape=shape,
            )
        )
    return images


def check_container(images: Images) -> Images:
    """Validate that images are an array or a sequence of pictures, and return them."""
    kind = type(images).__name__
    if isinstance(images, Image.Image | str | Path):
        raise TypeError(say("images is not a list of pictures: give [Image.open(path)]"))
    if hasattr(images, "columns"):
        raise TypeError(
            say(
                "images is a {kind}: give its columns of pixels as an array, "
                "images[columns].to_numpy().reshape(-1, height, width, channels)",
                kind=kind,
            )
        )
    try:
        count, _ = len(images), images[:0]
    except Exception as error:  # datasets, generators, dicts: each has its own
        raise TypeError(
            say(
                "images is a {kind}: give an array (n, height, width, channels) or a list of "
                "pictures; of a dataset a batch, images, labels = next(iter(dataset)); of a "
                "dict one of its arrays; of a generator list(images)",
                kind=kind,
            )
        ) from error
    if count == 0:
        raise ValueError(say("there are no images, the batch is empty: give at least one image"))
    if getattr(getattr(images, "dtype", None), "kind", "") in ("O", "U"):  # an array of anything
        images = list(images)
    if not hasattr(images, "shape"):
        for i, image in enumerate(images):
            _check_picture(i, image)
    return images


def _check_picture(i: int, image: object) -> None:
    if isinstance(image, str | Path):
        raise TypeError(say("images are paths: give [Image.open(path) for path in paths]"))
    if isinstance(image, Image.Image):
        return
    try:
        shape = _shape_of(image)
    except ValueError:  # rows of several lengths
        shape = ()
    if len(shape) not in (2, 3) and shape[:1] != (1,):
        raise ValueError(
            say(
                "images[{i}] is a {kind} of the shape {shape} and no picture: of pairs, as "
                "of images and labels, give the images alone",
                i=i,
                kind=type(image).__name__,
                shape=shape,
            )
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
        say(
            "images have the shape {shape}, but the model takes (n, {wanted}): {remedy}",
            shape=shape,
            wanted=wanted,
            remedy=_remedy(shape, expected),
        )
    )


def _fits(shape: Shape, expected: Shape) -> bool:
    return len(shape) == 1 + len(expected) and all(
        want in (None, have) for want, have in zip(expected, shape[1:], strict=True)
    )


def _remedy(shape: tuple[int, ...], expected: Shape) -> str:
    """Name the first change that would give the shape that the model takes."""
    n, *sizes, channels = shape if len(shape) > 1 else (0, 0)
    changes: dict[str, Shape] = {
        mark("keep the batch axis, as in images[[i]], or add it with images[np.newaxis]"): (
            1,
            *shape,
        ),
        mark("add the axis of channels with images[..., np.newaxis]"): (*shape, 1),
        mark("add two axes with images[np.newaxis, ..., np.newaxis]"): (1, *shape, 1),
        mark("make grey three colours with np.repeat(images[..., np.newaxis], 3, axis=-1)"): (
            *shape,
            3,
        ),
    }
    if len(shape) == 4:
        changes[mark("bring the channels to the end with np.moveaxis(images, 1, -1)")] = (
            *(n, sizes[1], channels, sizes[0]),
        )
        change_channels: dict[Shape, str] = {
            (1, 3): mark("make grey three colours with np.repeat(images, 3, axis=-1)"),
            (3, 1): mark("make colours grey with images.mean(axis=-1, keepdims=True)"),
            (4, 3): mark("leave transparency out with images[..., :3]"),
        }
        if words := change_channels.get((channels, expected[-1])):
            changes[words] = (n, *sizes, expected[-1])
    known = [size for size in expected if size is not None]
    if len(known) == len(expected) and shape[1:] == (prod(known),):
        sides = ", ".join(map(str, known))
        places = say("give the pixels their places with images.reshape(-1, {sides})", sides=sides)
        changes[places] = (n, *expected)
    for words, changed in changes.items():
        if _fits(changed, expected) and changed[-1] in (1, 3, expected[-1]):
            return say(words)
    return say(
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
                say(
                    "model {name!r} has no known shapes yet: call the model once on a batch.",
                    name=model.name,
                )
            )
        return tuple(known["input_shape"][1:])
    if len(inputs) != 1:
        raise ValueError(
            say(
                "model {name!r} takes {count} inputs, and a CAM explains one picture: wrap "
                "it in a model of one input.",
                name=model.name,
                count=len(inputs),
            )
        )
    return tuple(inputs[0].shape[1:])


def check_is_keras_model(model: object) -> None:
    """Validate that this is a Keras 3 model."""
    if isinstance(model, keras.Model):
        return
    family = {each.__module__.split(".")[0] for each in type(model).__mro__}
    if family & {"tf_keras", "tensorflow"}:
        raise TypeError(
            say(
                "model is a {kind} of Keras 2 (tf_keras), and gradcam_lab works with Keras "
                "3: build it with `import keras`, and copy the weights with "
                "model.set_weights(old.get_weights())",
                kind=type(model).__name__,
            )
        )
    raise TypeError(
        say(
            "model is a {kind}, not a keras.Model: load a file with keras.saving.load_model; "
            "of a PretrainedNetwork, give its .model",
            kind=type(model).__name__,
        )
    )


def check_model(model: keras.Model) -> None:
    """Validate what a model's layers show: that a CAM can read them."""
    for layer in model._flatten_layers():
        if getattr(layer, "data_format", None) == "channels_first":
            raise ValueError(
                say(
                    "layer {name!r} keeps its channels first, (n, channels, h', w'), and a "
                    "CAM reads them last: build the model with data_format='channels_last'",
                    name=layer.name,
                )
            )
        if isinstance(layer.dtype_policy, keras.dtype_policies.QuantizedDTypePolicy):
            raise ValueError(
                say(
                    "layer {name!r} is quantised, and whole numbers have no gradient: "
                    "explain the model as it was before model.quantize()",
                    name=layer.name,
                )
            )


def check_loss(model: keras.Model) -> None:
    """Validate that a model was not trained to give plain numbers: they are no classes."""
    losses = tensorflow.nest.flatten(getattr(model, "loss", None))
    loss = losses[0] if len(losses) == 1 else None
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    is_plain = getattr(model.layers[-1], "activation", None) is keras.activations.linear
    if is_plain and str(name).lower() in _REGRESSION:
        raise ValueError(
            say(
                "the model was trained with the loss {name!r} and answers with plain "
                "numbers, not with classes, so that there is no class score: end it in "
                "classes, such as 'low' and 'high', and train it with a loss for classes",
                name=name,
            )
        )


def without_places(model: keras.Model, shapes: Mapping[str, tuple[int | None, ...]]) -> ValueError:
    """Return the error for a model none of whose layers, of these shapes, has (h', w')."""
    remedy = say("use a model with convolutional layers.")
    for name, shape in sorted(shapes.items(), key=lambda item: len(item[1])):
        if len(shape) in _OTHER_DIMENSIONS:  # a video's frames before its steps
            remedy = say(_OTHER_DIMENSIONS[len(shape)], name=name)
    return ValueError(
        say(
            "model {name!r} has no layer with an output (n, h', w', channels), so there is "
            "nothing to draw a heatmap of: {remedy}",
            name=model.name,
            remedy=remedy,
        )
    )


def no_classifier(shape: Shape) -> ValueError:
    """Return the error for a model that answers with something else than (n, classes)."""
    return ValueError(
        say(
            "the model answers with the shape {shape} and is no classifier: end it in a "
            "layer with an output (n, classes), such as Dense. Of a segmentation, explain "
            "the mean of each class: GradCAM(keras.Model(model.inputs, "
            'keras.ops.mean(model.outputs[0], axis=(1, 2))), score="probability")',
            shape=tuple(shape),
        )
    )


def no_logit() -> ValueError:
    """Return the error for a model whose last activation is none that has a logit before it."""
    return ValueError(
        say(
            "the model does not end in softmax, sigmoid or plain logits, so there is no "
            'logit to explain: use GradCAM(model, score="probability"), which takes the '
            "outputs as they are (they have to be probabilities), or end the model in one "
            "of these"
        )
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
            raise TypeError(
                say("a layer is named by its name, not by {name!r}: give layer.name", name=name)
            )
        if name in spatial:
            continue
        if name not in known:
            fault = say("model has no layer {name!r}", name=name)
        elif name not in running:
            fault = say("layer {name!r} never runs when the model answers", name=name)
        else:
            fault = say(
                "layer {name!r} has no output (n, h', w', channels) to draw a heatmap of", name=name
            )
        inner = [each for each in spatial if each.endswith(f"/{name}")]
        close = inner or get_close_matches(name, spatial)
        hint = _did_you_mean(close)
        raise ValueError(
            say(
                "{fault}; {hint}spatial layers are: {names}",
                fault=fault,
                hint=hint,
                names=_listed(spatial),
            )
        )
    return tuple(names)


def _did_you_mean(names: Sequence[str]) -> str:
    """Ask, before another sentence, whether one of some names is meant; of none, say nothing."""
    return say("did you mean {names}?", names=say(" or ").join(names)) + " " if names else ""


def _listed(names: Sequence[str]) -> str:
    """Return names as a list to read; of many, the first and the last."""
    return ", ".join(names if len(names) <= 20 else [*names[:3], "...", *names[-3:]])


def unexplainable_layer(name: str, calls: int, reaching: int) -> ValueError:
    """Return the error for a layer by its calls in all, and those that reach the score."""
    if not calls:
        fault = say(
            "layer {name!r} runs inside of tf.cond or a loop, out of reach of a hook: choose a "
            "layer before or after it",
            name=name,
        )
    elif reaching > 1:
        fault = say(
            "layer {name!r} runs {count} times on the way to the class score, so it is ambiguous "
            "which feature maps to explain: choose a layer that runs once",
            name=name,
            count=reaching,
        )
    else:
        fault = say(
            "layer {name!r} has no gradient: between it and the class score stands what hides it, "
            "such as recompute_grad or a rounding: choose a layer after that, or build the model "
            "without",
            name=name,
        )
    return ValueError(fault)


def no_layer_can_be_explained(spatial: Sequence[str]) -> ValueError:
    """Return the error for a model all of whose spatial layers are of no use to a CAM."""
    return ValueError(
        say(
            "no layer can be explained by itself: each has one place only, runs more than "
            "once or inside of tf.cond or a loop, or has no gradient. The spatial layers "
            "are {names}",
            names=", ".join(spatial),
        )
    )


# Classes, answers, names


def check_name(what: str, name: object, names: Sequence[str]) -> None:
    """Validate one of several names."""
    if name not in names:
        raise ValueError(
            say(
                "no {what} {name!r}; there are: {names}",
                what=say(what),
                name=name,
                names=", ".join(names),
            )
        )


def no_numbers() -> ValueError:
    """Return the error for images with values that are no numbers."""
    return ValueError(say("images contain NaN or infinite values: look at how they were prepared"))


def unusable_answer(
    _targets: np.ndarray,
    scores: np.ndarray,
    probabilities: np.ndarray,
    maps: Mapping[str, object],
) -> ValueError:
    """Return the error for a network's answer that gives no heatmap to draw."""
    if not (np.isfinite(scores).all() and np.isfinite(probabilities).all()):
        return ValueError(
            say(
                "the network answers NaN or infinity: its training diverged, or its weights "
                "are damaged. Train it anew, with a smaller learning rate, or load it again"
            )
        )
    for name, values in maps.items():
        if not all(np.isfinite(part).all() for part in tensorflow.nest.flatten(values)):
            return ValueError(
                say(
                    "the map of layer {name!r} overflows: its feature maps or gradients are "
                    "too large for float32. Look at the range of the images, and of the "
                    "weights",
                    name=name,
                )
            )
    return ValueError(
        say(
            "the network answers with numbers from {min:.3g} to {max:.3g}, which are no "
            "probabilities: end it in softmax, or in a Dense layer without activation and "
            'use score="logit"',
            min=probabilities.min(),
            max=probabilities.max(),
        )
    )


def check_targets(target: int | Sequence[int] | None, n: int, classes: int) -> np.ndarray:
    """Validate the class to explain, one or n, and return it for each of n images: int64 (n,)."""
    if target is None:
        return np.full(n, PREDICTED)
    targets = np.asarray(target)
    if not np.issubdtype(targets.dtype, np.integer) or targets.shape not in ((), (n,)):
        raise ValueError(
            say(
                "target is {target!r}: give one class index, or one for each of the {n} images",
                target=target,
                n=n,
            )
        )
    outside = targets[(targets < 0) | (targets >= classes)]
    if outside.size:
        raise ValueError(
            say(
                "there is no class {target}: the model has {classes} classes, 0 to {last}",
                target=outside[0],
                classes=classes,
                last=classes - 1,
            )
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
            say(
                "labels have the shape {shape} and the type {dtype}: give one whole number "
                "from 0 to {last} for each of the {n} images (labels.ravel() of a column, "
                "labels.argmax(1) of one-hot rows)",
                shape=array.shape,
                dtype=array.dtype,
                last=classes - 1,
                n=n,
            )
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
            say(
                "class_names is a {kind}, which has no order of names: give a list, such as "
                '["cat", "dog"]',
                kind=type(names).__name__,
            )
        )
    if isinstance(names, Mapping):
        names = _in_order(names)
    names = [name.decode() if isinstance(name, bytes) else name for name in names]
    if len(names) != classes:
        raise ValueError(
            say(
                "{count} class names for {classes} classes: give one for each",
                count=len(names),
                classes=classes,
            )
        )
    for name in names:
        if not isinstance(name, str | Number):
            raise TypeError(
                say(
                    "class name {name!r} is a {kind}: give strings",
                    name=name,
                    kind=type(name).__name__,
                )
            )
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
        say(
            "class_names is a dict, but neither its keys nor its values are the numbers 0 to "
            "{last}: give a list of the names in the order of the classes",
            last=len(names) - 1,
        )
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
            say(
                "a heatmap is an array (h', w') with values in [0, 1]; this one has the "
                "shape {shape} and values outside [0, 1] or NaN, or another number of axes: "
                "choose one map of an Explanation's heatmaps",
                shape=heatmap.shape,
            )
        )
    return heatmap


def check_alpha(alpha: float) -> float:
    """Validate an opacity in [0, 1], and return it."""
    if not _is_share(alpha):
        raise ValueError(
            say(
                "alpha is {alpha}: give a number from 0 (only the picture) to 1 (only the heatmap)",
                alpha=alpha,
            )
        )
    return alpha


def check_threshold(threshold: float) -> float:
    """Validate a threshold in [0, 1], and return it."""
    if not _is_share(threshold):
        raise ValueError(
            say(
                "threshold is {threshold}: give a number from 0 (nothing hidden) to 1 (only "
                "the maximum shown)",
                threshold=threshold,
            )
        )
    return threshold


def check_fraction(fraction: float) -> float:
    """Validate a share of the cells in [0, 1], and return it."""
    if not _is_share(fraction):
        raise ValueError(
            say(
                "fraction is {fraction}: give a number from 0 (nothing erased) to 1 (all cells)",
                fraction=fraction,
            )
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
        raise ValueError(
            say(
                "no colormap {name!r}; did you mean {names}?",
                name=name,
                names=say(" or ").join(close),
            )
        )
    return name


# Tests of heatmaps


def check_maps(maps: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Validate maps of these images, and return them: finite numbers (n, h', w')."""
    maps = np.asarray(maps)
    n, height, width = images.shape[:3]
    if maps.ndim != 3 or len(maps) != n or maps.shape[1] > height or maps.shape[2] > width:
        raise ValueError(
            say(
                "maps have the shape {shape}: give one map (h', w') for each of the {n} "
                "images, no larger than {height} x {width}, as explanation.heatmaps[layer] "
                "holds them",
                shape=maps.shape,
                n=n,
                height=height,
                width=width,
            )
        )
    if not np.isfinite(maps).all():
        raise ValueError(say("maps hold NaN or infinity, which have no place in an order of cells"))
    return maps


def check_steps(steps: int) -> int:
    """Validate a number of steps, and return it."""
    if not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(say("steps is {steps!r}: give a whole number, 1 or more", steps=steps))
    return steps


def check_pairs(maps: np.ndarray, others: np.ndarray, unit: bool = False) -> np.ndarray:
    """Validate maps to compare pair by pair, in [0, 1] if `unit`, and return both as one array."""
    pair = [np.asarray(each, float) for each in (maps, others)]
    shapes = [each.shape for each in pair]
    if shapes[0] != shapes[1] or len(shapes[0]) != 3:
        raise ValueError(
            say(
                "maps of the shapes {first} and {second} cannot be compared: give two "
                "arrays (n, h', w') of one shape, as of the same layer",
                first=shapes[0],
                second=shapes[1],
            )
        )
    both = np.stack(pair)
    if not np.isfinite(both).all():
        raise ValueError(say("maps hold NaN or infinity, which compare with nothing"))
    if unit and (both.min() < 0 or both.max() > 1):
        raise ValueError(
            say(
                "maps have values from {min:.3g} to {max:.3g}, and this compares heatmaps, "
                "in [0, 1]: give explanation.heatmaps[layer], or cam.to_heatmap(maps)",
                min=both.min(),
                max=both.max(),
            )
        )
    return both


def check_boxes(boxes: Sequence | np.ndarray, n: int) -> np.ndarray:
    """Validate boxes (top, left, bottom, right), one or n, and return one for each of n maps."""
    array = np.asarray(boxes, float)
    ordered = array.shape in ((4,), (n, 4)) and (array[..., :2] < array[..., 2:]).all()
    if not ordered or array.min() < 0 or array.max() > 1:
        raise ValueError(
            say(
                "boxes are one (top, left, bottom, right) or one for each of the {n} maps, "
                "in shares of the picture from 0 to 1: divide rows by its height and columns "
                "by its width",
                n=n,
            )
        )
    return np.broadcast_to(array, (n, 4))


def check_layers_to_randomize(names: tuple, known: Mapping) -> tuple:
    """Validate names of layers, of whatever kind, and return them."""
    for name in names:
        if name not in known:
            hint = _did_you_mean(get_close_matches(str(name), known))
            raise ValueError(
                say(
                    "model has no layer {name!r}; {hint}layers are: {names}",
                    name=name,
                    hint=hint,
                    names=_listed([*known]),
                )
            )
    return names
