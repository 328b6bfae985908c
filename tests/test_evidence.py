import random

import numpy as np
import pytest
from small_models import IMAGES, Chain, leftovers, model_of

from gradcam_lab import GradCAM, build_cnn, evidence
from gradcam_lab._cells import cell_of_pixel
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.hooks import named_layers

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
    for test in (evidence.deletion, evidence.insertion):
        images = np.stack([np.ones((2, 2, 1)), -np.ones((2, 2, 1))])
        curve = test(four_pixels, images, MAPS, steps=2)
        untouched = 0 if test is evidence.deletion else -1
        np.testing.assert_allclose(curve.probability[:, untouched], yes_of([1, 1]), atol=1e-6)
        assert curve.predicted[:, untouched].tolist() == [1, 0]


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


def test_baseline_may_be_a_picture_for_each_picture(four_pixels):
    images = np.ones((2, 2, 2, 1))
    curve = evidence.deletion(four_pixels, images, MAPS, target=1, steps=4, baseline=2 * images)
    expected = yes_of([[1, 1.4, 1.7, 1.9, 2], [1, 1.3, 1.7, 1.8, 2]])
    np.testing.assert_allclose(curve.probability, expected, atol=1e-6)


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
    assert cell_of_pixel(5, 2).tolist() == [0, 0, 1, 1, 1]
    assert cell_of_pixel(8, 3).tolist() == [0, 0, 0, 1, 1, 2, 2, 2]


def test_equal_cells_are_ranked_by_position():
    assert evidence.ranks(np.array([[[1, 2, 2], [0, 2, 1]]])).tolist() == [[[3, 0, 1], [5, 2, 4]]]
    many = np.random.default_rng(0).integers(5, size=(1, 14, 14))  # sorted in another way than few
    in_order = sorted(range(196), key=lambda cell: -many.flat[cell])
    assert evidence.ranks(many).ravel()[in_order].tolist() == list(range(196))


# Orders to compare with


def test_random_maps_differ_from_picture_to_picture_and_from_seed_to_seed():
    maps, others = evidence.random_maps((2, 3, 3), seed=0), evidence.random_maps((2, 3, 3), seed=1)
    assert not (maps[0] == maps[1]).any() and not (maps == others).any()
    assert (maps == evidence.random_maps((2, 3, 3), seed=0)).all()


def test_centre_maps_cool_down_from_the_middle_on_all_sides_alike():
    maps = evidence.centre_maps((2, 5, 5))
    assert maps.shape == (2, 5, 5) and maps.max() == maps[0, 2, 2] == 1
    assert (maps == maps[:, ::-1]).all() and (maps == maps.transpose(0, 2, 1)).all()
    assert (np.diff(maps[:, 2, 2:]) < 0).all() and maps.min() == maps[0, 0, 0] > 0


def test_ink_maps_are_the_mean_ink_of_the_pixels_of_each_cell():
    images = np.arange(20.0).reshape(1, 4, 5, 1)
    expected = [[images[0, i : i + 2, j].mean() for j in (slice(2), slice(2, 5))] for i in (0, 2)]
    np.testing.assert_allclose(evidence.ink_maps(images, (1, 2, 2))[0], expected)


# A copy with layers drawn anew


def weights_of(model):
    return {name: layer.get_weights() for name, layer in named_layers(model).items()}


def changed_layers(model, other):
    """Name the layers with kernels that differ: biases may be drawn as they were, 0."""
    pairs, others = weights_of(model), weights_of(other)
    return [name for name in pairs if pairs[name] and (pairs[name][0] != others[name][0]).all()]


