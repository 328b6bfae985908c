import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import DeletionExplorer, GradCAM, evidence
from gradcam_lab.widgets.belief.curve_plot import CurvePlot
from gradcam_lab.widgets.belief.erased_picture import ErasedPicture
from gradcam_lab.widgets.belief.erasing import ORDERS
from gradcam_lab.widgets.browser.network import NotInBrowser

NINE = 3  # the number of a 9 among the test digits
LEFT = [(row, 3) for row in range(4, 9)]


@pytest.fixture
def explorer(cnn, digits):
    explorer = DeletionExplorer(cnn, digits.test_x[:6], digits.test_y[:6])
    explorer.index = NINE
    return explorer


def curves(explorer, find):
    return dict(zip(ORDERS, find(explorer, CurvePlot).curves, strict=True))


MAPS = {
    "by the map": lambda signed: signed,
    "coldest first": lambda signed: -signed,
    "random": lambda signed: evidence.random_maps(signed.shape, 0),
    "from the centre": lambda signed: evidence.centre_maps(signed.shape),
}


@pytest.mark.parametrize("order", MAPS)
@pytest.mark.parametrize("target", [None, 4])
def test_curve_is_that_of_evidence_deletion(explorer, cnn, digits, find, order, target):
    explorer.target = target
    image = digits.test_x[[NINE]]
    signed = GradCAM(cnn).explain(image, target, "conv2d_1").signed["conv2d_1"]
    expected = evidence.deletion(cnn, image, MAPS[order](signed), target=target)
    curve = curves(explorer, find)[order]
    assert np.allclose(curve["x"], expected.fractions)
    assert np.allclose(curve["y"], expected.probability[0], atol=1e-5)
    assert float(curve["name"].split("area ")[1]) == pytest.approx(expected.area[0], abs=0.006)
    for words, probability in zip(curve["words"], curve["y"], strict=True):
        assert f"; {target or 9} has {100 * probability:.1f} %." in words
        assert probability < 0.51 or f"the network says {target or 9};" in words


def test_band_lies_between_five_random_orders(explorer, cnn, digits, find):
    image, band = digits.test_x[[NINE]], find(explorer, CurvePlot).band
    several = [
        evidence.deletion(cnn, image, evidence.random_maps((1, 14, 14), seed)).probability[0]
        for seed in range(5)
    ]
    assert np.allclose(band["low"], np.min(several, axis=0), atol=1e-5)
    assert np.allclose(band["high"], np.max(several, axis=0), atol=1e-5)


def test_cell_moves_order_and_fraction(explorer, find):
    picture, plot = find(explorer, ErasedPicture), find(explorer, CurvePlot)
    explorer.order, explorer.fraction = "from the centre", 0.35
    assert (picture.chosen, picture.place) == (plot.chosen, plot.place) == (3, 0.35)
    assert (6, 6) in picture.orders[3][:4]
    assert find(explorer, "gradcam-fraction").value == 0.35


def test_controls_move_the_traits(explorer, find):
    find(explorer, "gradcam-order").set_state({"index": 1})
    find(explorer, "gradcam-fraction").set_state({"value": 0.8})
    assert (explorer.order, explorer.fraction) == ("coldest first", 0.8)


# By hand


def erased_by_hand(cnn, image, cells):
    """Ask the network about an image after each of the cells."""
    mask = np.zeros((len(cells) + 1, 14, 14), bool)
    for count in range(1, len(cells) + 1):
        mask[(count, *cells[count - 1])] = True
    images = np.repeat(image[np.newaxis], len(mask), axis=0)
    return GradCAM(cnn).explain(evidence.erase(images, np.cumsum(mask, axis=0) > 0)).probabilities


def test_hand_erases_cell_by_cell(explorer, cnn, digits, find):
    find(explorer, ErasedPicture).set_state({"erased": [list(cell) for cell in LEFT], "chosen": 4})
    assert explorer.erased == tuple(LEFT)
    assert explorer.order == "by hand"
    curve = curves(explorer, find)["by hand"]
    expected = erased_by_hand(cnn, digits.test_x[NINE], LEFT)[:, 9]
    assert np.allclose(curve["x"], np.arange(6) / 196)
    assert np.allclose(curve["y"], expected, atol=1e-5)
    assert find(explorer, "gradcam-fraction").disabled


def test_no_sign_of_work_is_left_when_the_answer_is_there(explorer, find):
    explorer.erased = LEFT
    assert not find(explorer, "gradcam-view").busy


def test_cell_erases_as_the_hand_does(explorer, find):
    explorer.erased = LEFT
    assert find(explorer, ErasedPicture).erased == [list(cell) for cell in LEFT]
    assert find(explorer, "gradcam-order").value == "by hand"
    explorer.order = "by the map"
    assert not find(explorer, "gradcam-fraction").disabled
    assert explorer.erased == tuple(LEFT)  # for when the hand goes on


def test_cells_of_another_grid_are_let_go(explorer, find):
    explorer.erased = LEFT
    explorer.layer = "max_pooling2d_1"
    assert explorer.erased == ()
    assert find(explorer, ErasedPicture).shape == (7, 7)
    assert explorer.message.value == ""


@pytest.mark.parametrize(
    ("erased", "words"),
    [
        ([(14, 0)], r"no cell \(14, 0\): the heatmap of conv2d_1 has rows 0 to 13"),
        ([(0, -1)], r"no cell \(0, -1\)"),
        ([3], "give pairs"),
        ("all", "give pairs"),
    ],
)
def test_cells_that_do_not_exist_are_refused(explorer, erased, words):
    with pytest.raises(TraitError, match=words):
        explorer.erased = erased
    assert explorer.erased == ()


def test_other_values_are_refused_with_what_there_is(explorer):
    with pytest.raises(TraitError, match="fraction is 2"):
        explorer.fraction = 2
    with pytest.raises(TraitError, match="by the map, coldest first"):
        explorer.order = "warmest"
    with pytest.raises(TraitError, match="DeletionExplorer has no swipe; it has: index, layer"):
        explorer.swipe = True


# What stays, and what is refused


def test_network_is_left_as_it_is(cnn, digits):
    before = [weights.copy() for weights in cnn.get_weights()]
    DeletionExplorer(cnn, digits.test_x[:2]).erased = LEFT
    assert all(map(np.array_equal, before, cnn.get_weights()))


def test_picture_that_is_none_is_refused_in_the_widget_which_goes_on(cnn, digits):
    images = np.array(digits.test_x[:3])
    images[0] = np.nan
    explorer = DeletionExplorer(cnn, images)
    assert "NaN" in explorer.message.value
    explorer.index = 1
    assert explorer.message.value == ""
    assert explorer.caption.value.startswith("The network says ")


def test_figure_shows_what_is_erased(explorer, tmp_path):
    explorer.fraction = 1.0
    all_grey = np.asarray(Image.open(explorer.save(tmp_path / "all.png")))
    explorer.fraction = 0.0
    none = np.asarray(Image.open(explorer.save(tmp_path / "none.png")))
    assert all_grey.shape == none.shape
    grey = [(pixels == 128).all(axis=-1).mean() for pixels in (all_grey, none)]
    assert grey[0] > 0.2 > 0.05 > grey[1]


def test_browser_does_not_answer_what_it_cannot(explorer, tmp_path):
    assert explorer.browser.network is None
    with pytest.raises(NotInBrowser, match="DeletionExplorer needs a kernel"):
        explorer.save(tmp_path / "page.html", network=True)
