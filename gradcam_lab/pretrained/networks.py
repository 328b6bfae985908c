"""Trained networks: VGG16 as the course has it, a small one that ships with us, and your own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from gradcam_lab._checks import (
    Images,
    as_batch,
    check_class_names,
    check_container,
    check_is_keras_model,
    check_shape,
    input_shape,
)
from gradcam_lab._language import say
from gradcam_lab._pictures import common_white, to_picture
from gradcam_lab._survey import check_layers, survey
from gradcam_lab._tensorflow import keras
from gradcam_lab.data import ASSETS
from gradcam_lab.layers import last_convolutional_layer
from gradcam_lab.networks import load_asset
from gradcam_lab.pretrained.vgg16 import load_vgg16
from gradcam_lab.pretrained.weights import WeightsUnavailable, find_vgg16_weights


@dataclass(init=False, eq=False, repr=False)  # fields are what was found, not what was given
class PretrainedNetwork:
    """A trained network with what is needed to ask it about a photograph.

    `load_pretrained` gives ImageNet's; for a network of your own, name its classes and what it was
    trained to receive.

    Parameters
    ----------
    model : keras.Model
        Prepared pictures (n, h, w, 3), or grey ones (n, h, w, 1), to the answers (n, classes).
    class_names : sequence of str or dict, optional
        The names of the classes in the order of the model's outputs, or a dict between class and
        name, such as Keras's `class_indices`. By default ImageNet's for a model of 1,000 classes,
        and numbers for another one.
    scale : callable, optional
        From the numbers of a picture, float32 in [0, 255], to those that the model was trained
        with: ``lambda pixels: pixels / 255`` for [0, 1], or the `preprocess_input` of the
        network in `keras.applications` that it was made from. By default they stay as they are,
        for a model that begins with a `Rescaling` layer of its own.
    image_size : tuple of int, optional
        Height and width of the pictures; by default the model's own.
    last_conv : str, optional
        The layer that is looked at first; by default the last convolutional one.
    name : str, optional
        By default the model's own.

    Attributes
    ----------
    model, class_names, scale, image_size, last_conv, name
        As given, or as found.

    Raises
    ------
    TypeError
        If `model` is not a keras.Model, or `scale` no function.
    ValueError
        If the model takes no pictures or is no classifier, if it leaves the size of its pictures
        open and `image_size` is not given, if it has no layer `last_conv`, or if there is not one
        name for each class.

    Examples
    --------
    >>> pets = PretrainedNetwork(
    ...     keras.saving.load_model("pets.keras"),
    ...     class_names=["cat", "dog"],
    ...     scale=keras.applications.mobilenet_v2.preprocess_input,
    ... )
    >>> OwnPictureExplorer(pets)
    """

    model: keras.Model
    class_names: list[str]
    scale: Callable[[np.ndarray], np.ndarray]
    image_size: tuple[int, int]
    last_conv: str
    name: str

    def __init__(
        self,
        model: keras.Model,
        class_names: Sequence[str] | Mapping | None = None,
        *,
        scale: Callable[[np.ndarray], np.ndarray] = np.asarray,
        image_size: tuple[int, int] | None = None,
        last_conv: str | None = None,
        name: str | None = None,
    ) -> None:
        check_is_keras_model(model)
        if not callable(scale):
            raise TypeError(
                say(
                    "scale is {scale!r}: give a function of the pixels, such as lambda "
                    "pixels: pixels / 255",
                    scale=scale,
                )
            )
        self.model, self.scale = model, scale
        self.name = name or model.name
        self.last_conv = last_conv or last_convolutional_layer(model)
        check_layers([self.last_conv], model)
        self.image_size, self._grey = _picture_form(model, image_size)
        classes = _count_classes(model)
        ids, imagenet = zip(*imagenet_classes(), strict=True)
        default = imagenet if classes == len(imagenet) else range(classes)
        self.class_names = check_class_names(
            default if class_names is None else class_names, classes
        )
        self._ids = ids if self.class_names == list(imagenet) else range(classes)

    def __repr__(self) -> str:
        """Return the class, the name and the number of classes."""
        return f"PretrainedNetwork({self.name!r}, {len(self.class_names)} classes)"

    def preprocess(self, images: Image.Image | Images) -> np.ndarray:
        """Turn one picture or several into what the model takes.

        Parameters
        ----------
        images : PIL.Image.Image or array, or a sequence of them
            Any size; they are resized, without cropping, to `image_size`.

        Returns
        -------
        numpy.ndarray
            float32 (n, h, w, 3), or (n, h, w, 1) for a network of grey pictures.
        """
        one_array = getattr(images, "ndim", None) in (2, 3)
        if isinstance(images, Image.Image) or (one_array and not isinstance(images, Sequence)):
            images = [images]
        images = check_container(images)
        white, mode = common_white(images), "L" if self._grey else "RGB"
        pictures = [self._resize(to_picture(image, white)).convert(mode) for image in images]
        pixels = np.stack([np.asarray(picture, np.float32) for picture in pictures])
        if self._grey:
            pixels = pixels[..., np.newaxis]
        prepared = as_batch(self.scale(pixels))
        check_shape(prepared.shape, input_shape(self.model))
        return prepared

    def resize(self, image: Image.Image) -> Image.Image:
        """Return the RGB picture at the size that the model sees."""
        return self._resize(to_picture(image))

    def _resize(self, picture: Image.Image) -> Image.Image:
        height, width = self.image_size
        return picture.resize((width, height), Image.Resampling.BICUBIC)

    def decode(self, probabilities: np.ndarray, top: int = 5) -> list[list[tuple]]:
        """Name the most likely classes.

        Parameters
        ----------
        probabilities : array (n, classes)
            What the model answered; of a model with one output, the probability of class 1.
        top : int, default 5
            How many classes to name for each picture.

        Returns
        -------
        list of list of (id, name, probability)
            One list for each picture, the most likely class first. The id is ImageNet's WordNet
            id, or the number of the class.
        """
        rows = np.asarray(probabilities)
        if rows.shape[-1] == 1:
            rows = np.concatenate([1 - rows, rows], axis=-1)
        return [
            [(self._ids[i], self.class_names[i], float(row[i])) for i in np.argsort(-row)[:top]]
            for row in rows
        ]


def _picture_form(
    model: keras.Model, image_size: tuple[int, int] | None
) -> tuple[tuple[int, int], bool]:
    """Return height and width of the pictures that a model takes, and whether they are grey."""
    shape = input_shape(model)
    if len(shape) != 3 or shape[-1] not in (1, 3, None):
        raise ValueError(
            say(
                "the model takes inputs of the shape {shape}, and not pictures (h, w, 3) or "
                "(h, w, 1)",
                shape=shape,
            )
        )
    own = shape[:2]
    size = own if image_size is None else image_size
    fits = isinstance(size, Sequence) and len(size) == 2
    if not fits or any(side not in (None, given) for side, given in zip(own, size, strict=True)):
        raise ValueError(
            say(
                "image_size is {size}, but the model takes {own}: give height and width, or "
                "leave it out",
                size=size,
                own=own,
            )
        )
    height, width = size
    if height is None or width is None:
        raise ValueError(
            say(
                "the model takes pictures of any size: give the one that it was trained "
                "with, such as image_size=(224, 224)"
            )
        )
    return (height, width), shape[-1] == 1


def _count_classes(model: keras.Model) -> int:
    """Return how many classes a model tells apart; one output alone tells two."""
    answers = survey(model).answers
    if getattr(answers, "rank", None) != 2:
        raise ValueError(
            say(
                "the model answers with the shape {answers}, and a classifier with (n, "
                "classes) alone: end it in a layer such as Dense",
                answers=answers,
            )
        )
    return max(2, answers[-1])


@cache
def imagenet_classes() -> list[tuple[str, str]]:
    """Return the (WordNet id, name) of the 1,000 ImageNet classes, in the networks' order."""
    text = (ASSETS / "imagenet_classes.json").read_text(encoding="utf-8")
    return [(wordnet_id, name) for wordnet_id, name in json.loads(text)]


