from pathlib import Path

import numpy as np
import pytest

from gradcam_lab import GradCAMExplorer, MethodComparison, TargetComparison, sample_image


@pytest.fixture(params=["explorer", "methods", "targets"])
def chooser(request, cnn, digits):
    images = digits.test_x[:3]
    return {
        "explorer": lambda: GradCAMExplorer(cnn, images),
        "methods": lambda: MethodComparison(cnn, images, methods=["gradcam"]),
        "targets": lambda: TargetComparison(cnn, images, [3]),
    }[request.param]()


def test_slider_reaches_the_first_and_the_last_image(chooser, find):
    slider = find(chooser, "gradcam-index")
    assert (slider.min, slider.max) == (0, 2)


def test_no_images_are_refused(cnn, digits):
    with pytest.raises(ValueError, match="give at least one"):
        GradCAMExplorer(cnn, digits.test_x[:0])


@pytest.mark.parametrize(
    "images", [sample_image("cat"), "cat.jpg", Path("cat.jpg")], ids=["picture", "name", "path"]
)
def test_one_picture_instead_of_a_list_is_refused_with_the_remedy(network, images):
    with pytest.raises(TypeError, match=r"give \[Image.open\(path\)\]"):
        GradCAMExplorer(network, images)


@pytest.mark.parametrize(
    ("labels", "remedy"),
    [
        ([1, 2], r"shape \(2,\) .* one whole number .* each of the 3 images"),
        ([[1], [2], [3]], r"shape \(3, 1\) .*labels.ravel\(\) of a column"),
        (np.eye(3, dtype=int), r"labels.argmax\(1\) of one-hot rows"),
        (["one", "two", "three"], "from 0 to 9"),
        ([8, 9, 10], "from 0 to 9"),
        ([-1, 0, 1], "from 0 to 9"),
    ],
    ids=str,
)
def test_labels_that_do_not_fit_are_refused_with_the_remedy(cnn, digits, labels, remedy):
    with pytest.raises(ValueError, match=remedy):
        GradCAMExplorer(cnn, digits.test_x[:3], labels=labels)