def test_randomize_draws_the_named_layers_anew_and_no_others(cnn):
    copy = evidence.randomize(cnn, ["dense_1", "conv2d_1"], seed=0)
    assert changed_layers(cnn, copy) == ["conv2d_1", "dense_1"]
    for name in ("conv2d", "dense"):
        for mine, theirs in zip(weights_of(cnn)[name], weights_of(copy)[name], strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert not copy.get_layer("dense_1").bias.numpy().any()  # by its own initializer: zeros


def test_randomize_leaves_the_network_and_the_random_numbers_of_others_alone(cnn):
    random.seed("of somebody else")
    before, state = cnn.get_weights(), random.getstate()
    evidence.randomize(cnn, list(weights_of(cnn)), seed=0)
    assert all(map(np.array_equal, before, cnn.get_weights()))
    assert random.getstate() == state


def test_a_layer_gets_the_same_weights_at_each_step_of_a_cascade(cnn):
    first = evidence.randomize(cnn, "dense_1", seed=3)
    second = evidence.randomize(cnn, ["dense_1", "dense"], seed=3)
    assert changed_layers(first, second) == ["dense"]
    assert changed_layers(first, evidence.randomize(cnn, "dense_1", seed=4)) == ["dense_1"]


def test_weights_before_training_do_not_come_back():
    keras.utils.set_random_seed(1)
    model = build_cnn()
    copy = evidence.randomize(model, "dense_1", seed=1)
    assert changed_layers(model, copy) == ["dense_1"]


@pytest.mark.parametrize("build", ["sequential", "functional"])
def test_layers_of_nested_models_are_drawn_anew_whatever_seed_they_were_built_with(build):
    seeded = keras.initializers.HeNormal(seed=5)
    conv = layers.Conv2D(2, 3, kernel_initializer=seeded, name="conv")
    inner = keras.Sequential([keras.Input((8, 8, 1)), conv], name="inner")
    outer = [inner, layers.Flatten(), layers.Dense(2, name="dense")]
    if build == "sequential":
        model = keras.Sequential([keras.Input((8, 8, 1)), *outer])
    else:
        x = picture = keras.Input((8, 8, 1), name="picture")
        for layer in outer:
            x = layer(x)
        model = keras.Model(picture, x)
    copies = [evidence.randomize(model, "inner/conv", seed=seed) for seed in (0, 1)]
    assert [changed_layers(model, copy) for copy in copies] == [["inner/conv"], ["inner/conv"]]
    assert changed_layers(*copies) == ["inner/conv"]


def test_unknown_layers_are_refused_with_the_nearest_name(cnn):
    with pytest.raises(ValueError, match=r"no layer 'dense1'; did you mean dense_1 or dense\?"):
        evidence.randomize(cnn, "dense1", seed=0)


def test_a_model_that_cannot_be_copied_is_refused():
    model = Chain([layers.Conv2D(2, 3, name="conv"), layers.GlobalAveragePooling2D()])
    model(IMAGES)
    with pytest.raises(TypeError, match="give a functional or Sequential model"):
        evidence.randomize(model, "conv", seed=0)


# How alike maps are


def test_rank_correlation_is_that_of_spearmans_formula():
    generator = np.random.default_rng(0)
    maps, others = (generator.permutation(12).reshape(1, 3, 4) for _ in range(2))
    distance = ((maps - others) ** 2).sum()
    expected = 1 - 6 * distance / (12 * (12**2 - 1))
    np.testing.assert_allclose(evidence.rank_correlation(maps, others), expected)


def test_rank_correlation_asks_for_the_order_alone():
    maps = np.random.default_rng(0).random((2, 3, 3))
    np.testing.assert_allclose(evidence.rank_correlation(maps, maps**5), 1)
    np.testing.assert_allclose(evidence.rank_correlation(maps, -maps), -1)


def test_equal_cells_share_their_mean_rank():
    expected = np.corrcoef([1, 2.5, 2.5, 4], [1.5, 4, 1.5, 3])[0, 1]
    maps, others = np.array([[[0, 7, 7, 9]]]), np.array([[[2, 8, 2, 3]]])
    np.testing.assert_allclose(evidence.rank_correlation(maps, others), expected)


def test_a_blank_map_has_no_rank_correlation():
    maps = np.array([np.zeros((2, 2)), np.eye(2)])
    assert np.isnan(evidence.rank_correlation(maps, maps)).tolist() == [True, False]


def test_structural_similarity_is_the_mean_of_wangs_formula_over_windows():
    x, y = np.random.default_rng(0).random((2, 8, 9))
    found = []
    for i in range(2):
        for j in range(3):
            a, b = x[i : i + 7, j : j + 7], y[i : i + 7, j : j + 7]
            covariance = ((a - a.mean()) * (b - b.mean())).mean()
            above = (2 * a.mean() * b.mean() + 0.0001) * (2 * covariance + 0.0009)
            below = (a.mean() ** 2 + b.mean() ** 2 + 0.0001) * (a.var() + b.var() + 0.0009)
            found.append(above / below)
    np.testing.assert_allclose(evidence.structural_similarity(x[None], y[None]), np.mean(found))


def test_equal_heatmaps_have_a_structural_similarity_of_1_blank_ones_too():
    maps = np.stack([np.zeros((4, 4)), np.eye(4)])
    np.testing.assert_allclose(evidence.structural_similarity(maps, maps), 1)


def test_maps_of_two_shapes_and_signed_maps_are_not_compared():
    maps = np.ones((1, 7, 7))
    with pytest.raises(ValueError, match="of one shape"):
        evidence.rank_correlation(maps, np.ones((1, 14, 14)))
    with pytest.raises(ValueError, match="to_heatmap"):
        evidence.structural_similarity(maps, -maps)
    with pytest.raises(ValueError, match="NaN"):
        evidence.rank_correlation(maps, np.nan * maps)


# Boxes


def test_pointing_game_asks_whether_the_warmest_cell_touches_the_box():
    maps = np.zeros((3, 4, 4))
    maps[0, 1, 1] = maps[1, 2, 1] = 1  # inside, below, and blank
    box = (0, 0, 0.5, 0.3)  # the upper half; a fifth of the second column
    assert evidence.pointing_game(maps, box).tolist() == [True, False, False]


def test_boxes_differ_from_picture_to_picture():
    maps = np.tile(np.eye(4)[:1] - [[0], [1], [1], [1]], (2, 1, 1))  # warm at the upper left
    boxes = [(0, 0, 0.1, 0.1), (0.5, 0.5, 1, 1)]
    assert evidence.pointing_game(maps, boxes).tolist() == [True, False]


def test_share_inside_counts_cells_by_how_much_of_them_is_in_the_box():
    maps = np.array([[[4.0, 2], [2, -9]], [[0, 0], [0, -1]]])
    shares = evidence.share_inside(maps, (0, 0, 0.75, 0.5))
    assert shares[0] == (4 + 2 / 2) / 8 and np.isnan(shares[1])


@pytest.mark.parametrize("boxes", [(0, 0, 3, 3), (0.5, 0, 0.5, 1), np.ones((2, 4)), (0, 1)])
def test_boxes_that_are_not_in_shares_are_refused(boxes):
    with pytest.raises(ValueError, match="divide rows by its height"):
        evidence.share_inside(np.ones((1, 7, 7)), boxes)


# Average drop and increase


def test_average_drop_and_increase_are_those_of_the_formulas(brightness):
    images = np.ones((2, 4, 4, 1)) * [[[[1.0]]], [[[0.5]]]]
    maps = np.stack([np.full((4, 4), 0.5), np.ones((4, 4))])
    before, after = yes_of([1, 0.5]), yes_of([0.5, 0.5])
    drop, increase = evidence.average_drop(brightness, images, maps, target=0)
    np.testing.assert_allclose(drop, 100 * np.mean((before - after) / before), rtol=1e-5)
    assert increase == 0
    drop, increase = evidence.average_drop(brightness, images, maps, target=1)
    assert (drop, increase) == (0, 50)  # what is darker is likelier to be of class 1


def test_fake_cam_hardly_drops_whatever_it_is_shown(cnn, digits):
    fake_cam = np.ones((100, 7, 7))
    fake_cam[:, 0, 0] = 0
    drop, _ = evidence.average_drop(cnn, digits.test_x[:100], fake_cam)
    assert drop < 1


# Guided backpropagation, and edges


@tensorflow.custom_gradient
def guided_relu(x):
    return tensorflow.nn.relu(x), lambda g: g * tensorflow.cast((x > 0) & (g > 0), g.dtype)


def guided_by_hand(model, images, target):
    """Guided gradients through two convolutions, a mean and a dense layer, written out."""
    x = images = tensorflow.constant(images)
    first, first_bias, second, second_bias, kernel, bias = model.weights
    with tensorflow.GradientTape() as tape:
        tape.watch(images)
        for weights, add in ((first, first_bias), (second, second_bias)):
            x = guided_relu(tensorflow.nn.conv2d(x, weights, 1, "VALID") + add)
        scores = tensorflow.reduce_mean(x, axis=(1, 2)) @ kernel + bias
        score = scores[:, target]
    return tape.gradient(score, images).numpy()


WAYS_TO_HAVE_A_RELU = {
    "activation": lambda: [layers.Conv2D(4, 3, activation="relu", name="second")],
    "layer": lambda: [layers.Conv2D(4, 3, name="second"), layers.ReLU()],
    "layer of an activation": lambda: [layers.Conv2D(4, 3), layers.Activation("relu")],
    "relu6": lambda: [layers.Conv2D(4, 3, activation="relu6", name="second")],
    "ReLU up to 6": lambda: [layers.Conv2D(4, 3, name="second"), layers.ReLU(6)],
    "operation": lambda: [layers.Conv2D(4, 3, name="second"), keras.ops.relu],
}


@pytest.mark.parametrize("way", WAYS_TO_HAVE_A_RELU)
def test_guided_backpropagation_stops_negative_gradients_at_every_relu(way):
    second = WAYS_TO_HAVE_A_RELU[way]()
    model = model_of(*second, layers.GlobalAveragePooling2D(), layers.Dense(2))
    guided, expected = (
        evidence.guided_backpropagation(model, IMAGES, 1),
        guided_by_hand(model, IMAGES, 1),
    )
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(guided, expected, atol=1e-6)


def test_guided_backpropagation_of_a_cut_off_relu_stops_at_its_upper_end_too():
    steep = keras.initializers.Constant(1e3)
    model = model_of(
        layers.Conv2D(4, 3, kernel_initializer=steep, activation="relu6"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, kernel_initializer="ones"),
    )
    model.get_layer("conv").set_weights([np.ones((3, 3, 1, 4)), np.zeros(4)])
    assert not evidence.guided_backpropagation(model, IMAGES, 1).any()


def test_guided_backpropagation_leaves_the_model_and_its_gradients_as_they_are(cnn, digits):
    images, before = digits.test_x[:3], cnn.get_weights()
    heatmaps = GradCAM(cnn).explain(images, layers="conv2d").signed["conv2d"]
    evidence.guided_backpropagation(cnn, images)
    assert all(map(np.array_equal, before, cnn.get_weights())) and leftovers(cnn) == []
    again = GradCAM(keras.models.clone_model(cnn))
    again.model.set_weights(before)
    np.testing.assert_array_equal(again.explain(images, layers="conv2d").signed["conv2d"], heatmaps)


def test_guided_gradcam_is_guided_backpropagation_times_the_enlarged_heatmap():
    images = np.random.default_rng(0).random((3, 8, 12, 1))
    mean, dense = layers.GlobalAveragePooling2D(), layers.Dense(2)
    model = model_of(mean, dense, make_input=lambda: keras.Input((8, 12, 1)))
    heatmaps = GradCAM(model).explain(images, 1, "conv").heatmaps["conv"]
    enlarged = tensorflow.image.resize(heatmaps[..., np.newaxis], (8, 12))
    expected = evidence.guided_backpropagation(model, images, 1) * enlarged
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(evidence.guided_gradcam(model, images, 1), expected, atol=1e-6)


def test_guided_backpropagation_refuses_a_class_that_there_is_not(cnn, digits):
    with pytest.raises(ValueError, match="10 classes"):
        evidence.guided_backpropagation(cnn, digits.test_x[:1], 10)


def test_edges_are_where_the_picture_changes():
    image = np.zeros((1, 5, 6, 1))
    image[:, :, 3:] = 1
    strength = evidence.edges(image)
    assert strength.shape == (1, 5, 6)
    np.testing.assert_allclose(strength, np.tile([0, 0, 4, 4, 0, 0], (1, 5, 1)))
