import numpy as np
import pytest

from gradcam_lab import METHODS
from gradcam_lab.methods import grad_cam

numbers = np.random.default_rng(0)


def test_grad_cam_weighs_each_channel_by_its_mean_gradient():
    feature_maps = np.array([[[[1, 10], [2, 20]]]], np.float32)  # one image, 1 × 2 cells
    gradients = np.array([[[[1, -1], [5, -3]]]], np.float32)  # means 3 and -2
    assert np.array_equal(grad_cam(feature_maps, gradients), [[[3 - 20, 6 - 40]]])


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (1, 1, 1, 1), (2, 1, 3, 1)])
def test_signed_map_has_one_number_for_each_image_and_cell(method, shape):
    feature_maps, gradients = numbers.normal(size=(2, *shape)).astype(np.float32)
    assert np.shape(method(feature_maps, gradients)) == shape[:3]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_images_of_a_batch_do_not_mix(method):
    feature_maps, gradients = numbers.normal(size=(2, 3, 4, 5, 6)).astype(np.float32)
    together = method(feature_maps, gradients)
    for i in range(3):
        alone = method(feature_maps[[i]], gradients[[i]])
        np.testing.assert_allclose(together[i], alone[0], rtol=1e-5, atol=1e-6)
