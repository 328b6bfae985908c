"""What people bring as images and class names: taken as it is meant, or refused with the remedy."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from math import prod
from numbers import Number
from pathlib import Path

import numpy as np
from PIL import Image

Images = Sequence[Image.Image | np.ndarray] | np.ndarray
Shape = tuple[int | None, ...]


def as_batch(images: Images) -> np.ndarray:
    """Return images of one size as a float32 array, or say what to give instead."""
    images = check_container(images)
    try:
        return np.asarray(images, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "images differ in size, or hold no numbers: resize pictures to the model's input, as "
            "PretrainedNetwork(model).preprocess(pictures) does"
        ) from error


def check_pictures(images: Images) -> Images:
    """Return the pictures of an explorer, or say what to give instead."""
    images = check_container(images)
    shape = tuple(getattr(images, "shape", ()))
    if len(shape) in (1, 2) or (len(shape) == 3 and shape[-1] in (1, 3, 4)):
        raise ValueError(
            f"images have the shape {shape}, which is one picture at most: keep the batch axis, "
            "as in images[[i]], or add it with images[np.newaxis]"
        )
    return images


def check_container(images: Images) -> Images:
    """Return images, an array or a sequence of pictures, or say what to give instead of others."""
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
        shape = np.shape(image)
    except ValueError:  # rows of several lengths
        shape = ()
    if len(shape) not in (2, 3) and shape[:1] != (1,):
        raise ValueError(
            f"images[{i}] is a {type(image).__name__} of the shape {shape} and no picture: of "
            "pairs, as of images and labels, give the images alone"
        )


def check_shapes(images: Images, expected: Shape) -> None:
    """Say which of the images a model cannot take, one by one where they are no array."""
    if hasattr(images, "shape"):
        check_shape(tuple(images.shape), expected)
    else:
        for image in images:
            check_shape((1, *np.shape(image)), expected)


def check_shape(shape: tuple[int, ...], expected: Shape) -> None:
    """Say how a batch of images gets the shape (n, *expected) that a model takes."""
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
    changes = {
        "keep the batch axis, as in images[[i]], or add it with images[np.newaxis]": (1, *shape),
        "add the axis of channels with images[..., np.newaxis]": (*shape, 1),
        "add two axes with images[np.newaxis, ..., np.newaxis]": (1, *shape, 1),
        "make grey three colours with np.repeat(images[..., np.newaxis], 3, axis=-1)": (*shape, 3),
    }
    if len(shape) == 4:
        changes["bring the channels to the end with np.moveaxis(images, 1, -1)"] = (
            *(n, sizes[1], channels, sizes[0]),
        )
        change_channels = {
            (1, 3): "make grey three colours with np.repeat(images, 3, axis=-1)",
            (3, 1): "make colours grey with images.mean(axis=-1, keepdims=True)",
            (4, 3): "leave transparency out with images[..., :3]",
        }
        if words := change_channels.get((channels, expected[-1])):
            changes[words] = (n, *sizes, expected[-1])
    if None not in expected and shape[1:] == (prod(expected),):
        sides = ", ".join(map(str, expected))
        changes[f"give the pixels their places with images.reshape(-1, {sides})"] = (n, *expected)
    for words, changed in changes.items():
        if _fits(changed, expected) and changed[-1] in (1, 3, expected[-1]):
            return words
    return (
        "resize pictures to the model's input, as PretrainedNetwork(model).preprocess(pictures) "
        "does"
    )


def check_class_names(names: Sequence[str] | Mapping, classes: int) -> list[str]:
    """Return the names of the classes in their order, or say what is wrong with them.

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
    names = [str(name) for name in names]
    count = Counter(names)
    return [f"{name} ({i})" if count[name] > 1 else name for i, name in enumerate(names)]


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