def load_pretrained(
    name: str = "vgg16", *, fallback: str | None = None, weights: str | Path | None = None
) -> PretrainedNetwork:
    """Load a network that was trained on ImageNet's 1.3 million photographs.

    Parameters
    ----------
    name : {"vgg16", "efficientnet_lite0"}
        ``"efficientnet_lite0"`` ships with this package. The weights of ``"vgg16"`` (528 MB) are
        taken from the place that the environment variable ``GRADCAM_LAB_WEIGHTS`` names (a file
        or a folder, for a whole lab), or from Keras's cache, or downloaded into that cache once;
        with ``GRADCAM_LAB_OFFLINE=1`` nothing is ever downloaded.
    fallback : str, optional
        The network to return, after saying so, when the weights are unavailable.
    weights : str or Path, optional
        The file with VGG16's weights, or the folder that has it; no other place is tried then.

    Raises
    ------
    ValueError
        If there is no network of that name, or `weights` are given for another than VGG16.
    WeightsUnavailable
        If the weights are unavailable and there is no `fallback`.

    References
    ----------
    K. Simonyan, A. Zisserman: Very deep convolutional networks for large-scale image recognition.
    ICLR 2015. M. Tan, Q. V. Le: EfficientNet: Rethinking model scaling for convolutional neural
    networks. ICML 2019.
    """
    for known in (name, fallback):
        if known is not None and known not in _LOADERS:
            raise ValueError(
                say(
                    "no network {name!r}; there are: {names}",
                    name=known,
                    names=", ".join(_LOADERS),
                )
            )
    if weights is not None and name != "vgg16":
        raise ValueError(say("{name} ships with its weights: leave `weights` out", name=name))
    try:
        return _load_vgg16(weights) if name == "vgg16" else _LOADERS[name]()
    except WeightsUnavailable as reason:
        if fallback is None:
            raise
        print(f"{reason}\nUsing {fallback} instead.")
        return _LOADERS[fallback]()


def _load_efficientnet_lite0() -> PretrainedNetwork:
    return PretrainedNetwork(
        name="efficientnet_lite0",
        model=load_asset("efficientnet_lite0.keras"),
        image_size=(224, 224),
        last_conv="top_conv",
        scale=lambda pixels: (pixels - 127) / 128,
    )


def _load_vgg16(weights: str | Path | None = None) -> PretrainedNetwork:
    path = find_vgg16_weights(weights)
    try:
        model = load_vgg16(path)
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(str(error)) from error
    return PretrainedNetwork(
        name="vgg16",
        model=model,
        image_size=(224, 224),
        last_conv="block5_conv3",
        scale=keras.applications.vgg16.preprocess_input,
    )


_LOADERS: dict[str, Callable[[], PretrainedNetwork]] = {
    "vgg16": _load_vgg16,
    "efficientnet_lite0": _load_efficientnet_lite0,
}
