"""Imports TensorFlow once, without the banner that it would leave in a notebook."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from gradcam_lab._language import say

if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
    raise ImportError(
        say(
            "gradcam_lab works with Keras on TensorFlow, not on {backend}: set the environment "
            "variable KERAS_BACKEND=tensorflow before Python starts.",
            backend=os.environ["KERAS_BACKEND"],
        )
    )


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2: the banner comes from C++, not from Python."""
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


try:
    with _silent_stderr():
        import keras
        import tensorflow
except ModuleNotFoundError as error:
    if error.name != "tensorflow":
        raise
    raise ModuleNotFoundError(
        say(
            "gradcam_lab needs TensorFlow, and the choice of its build is yours: "
            "pip install 'gradcam-lab[cpu]', or 'gradcam-lab[gpu]' for an NVIDIA card."
        ),
        name="tensorflow",
    ) from error

if keras.backend.backend() != "tensorflow":  # keras was imported before, with another backend
    raise ImportError(say("gradcam_lab works with Keras on TensorFlow: import it before keras."))

Tensor: TypeAlias = tensorflow.Tensor

__all__ = ["Tensor", "keras", "tensorflow"]
