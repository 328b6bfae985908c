import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import GradCAM, RandomizationExplorer, evidence
from gradcam_lab.widgets.belief.curve_plot import CurvePlot
from gradcam_lab.widgets.belief.recording import Recording
from gradcam_lab.widgets.film_strip import FilmStrip

FROM_THE_TOP = ["dense_1", "dense", "conv2d_1", "conv2d"]
NINE = 3  # the number of a 9 among the test digits


@pytest.fixture(scope="module")
def made(cnn, digits):
    return RandomizationExplorer(cnn, digits.test_x[:50], digits.test_y[:50])


@pytest.fixture
def explorer(made):
    """The explorer as it is at first; to make it takes its time."""
    made.index = made.randomized = made.seed = 0
    made.method, made.layer = "gradcam", "conv2d_1"
    return made


def map_at(cnn, image, count, seed, target):
    network = evidence.randomize(cnn, FROM_THE_TOP[:count], seed) if count else cnn
    return GradCAM(network).explain(image[np.newaxis], target, "conv2d_1").heatmaps["conv2d_1"]


@pytest.mark.parametrize(("randomized", "seed"), [(0, 0), (1, 0), (3, 7), (4, 0)])
def test_map_is_that_of_the_randomized_network(explorer, cnn, digits, numbers, randomized, seed):
    explorer.index, explorer.seed, explorer.randomized = NINE, seed, randomized
    trained, now = (numbers(view) for view in explorer.views[1:])
    assert np.allclose(trained, map_at(cnn, digits.test_x[NINE], 0, 0, 9)[0], atol=1e-5)
    expected = map_at(cnn, digits.test_x[NINE], randomized, seed, 9)[0]
    assert np.allclose(now, expected, atol=1e-4)


def test_curves_are_rank_correlation_and_accuracy(explorer, cnn, digits, find):
    explorer.index = NINE
    likeness, accuracy, ink = find(explorer, CurvePlot).curves
    maps = [map_at(cnn, digits.test_x[NINE], count, 0, 9) for count in range(5)]
    expected = [evidence.rank_correlation(maps[0], each)[0] for each in maps]
    assert np.allclose(likeness["y"], expected, atol=0.02)
    right = cnn(digits.test_x[:50]).numpy().argmax(axis=1) == digits.test_y[:50]
    assert accuracy["y"][0] == pytest.approx(right.mean(), abs=0.021)
    assert accuracy["y"][-1] < 0.5 < accuracy["y"][0]
    ink_map = evidence.ink_maps(digits.test_x[[NINE]], (1, 14, 14))
    assert ink["y"] == pytest.approx([evidence.rank_correlation(maps[0], ink_map)[0]] * 2, abs=0.02)


def test_words_name_the_layers_and_the_numbers(explorer, find):
    words = find(explorer, CurvePlot).curves[0]["words"]
    assert words[0].startswith("As trained: accuracy ")
    assert words[2].startswith("2 of 4 layers random, down to dense: accuracy ")
    assert "Rank correlation with the trained map: 1.00" in words[0]


def test_controls_and_cells_move_the_same(explorer, find):
    find(explorer, "gradcam-randomized").set_state({"value": 2})
    find(explorer, "gradcam-seed").set_state({"value": 3})
    assert (explorer.randomized, explorer.seed) == (2, 3)
    assert explorer.views[-1].title == "2 of 4 random"
    explorer.randomized = 1
    assert find(explorer, "gradcam-randomized").value == 1
    assert find(explorer, CurvePlot).place == find(explorer, Recording).place == 1
    assert explorer.views[-1].title == "1 of 4 random"


def test_strip_has_a_map_for_each_layer_from_the_top(explorer, find):
    strip = find(explorer, "gradcam-randomized-strip")
    assert isinstance(strip, FilmStrip)
    assert strip.names == ["as trained", *FROM_THE_TOP]
    assert strip.shapes == [(14, 14, 1)] * 5


def test_recording_has_what_each_step_shows(explorer, find):
    recording, view = find(explorer, Recording), explorer.views[-1]
    for explorer.randomized in range(5):
        moment = recording.moments[explorer.randomized]
        assert {name: getattr(view, name) for name in moment} == moment
    assert len({moment["heatmap"] for moment in recording.moments}) == 5


def test_no_sign_of_work_is_left_when_the_answer_is_there(explorer):
    explorer.seed = 2
    assert [view.busy for view in explorer.views] == [False] * 3


def test_another_seed_is_another_network(explorer):
    explorer.randomized = 4
    before = explorer.views[-1].heatmap
    explorer.seed = 1
    assert explorer.views[-1].heatmap != before
    explorer.seed = 0
    assert explorer.views[-1].heatmap == before


def test_network_is_left_as_it_is(cnn, digits):
    before = [weights.copy() for weights in cnn.get_weights()]
    RandomizationExplorer(cnn, digits.test_x[:2], digits.test_y[:2]).randomized = 4
    assert all(map(np.array_equal, before, cnn.get_weights()))


@pytest.mark.parametrize(
    ("trait", "value", "words"),
    [
        ("randomized", 5, "randomized is 5: give 0 to 4"),
        ("seed", -1, "seed is -1: give 0 to 9999"),
        ("target", 3, "RandomizationExplorer has no target; it has: index, layer, method"),
    ],
)
def test_values_that_do_not_exist_are_refused(explorer, trait, value, words):
    with pytest.raises(TraitError, match=words):
        setattr(explorer, trait, value)


def test_labels_that_do_not_fit_are_refused(cnn, digits):
    with pytest.raises(ValueError, match="labels"):
        RandomizationExplorer(cnn, digits.test_x[:3], digits.test_y[:2])


def test_blank_map_has_no_correlation(explorer, cnn, digits, find, monkeypatch):
    blank = {name: np.zeros((1, 14, 14), np.float32) for name in explorer.layers}
    trained = explorer._maps(0, "gradcam", 0)
    monkeypatch.setattr(explorer, "_maps", lambda *_: [trained[0], *[blank] * 4])
    explorer.seed = 11
    (likeness, *_), words = find(explorer, CurvePlot).curves, "none, as one is blank"
    assert likeness["y"] == [pytest.approx(1), None, None, None, None]
    assert words in likeness["words"][1]
    assert words not in likeness["words"][0]


def test_figure_is_saved(explorer, tmp_path):
    explorer.randomized = 0
    first = np.asarray(Image.open(explorer.save(tmp_path / "trained.png")))
    explorer.randomized = 4
    last = np.asarray(Image.open(explorer.save(tmp_path / "random.png")))
    assert first.shape == last.shape
    assert (first != last).any()
