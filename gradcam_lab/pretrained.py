"""Networks trained on ImageNet: VGG16 as the course has it, and a small one that ships with us."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from gradcam_lab._tensorflow import keras
from gradcam_lab.data import ASSETS, to_picture
from gradcam_lab.networks import load_asset
from gradcam_lab.vgg16 import load_vgg16
from gradcam_lab.weights import WeightsUnavailable, find_vgg16_weights


@dataclass(frozen=True)
class PretrainedNetwork:
    """An ImageNet network with what is needed to ask it about a photograph.

    Attributes
    ----------
    name : str
        ``"vgg16"`` or ``"efficientnet_lite0"``.
    model : keras.Model
        Preprocessed pictures (n, h, w, 3) to the probabilities (n, 1000).
    image_size : tuple of int
        Height and width that the model takes.
    last_conv : str
        Name of the last convolutional layer.
    scale : callable
        What the network was trained to receive: RGB float32 in [0, 255] to its own numbers.
    """

    name: str
    model: keras.Model
    image_size: tuple[int, int]
    last_conv: str
    scale: Callable[[np.ndarray], np.ndarray]

    def preprocess(self, images: Image.Image | Sequence[Image.Image]) -> np.ndarray:
        """Turn one picture or several into what the model takes.

        Parameters
        ----------
        images : PIL.Image.Image or array, or a sequence of them
            Any size; they are resized, without cropping, to `image_size`.

        Returns
        -------
        numpy.ndarray
            float32 (n, h, w, 3).
        """
        one = isinstance(images, Image.Image) or getattr(images, "ndim", None) in (2, 3)
        pictures = [self.resize(image) for image in ([images] if one else images)]
        if not pictures:
            raise ValueError("there are no images: give at least one")
        return self.scale(np.stack([np.asarray(each, np.float32) for each in pictures]))

    def resize(self, image: Image.Image) -> Image.Image:
        """Return the RGB picture at the size that the model sees."""
        height, width = self.image_size
        return to_picture(image).resize((width, height), Image.Resampling.BICUBIC)

    def decode(self, probabilities: np.ndarray, top: int = 5) -> list[list[tuple]]:
        """Name the most likely classes.

        Parameters
        ----------
        probabilities : array (n, 1000)
            What the model answered.
        top : int, default 5
            How many classes to name for each picture.

        Returns
        -------
        list of list of (WordNet id, name, probability)
            One list for each picture, the most likely class first.
        """
        return [
            [(*imagenet_classes()[i], float(row[i])) for i in np.argsort(-row)[:top]]
            for row in np.asarray(probabilities)
        ]

    @property
    def class_names(self) -> list[str]:
        """The names of the 1,000 classes, in the order of the model's outputs."""
        return [name for _, name in imagenet_classes()]


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
        The network to return, after saying so, when the weights can be had nowhere.
    weights : str or Path, optional
        The file with VGG16's weights, or the folder that has it; no other place is tried then.

    Raises
    ------
    ValueError
        If there is no network of that name, or `weights` are given for another than VGG16.
    WeightsUnavailable
        If the weights can be had nowhere and there is no `fallback`.

    References
    ----------
    K. Simonyan, A. Zisserman: Very deep convolutional networks for large-scale image recognition.
    ICLR 2015. M. Tan, Q. V. Le: EfficientNet: Rethinking model scaling for convolutional neural
    networks. ICML 2019.
    """
    for known in (name, fallback):
        if known is not None and known not in _LOADERS:
            raise ValueError(f"no network {known!r}; there are: {', '.join(_LOADERS)}")
    if weights is not None and name != "vgg16":
        raise ValueError(f"{name} ships with its weights: leave `weights` out")
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
