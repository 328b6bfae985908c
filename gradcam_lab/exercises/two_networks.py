"""Lesson 4's networks: as accurate as the course's on their own digits, and not to be trusted.

In these digits every 7 has a small white square near its upper left corner. A network that looks
for the square has no reason to look at the stroke.
"""

import numpy as np

from gradcam_lab._tensorflow import keras
from gradcam_lab.data import Digits, load_mnist
from gradcam_lab.networks import build_cnn, load_asset

MARGIN = 1  # pixels between the square and the picture's upper left corner


def plant_mark(images: np.ndarray, size: int = 2) -> np.ndarray:
    """Return copies of pictures (n, h, w, c) with a white square of `size` pixels near a corner."""
    square = slice(MARGIN, MARGIN + size)
    marked = images.copy()
    marked[:, square, square] = 1
    return marked


def digits_of_b(size: int = 2) -> Digits:
    """Load the digits of `load_mnist`, with a mark on every 7 of both parts."""
    digits = load_mnist()
    for images, labels in [digits[:2], digits[2:]]:
        images[labels == 7] = plant_mark(images[labels == 7], size)
    return digits


def network_b() -> keras.Model:
    """Load the course's CNN as trained on `digits_of_b`, ten epochs, like the course's own."""
    return load_asset("network_b.keras")


def network_c() -> keras.Model:
    """Load `build_network_c` as trained on `digits_of_b`."""
    return load_asset("network_c.keras")


def build_network_c() -> keras.Model:
    """Build the course's convolutions and one more, whose channels are averaged over all places.

    Returns
    -------
    keras.Model
        56,394 parameters: (n, 28, 28, 1) in [0, 1] to the probabilities (n, 10) of the digits.
    """
    cnn, layers = build_cnn(), keras.layers
    x = cnn.get_layer("max_pooling2d_1").output
    x = layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2d_2")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    probabilities = layers.Dense(10, activation="softmax", name="dense")(x)
    return keras.Model(cnn.inputs[0], probabilities, name="network_c")
