"""Networks trained on ImageNet: VGG16 as the course has it, and a small one that ships with us."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pooch
from PIL import Image

from gradcam_lab._tensorflow import keras
from gradcam_lab.data import ASSETS, downloads_are_forbidden, keras_cache, to_picture
from gradcam_lab.networks import load_asset
from gradcam_lab.vgg16 import load_vgg16

VGG16_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
)
VGG16_MD5 = "64373286793e3c8b2b4e3219cbf3544b"
TIMEOUT = 5  # seconds until a server that does not answer counts as out of reach


class WeightsUnavailable(RuntimeError):  # noqa: N818 - it names a state, not a mistake
    """The trained weights of a network can be had nowhere; the message names the remedy."""


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


def load_pretrained(name: str = "vgg16", *, fallback: str | None = None) -> PretrainedNetwork:
    """Load a network that was trained on ImageNet's 1.3 million photographs.

    Parameters
    ----------
    name : {"vgg16", "efficientnet_lite0"}
        ``"efficientnet_lite0"`` ships with this package. The weights of ``"vgg16"`` (528 MB) are
        taken from Keras's cache or downloaded into it once; with the environment variable
        ``GRADCAM_LAB_OFFLINE=1`` nothing is ever downloaded.
    fallback : str, optional
        The network to return, after saying so, when the weights can be had nowhere.

    Raises
    ------
    ValueError
        If there is no network of that name.
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
    try:
        return _LOADERS[name]()
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


def _load_vgg16() -> PretrainedNetwork:
    path = _vgg16_weights()
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


def _vgg16_weights() -> Path:
    """Return the weights' file in Keras's cache, after a download where there is none."""
    path = keras_cache() / "models" / VGG16_URL.rsplit("/", 1)[-1]
    if path.exists():
        return path
    if downloads_are_forbidden():
        raise WeightsUnavailable(
            "VGG16's weights are not on this machine and GRADCAM_LAB_OFFLINE=1 forbids downloads: "
            "unset it, or put the file of Keras's VGG16 into its cache."
        )
    print(f"Downloading VGG16's weights (528 MB, once) to {path.parent}")
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            VGG16_URL,
            known_hash=f"md5:{VGG16_MD5}",
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(
            f"VGG16's weights could not be downloaded ({type(error).__name__}): connect to the "
            f"internet and try again, or put {path.name} into {path.parent}."
        ) from error
    return path


_LOADERS: dict[str, Callable[[], PretrainedNetwork]] = {
    "vgg16": _load_vgg16,
    "efficientnet_lite0": _load_efficientnet_lite0,
}
