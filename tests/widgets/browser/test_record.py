"""Answers that were computed beforehand are those that the engine gives."""

import numpy as np
import pytest

from gradcam_lab import METHODS, GradCAM
from gradcam_lab.widgets.browser.network import NotInBrowser
from gradcam_lab.widgets.browser.pack import pack_pictures
from gradcam_lab.widgets.browser.record import LIKELIEST, record


def recorded(cnn, images, **options):
    options = {"targets": [], "methods": list(METHODS)} | options
    batches = [images[[i]] for i in range(len(images))]
    return record(GradCAM(cnn), batches, **options, pictures=pack_pictures(images, 1, None))


def test_heatmaps_of_all_layers_are_there_for_the_likeliest_classes(cnn, digits):
    images = digits.test_x[:2]
    packed = recorded(cnn, images)
    answers = packed.description["recorded"]
    assert len(answers["places"]) == 2 * (LIKELIEST + 1) * len(METHODS)
    for method in METHODS:
        found = GradCAM(cnn).explain(images[[1]], method=method)
        place = answers["places"][f"1 -1 {method}"]
        assert place["explained"] == found.target[0]
        probabilities = np.frombuffer(packed.network, "<f4", 10, place["probabilities"])
        np.testing.assert_allclose(probabilities, found.probabilities[0], atol=1e-6)
        peaks = np.frombuffer(packed.network, "<f4", len(answers["layers"]), place["peaks"])
        for layer, peak in zip(answers["layers"], peaks, strict=True):
            rows, columns = layer["shape"]
            start = place["maps"] + layer["offset"]
            values = np.frombuffer(packed.network, "<u2", rows * columns, start) / 65535
            heatmap = found.heatmaps[layer["name"]][0]
            np.testing.assert_allclose(values.reshape(rows, columns), heatmap, atol=2e-5)
            np.testing.assert_allclose(peak, found.signed[layer["name"]].max(), rtol=1e-4)


def test_classes_that_are_asked_for_are_there_as_well(cnn, digits):
    found = GradCAM(cnn).explain(digits.test_x[:1])
    unlikeliest = int(found.probabilities.argmin())
    packed = recorded(cnn, digits.test_x[:1], targets=[unlikeliest], methods=["layercam"])
    assert f"0 {unlikeliest} layercam" in packed.description["recorded"]["places"]


@pytest.mark.parametrize(("count", "size"), [(0, "0 pictures take 0 MB"), (2000, "take 1")])
def test_too_much_is_refused_before_it_is_computed(cnn, digits, count, size):
    images = np.repeat(digits.test_x[:1], count, axis=0)
    with pytest.raises(NotInBrowser, match=size):
        recorded(cnn, images)
