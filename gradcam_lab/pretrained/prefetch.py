"""Files that the lessons can do without but a teacher wants in place before they begin."""

from collections.abc import Callable
from pathlib import Path

from gradcam_lab.pretrained.downloads import fetch
from gradcam_lab.pretrained.weights import download_vgg16_weights

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_HASH = "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def download_mnist(home: Path) -> Path:
    """Download Keras's 70,000 digits (11 MB) into a folder laid out like Keras's cache."""
    file = home / "datasets" / "mnist.npz"
    print(f"Downloading MNIST (11 MB, once) to {file.parent}")
    fetch(MNIST_URL, MNIST_HASH, file)
    return file


DOWNLOADS: dict[str, Callable[[Path], Path]] = {
    "vgg16": download_vgg16_weights,
    "mnist": download_mnist,
}
