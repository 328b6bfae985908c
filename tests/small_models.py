"""Small networks for the tests, and pictures for them."""

import os

import numpy as np
import pytest

from gradcam_lab._tensorflow import keras
from gradcam_lab.hooks import named_layers

layers = keras.layers
half_precision = pytest.mark.skipif(
    "ONEDNN_MAX_CPU_ISA" in os.environ,
    reason="TensorFlow asks the real processor, not the played one, whether it has half precision",
)
IMAGES = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype(np.float32)


def model_of(*last_layers, make_input=lambda: keras.Input((8, 8, 1))):
    """Build a network of one convolution, named conv, and the given end."""
    keras.utils.set_random_seed(0)
    x = picture = make_input()
    for layer in [layers.Conv2D(4, 3, activation="relu", name="conv"), *last_layers]:
        x = layer(x)
    return keras.Model(picture, x, name="small")


def with_the_same_weights(model, other):
    """Give a model the weights of another one."""
    model.set_weights(other.get_weights())
    return model


class Chain(keras.Model):
    """A subclassed model that runs the given layers in their order, and keeps them in reverse."""

    def __init__(self, chain):
        super().__init__(name="chain")
        self.kept = list(reversed(chain))

    def call(self, x):
        for layer in reversed(self.kept):
            x = layer(x)
        return x


class Traced(layers.Layer):
    """Passes its input on, and counts how often Python runs through it."""

    runs = 0

    def call(self, inputs):
        self.runs += 1
        return inputs


class Fragile(layers.Layer):
    """Passes its input on until it is broken."""

    broken = False

    def call(self, inputs):
        if self.broken:
            raise ArithmeticError("the layer is broken")
        return inputs


def leftovers(model):
    """Name the layers that still carry a listener."""
    return [name for name, layer in named_layers(model).items() if "call" in vars(layer)]
