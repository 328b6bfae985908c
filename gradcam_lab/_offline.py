"""Where downloads go, and whether they are allowed: what the environment says."""

import os
from pathlib import Path

from gradcam_lab._language import say


def downloads_are_forbidden() -> bool:
    """Tell whether the environment variable ``GRADCAM_LAB_OFFLINE`` is 1."""
    return os.environ.get("GRADCAM_LAB_OFFLINE") == "1"


def keras_cache() -> Path:
    """Return the folder in which Keras keeps what it has downloaded."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))


def check_mnist_may_be_downloaded() -> None:
    """Refuse to fetch Keras's digits where downloads are forbidden; those already here will do."""
    if downloads_are_forbidden() and not (keras_cache() / "datasets" / "mnist.npz").exists():
        raise RuntimeError(
            say(
                "Keras's 70,000 digits are not on this machine and GRADCAM_LAB_OFFLINE=1 "
                "forbids downloads: unset it, or use load_mnist() without full."
            )
        )
