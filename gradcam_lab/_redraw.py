"""A copy of a network, all of whose weights are drawn anew."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from gradcam_lab._language import say
from gradcam_lab._tensorflow import keras


def redrawn_copy(model: keras.Model, seed: int) -> keras.Model:
    """Build a functional or `Sequential` model once more; each seed draws other weights."""
    try:
        with _python_seed(seed):
            return keras.models.clone_model(model, clone_function=_without_seeds, recursive=True)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise TypeError(
            say(
                "model {name!r} cannot be built once more: give a functional or Sequential "
                "model, and its own kinds of layers a get_config",
                name=model.name,
            )
        ) from error


def _without_seeds(layer: keras.Layer) -> keras.Layer:
    """Build a layer whose initializers draw other weights than they drew for this one."""
    config = layer.get_config()
    for part in config.values():
        if isinstance(part, dict) and "seed" in part.get("config", ()):
            part["config"]["seed"] = None
    return type(layer).from_config(config)


@contextmanager
def _python_seed(seed: int) -> Iterator[None]:
    """Seed Python's own random numbers, from which Keras takes the seeds of initializers."""
    state = random.getstate()
    # By a text: a number, as in keras.utils.set_random_seed, may be what the network was built
    # with, and its weights before training are no strangers to those after it.
    random.seed(f"drawn anew, {seed}")
    try:
        yield
    finally:
        random.setstate(state)
