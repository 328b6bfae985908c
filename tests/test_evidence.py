import numpy as np
import pytest

from gradcam_lab import evidence
from gradcam_lab._tensorflow import keras

layers = keras.layers
MAPS = np.array([[[4.0, 1], [3, 2]], [[0, 0], [7, 0]]])

# Deletion and insertion


@pytest.fixture(scope="module")
def four_pixels():
    """A network of pictures (2, 2) that says yes as likely as the sum of their weighed pixels."""
    weights = np.array([0.4, 0.1, 0.3, 0.2], np.float32).reshape(2, 2, 1, 1)
    weigh = layers.Conv2D(1, 2, use_bias=False, name="weigh")
    answer = layers.Dense(2, use_bias=False, name="answer")
    model = keras.Sequential([keras.Input((2, 2, 1)), weigh, layers.Flatten(), answer])
    weigh.set_weights([weights])
    answer.set_weights([np.array([[-1, 1]], np.float32)])
    return model


def yes_of(scores):
    """The probability of class 1 of that network: softmax of minus the sum and the sum."""
    return 1 / (1 + np.exp(-2 * np.array(scores)))


def test_deletion_erases_the_warmest_cells_first(four_pixels):
    curve = evidence.deletion(four_pixels, np.ones((2, 2, 2, 1)), MAPS, target=1, steps=4)
    expected = yes_of([[1, 0.6, 0.3, 0.1, 0], [1, 0.7, 0.3, 0.2, 0]])
    assert curve.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(curve.probability, expected, atol=1e-6)


def test_insertion_reveals_the_warmest_cells_first(four_pixels):
    curve = evidence.insertion(four_pixels, np.ones((2, 2, 2, 1)), MAPS, target=1, steps=4)
    expected = yes_of([[0, 0.4, 0.7, 0.9, 1], [0, 0.3, 0.7, 0.8, 1]])
    np.testing.assert_allclose(curve.probability, expected, atol=1e-6)


def test_area_is_that_of_rise(four_pixels):
    curve = evidence.deletion(four_pixels, np.ones((2, 2, 2, 1)), MAPS, target=1, steps=4)
    scores = yes_of([[1, 0.6, 0.3, 0.1, 0], [1, 0.7, 0.3, 0.2, 0]])
    rise = (scores.sum(1) - scores[:, 0] / 2 - scores[:, -1] / 2) / (scores.shape[1] - 1)
    np.testing.assert_allclose(curve.area, rise, atol=1e-6)


def test_target_is_the_class_predicted_for_the_untouched_picture(four_pixels):
    curve = evidence.deletion(four_pixels, np.ones((2, 2, 2, 1)), MAPS, steps=2)
    assert (curve.probability[:, 0] > 0.5).all() and (curve.predicted[:, 0] == 1).all()


def test_a_batch_gives_what_each_picture_alone_gives(cnn, digits):
    images = digits.test_x[:5]
    maps = np.random.default_rng(0).random((5, 7, 7))
    together = evidence.deletion(cnn, images, maps)
    alone = [evidence.deletion(cnn, images[[i]], maps[[i]]) for i in range(5)]
    probability = np.concatenate([each.probability for each in alone])
    np.testing.assert_allclose(together.probability, probability, atol=1e-5)


def test_step_k_erases_the_rounded_share_of_the_cells(cnn, digits):
    maps = np.random.default_rng(0).random((1, 7, 7))
    curve = evidence.deletion(cnn, digits.test_x[:1], maps, steps=10)
    assert (curve.fractions * 49).round(9).tolist() == [0, 5, 10, 15, 20, 24, 29, 34, 39, 44, 49]


@pytest.mark.parametrize("maps", [np.ones((2, 7, 7)), np.ones((7, 7)), np.ones((1, 29, 7))])
def test_maps_that_do_not_fit_the_images_are_refused(cnn, digits, maps):
    with pytest.raises(ValueError, match=r"one map \(h', w'\) for each of the 1 images"):
        evidence.deletion(cnn, digits.test_x[:1], maps)


def test_maps_without_an_order_are_refused(cnn, digits):
    with pytest.raises(ValueError, match="NaN"):
        evidence.insertion(cnn, digits.test_x[:1], np.full((1, 7, 7), np.nan))


@pytest.mark.parametrize("steps", [0, 2.5])
def test_steps_are_a_whole_number(cnn, digits, steps):
    with pytest.raises(ValueError, match="1 or more"):
        evidence.deletion(cnn, digits.test_x[:1], np.ones((1, 7, 7)), steps=steps)


# Cells and their pixels


def test_a_cell_covers_the_pixels_that_it_stands_for():
    cells = np.array([[[True, False], [False, True]]])
    images = np.ones((1, 4, 4, 1))
    assert evidence.erase(images, cells)[0, ..., 0].tolist() == [
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
    ]


def test_cells_share_pixels_out_also_where_their_number_does_not_divide():
    assert evidence.cell_of_pixel(5, 2).tolist() == [0, 0, 1, 1, 1]
    assert evidence.cell_of_pixel(8, 3).tolist() == [0, 0, 0, 1, 1, 2, 2, 2]


def test_equal_cells_are_ranked_by_position():
    assert evidence.ranks(np.array([[[1, 2, 2], [0, 2, 1]]])).tolist() == [[[3, 0, 1], [5, 2, 4]]]
