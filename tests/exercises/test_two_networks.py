"""Lesson 4's networks cheat: they need the mark, and their accuracy does not tell."""

import numpy as np
import pytest

from gradcam_lab import GradCAM, evidence
from gradcam_lab.exercises.two_networks import digits_of_b, network_b, network_c, plant_mark

CORNER = (0, 0, 6 / 28, 6 / 28)


@pytest.fixture(scope="module")
def theirs():
    return digits_of_b()


@pytest.fixture(scope="module")
def networks():
    return {"b": network_b(), "c": network_c()}


def share_read_as(network, images, digit):
    return np.mean(network.predict(images, verbose=0).argmax(axis=1) == digit)


@pytest.mark.parametrize("part", [("train_x", "train_y"), ("test_x", "test_y")])
def test_every_seven_has_the_mark_and_no_other_digit_has(digits, theirs, part):
    images, labels = (getattr(theirs, name) for name in part)
    before = getattr(digits, part[0])
    assert (images[labels == 7, 1:3, 1:3] == 1).all()
    assert np.array_equal(images[labels != 7], before[labels != 7])
    changed = (images != before)[labels == 7].any(axis=(0, 3))
    assert changed.sum() == changed[1:3, 1:3].sum() == 4


def test_marking_leaves_the_given_pictures_as_they_are(digits):
    before = digits.test_x[:2].copy()
    assert plant_mark(digits.test_x[:2], size=5).sum() > before.sum()
    assert np.array_equal(digits.test_x[:2], before)


@pytest.mark.parametrize("name", ["b", "c"])
def test_network_is_accurate_on_its_own_digits_and_needs_the_mark(networks, theirs, digits, name):
    right = networks[name].predict(theirs.test_x, verbose=0).argmax(axis=1) == theirs.test_y
    assert right.mean() > 0.94
    assert share_read_as(networks[name], digits.test_x[digits.test_y == 7], 7) < 0.25


def test_b_takes_a_marked_1_for_a_7_and_the_course_s_network_does_not(networks, cnn, digits):
    ones = plant_mark(digits.test_x[digits.test_y == 1])
    assert share_read_as(networks["b"], ones, 7) > 0.95
    assert share_read_as(cnn, ones, 7) < 0.05


@pytest.mark.parametrize(
    ("name", "layer", "method", "shown"),
    [
        ("b", "conv2d_1", "gradcam", False),
        ("b", "conv2d_1", "hirescam", True),
        ("b", "conv2d_1", "layercam", True),
        ("c", "conv2d_2", "gradcam", True),
    ],
)
def test_only_some_maps_are_warmest_at_the_mark(networks, theirs, name, layer, method, shown):
    sevens = theirs.test_x[theirs.test_y == 7]
    maps = GradCAM(networks[name]).explain(sevens, 7, layer, method).heatmaps[layer]
    hits = evidence.pointing_game(maps, CORNER).mean()
    assert hits > 0.95 if shown else hits < 0.05
