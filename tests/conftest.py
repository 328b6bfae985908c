"""What the tests share: no downloads, and the shipped data and networks, loaded once."""

import os

import pytest
from hypothesis import settings

from gradcam_lab import load_mnist, load_pretrained, trained_cnn

os.environ.setdefault("GRADCAM_LAB_OFFLINE", "1")

settings.register_profile("any machine", deadline=None, max_examples=60)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def digits():
    return load_mnist()


@pytest.fixture(scope="session")
def cnn():
    return trained_cnn()


@pytest.fixture(scope="session")
def network():
    return load_pretrained("efficientnet_lite0")
