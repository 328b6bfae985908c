"""What does not ship with the package, and where it comes from: VGG16's weights, and MNIST."""

import os
from collections.abc import Callable
from pathlib import Path

from gradcam_lab._language import say
from gradcam_lab._offline import downloads_are_forbidden, keras_cache
from gradcam_lab.pretrained.downloads import DownloadError, fetch

VGG16_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
)
VGG16_HASH = "md5:64373286793e3c8b2b4e3219cbf3544b"
VGG16_FILE = VGG16_URL.rsplit("/", 1)[-1]
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_HASH = "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# Not in vgg16.py, which imports TensorFlow: `gradcam-lab doctor` asks where that may not start.
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class WeightsUnavailable(RuntimeError):  # noqa: N818 - it names a state, not a mistake
    """The trained weights of a network are unavailable; the message names the remedy."""


def find_vgg16_weights(path: str | Path | None = None) -> Path:
    """Return the file with VGG16's weights, after saying in one line where it was found.

    It is looked for in this order: `path`; what the environment variable ``GRADCAM_LAB_WEIGHTS``
    names; Keras's cache. Where none of these has it, it is downloaded into the cache, from the
    address in ``GRADCAM_LAB_WEIGHTS_URL`` if that is set.

    Parameters
    ----------
    path : str or Path, optional
        The file, or a folder that has it under the name that Keras gives it.

    Raises
    ------
    WeightsUnavailable
        If the file is not where `path` or ``GRADCAM_LAB_WEIGHTS`` says (then no other place is
        tried: somebody has decided), or cannot be downloaded.
    """
    at_hand = vgg16_weights_at_hand(path)
    file, origin = at_hand or (download_vgg16_weights(keras_cache()), say("downloaded now"))
    print(say("VGG16's weights: {file} ({origin})", file=file, origin=origin))
    return file


def vgg16_weights_at_hand(path: str | Path | None = None) -> tuple[Path, str] | None:
    """Return the file on this machine and who named it, or None where it must be downloaded."""
    if path is not None:
        given = say("the path that was given")
        return _in_place(path, given), given
    if shared := os.environ.get("GRADCAM_LAB_WEIGHTS"):
        return _in_place(shared, "GRADCAM_LAB_WEIGHTS"), say("named by GRADCAM_LAB_WEIGHTS")
    cached = _place_in(keras_cache())
    return (cached, say("Keras's cache")) if cached.exists() else None


def download_vgg16_weights(home: Path) -> Path:
    """Download the file into a folder laid out like Keras's cache."""
    file = _place_in(home)
    if downloads_are_forbidden():
        raise WeightsUnavailable(
            say(
                "VGG16's weights are not on this machine and GRADCAM_LAB_OFFLINE=1 forbids "
                "downloads: unset it, or put the file of Keras's VGG16 into its cache."
            )
        )
    print(say("Downloading VGG16's weights (528 MB, once) to {folder}", folder=file.parent))
    try:
        fetch(_address(), VGG16_HASH, file)
    except DownloadError as error:
        raise WeightsUnavailable(
            say(
                "VGG16's weights could not be downloaded. {error} Or put {file} into "
                "{parent}, or into a folder that GRADCAM_LAB_WEIGHTS names.",
                error=error,
                file=VGG16_FILE,
                parent=file.parent,
            )
        ) from error
    return file


def download_mnist(home: Path) -> Path:
    """Download Keras's 70,000 digits (11 MB) into a folder laid out like Keras's cache."""
    file = home / "datasets" / "mnist.npz"
    print(say("Downloading MNIST (11 MB, once) to {folder}", folder=file.parent))
    fetch(MNIST_URL, MNIST_HASH, file)
    return file


DOWNLOADS: dict[str, Callable[[Path], Path]] = {  # what `gradcam-lab prefetch` can be asked for
    "vgg16": download_vgg16_weights,
    "mnist": download_mnist,
}


def vgg16_shapes() -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the shapes of kernel and bias of each layer that has weights, in network order."""
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    channels = 3
    for block, widths in enumerate(BLOCKS, 1):
        for i, width in enumerate(widths, 1):
            shapes[f"block{block}_conv{i}"] = (3, 3, channels, width), (width,)
            channels = width
    for name, inputs, width in (
        ("fc1", 7 * 7 * channels, 4096),
        ("fc2", 4096, 4096),
        ("predictions", 4096, 1000),
    ):
        shapes[name] = (inputs, width), (width,)
    return shapes


def _in_place(named: str | Path, by: str) -> Path:
    """Return the file that somebody named, or that lies in the folder that somebody named."""
    place = Path(named).expanduser()
    for file in (place, place / VGG16_FILE, _place_in(place)):
        if os.access(file, os.R_OK) and file.is_file():
            return file
    raise WeightsUnavailable(
        say(
            "VGG16's weights cannot be read at {place}, which is {by}: correct it, put "
            "{file} there, or leave it out to have them looked for elsewhere.",
            place=place,
            by=by,
            file=VGG16_FILE,
        )
    )


def _place_in(home: Path) -> Path:
    """Return where Keras's own VGG16 keeps the file, in a folder laid out like Keras's cache."""
    return home / "models" / VGG16_FILE


def _address() -> str:
    """Return the address of the file: Keras's, or that of the lab's mirror."""
    mirror = os.environ.get("GRADCAM_LAB_WEIGHTS_URL") or VGG16_URL
    return mirror + VGG16_FILE if mirror.endswith("/") else mirror
