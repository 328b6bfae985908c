"""What a network does to a picture's numbers before it starts, as the browser can do it, too."""

import warnings

import numpy as np

from gradcam_lab._checks import as_batch
from gradcam_lab.pretrained.networks import PretrainedNetwork

RANGES = ((0, 2), (0, 100), (100, 200), (37, 38), (0, 256))  # dark, pale, even and full pictures
CLOSE = 1e-6  # of the largest number: float32 comes within 2e-7


def linear_scale(network: PretrainedNetwork) -> tuple[np.ndarray, np.ndarray] | None:
    """Find out whether a network's `scale` is one matrix and one offset for every pixel.

    All of `keras.applications` are: BGR less a mean, ``/ 127.5 - 1``, less a mean and over a
    standard deviation. It is found by trying, and held against random pictures.

    Returns
    -------
    (matrix, offset) or None
        float64 (c, c) and (c,), so that ``scale(pixels)`` is ``pixels @ matrix + offset``, where
        c is 3, or 1 for grey pictures. None if `scale` is anything else: where it depends on the
        picture or on the place, bends the values, changes their shape, or fails.
    """
    channels = 1 if network._grey else 3
    shape = (*network.image_size, channels)

    def scale(picture: np.ndarray) -> np.ndarray:
        scaled = as_batch(network.scale(picture[np.newaxis].astype(np.float32)))  # it may write
        if scaled.shape != (1, *shape):
            raise ValueError(f"a picture of the shape {shape} became {scaled.shape}")
        return scaled[0].astype(np.float64)

    random = np.random.default_rng(0)
    pictures = [random.integers(low, high, shape) for low, high in RANGES]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            offset = scale(np.zeros(shape))[0, 0]
            pure = [scale(np.full(shape, colour))[0, 0] for colour in 255 * np.eye(channels)]
            found = np.stack([scale(picture) for picture in pictures])
    except Exception:  # the function is somebody else's: anything may go wrong in it
        return None
    matrix = (np.stack(pure) - offset) / 255
    difference = np.abs(found - (np.stack(pictures) @ matrix + offset)).max()
    return (matrix, offset) if difference <= CLOSE * np.abs(found).max() else None
