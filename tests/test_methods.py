import numpy as np
import pytest

from gradcam_lab import METHODS
from gradcam_lab.cam import to_heatmap
from gradcam_lab.methods import grad_cam, grad_cam_plus_plus

numbers = np.random.default_rng(0)

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


# Each method written down once more, as its paper has it: for one image, in double precision


def paper_grad_cam(a, g):
    return np.einsum("ijk,k->ij", a, g.mean(axis=(0, 1)))


def paper_grad_cam_plus_plus(a, g):
    share = g**2 / (2 * g**2 + a.sum(axis=(0, 1)) * g**3)
    return np.einsum("ijk,k->ij", a, (share * np.maximum(g, 0)).sum(axis=(0, 1)))


def paper_hires_cam(a, g):
    return np.einsum("ijk,ijk->ij", a, g)


def paper_layer_cam(a, g):
    return np.einsum("ijk,ijk->ij", a, np.maximum(g, 0))


def paper_x_grad_cam(a, g):
    share = a / a.sum(axis=(0, 1))
    return np.einsum("ijk,k->ij", a, (share * g).sum(axis=(0, 1)))


PAPERS = {
    "gradcam": paper_grad_cam,
    "gradcam++": paper_grad_cam_plus_plus,
    "hirescam": paper_hires_cam,
    "layercam": paper_layer_cam,
    "xgradcam": paper_x_grad_cam,
}


def feature_maps_and_gradients(shape=(3, 4, 5, 6)):
    feature_maps, gradients = numbers.uniform(0.1, 1, shape), numbers.normal(size=shape)
    return feature_maps.astype(np.float32), gradients.astype(np.float32)


@pytest.mark.parametrize("name", METHODS)
def test_signed_map_is_that_of_the_paper(name):
    feature_maps, gradients = feature_maps_and_gradients()
    signed = METHODS[name](feature_maps, gradients)
    for i in range(3):
        arrays = feature_maps[i].astype(np.float64), gradients[i].astype(np.float64)
        np.testing.assert_allclose(signed[i], PAPERS[name](*arrays), rtol=1e-4, atol=1e-5)


def test_grad_cam_weighs_each_channel_by_its_mean_gradient():
    feature_maps = np.array([[[[1, 10], [2, 20]]]], np.float32)  # one image, 1 × 2 cells
    gradients = np.array([[[[1, -1], [5, -3]]]], np.float32)  # means 3 and -2
    assert np.array_equal(grad_cam(feature_maps, gradients), [[[3 - 20, 6 - 40]]])


@every_method
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 1, 3, 1), (3, 4, 5, 6)])
def test_signed_map_has_one_number_for_each_image_and_cell(method, shape):
    assert np.shape(method(*feature_maps_and_gradients(shape))) == shape[:3]


@every_method
def test_images_of_a_batch_do_not_mix(method):
    feature_maps, gradients = feature_maps_and_gradients()
    together = method(feature_maps, gradients)
    for i in range(3):
        alone = method(feature_maps[[i]], gradients[[i]])
        np.testing.assert_allclose(together[i], alone[0], rtol=1e-5, atol=1e-6)


@every_method
@pytest.mark.parametrize("silent", ["feature_maps", "gradients"])
def test_channel_that_is_silent_counts_for_nothing(method, silent):
    feature_maps, gradients = feature_maps_and_gradients()
    (feature_maps if silent == "feature_maps" else gradients)[..., 0] = 0
    without = method(feature_maps[..., 1:], gradients[..., 1:])
    np.testing.assert_allclose(method(feature_maps, gradients), without, rtol=1e-5, atol=1e-6)


@every_method
def test_small_gradients_give_the_same_heatmap_as_large_ones(method):
    feature_maps, gradients = feature_maps_and_gradients()
    small, smaller = (
        to_heatmap(np.asarray(method(feature_maps, gradients * np.float32(factor))))
        for factor in (1e-6, 1e-24)  # as of a class whose probability is nearly zero
    )
    assert small.any()
    np.testing.assert_allclose(smaller, small, rtol=1e-3, atol=1e-4)


def test_grad_cam_plus_plus_hears_only_positive_gradients():
    feature_maps, gradients = feature_maps_and_gradients()
    assert not np.any(grad_cam_plus_plus(feature_maps, -np.abs(gradients)))


@pytest.mark.parametrize("name", ["hirescam", "xgradcam"])
def test_map_shares_out_the_sum_of_gradient_times_value(name):
    feature_maps, gradients = feature_maps_and_gradients()
    shared_out = np.sum(METHODS[name](feature_maps, gradients), axis=(1, 2))
    expected = np.sum(feature_maps * gradients, axis=(1, 2, 3))
    np.testing.assert_allclose(shared_out, expected, rtol=1e-4, atol=1e-4)
