import base64
import io

import numpy as np
import pytest
from PIL import Image
from small_models import IMAGES, Chain, model_of

from gradcam_lab import METHODS, GradCAM, GradCAMExplorer, sample_image
from gradcam_lab._tensorflow import keras
from gradcam_lab.widgets import figures
from gradcam_lab.widgets.figures import explorer_figure, to_pixels
from gradcam_lab.widgets.heatmap_view import unpack

layers = keras.layers


@pytest.fixture
def explorer(cnn, digits):
    return GradCAMExplorer(cnn, digits.test_x[:3], labels=digits.test_y[:3])


@pytest.fixture(scope="module")
def photographs(network):
    return GradCAMExplorer(network, [sample_image("cat"), sample_image("coffee")])


def test_caption_says_prediction_truth_class_and_layer(cnn, digits, read):
    names = [f"digit {i}" for i in range(10)]
    explorer = GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y, class_names=names)
    probabilities = cnn(digits.test_x[7:8], training=False).numpy()[0]
    explorer.index, explorer.target = 7, 2
    assert (
        f"says digit {probabilities.argmax()}, {100 * probabilities.max():.1f} % sure "
        f"(true: digit {digits.test_y[7]}). Asked about digit 2, at conv2d_1 by Grad-CAM: warmest "
    ) in read(explorer)


def test_view_is_described_by_the_words_of_the_caption(explorer, find, read):
    view = find(explorer, "gradcam-view")
    for explorer.index in (1, 2):
        assert view.description in read(explorer)
    assert view.description.startswith("The network says ")


def test_caption_says_nothing_of_a_truth_that_is_not_known(cnn, digits, read):
    assert ", true" not in read(GradCAMExplorer(cnn, digits.test_x[:1]))


def test_caption_says_that_nothing_is_positive(brightness, read):
    explorer = GradCAMExplorer(brightness, np.eye(4).reshape(1, 4, 4, 1))
    assert "nothing is positive" not in read(explorer)
    explorer.target = 1
    assert "nothing is positive for this class, the heatmap is zero everywhere" in read(explorer)


def test_class_name_is_shown_as_text_even_if_it_looks_like_html(brightness, find, read):
    explorer = GradCAMExplorer(
        brightness, np.ones((1, 4, 4, 1)), class_names=["<img src=x>", "other"]
    )
    assert "<img" not in read(explorer)
    assert read(explorer).count("&lt;img src=x&gt;") == 2  # predicted, explained
    assert "Asked about <img src=x>" in find(explorer, "gradcam-view").description  # shown as text


def test_page_without_widgets_shows_the_present_figure(explorer, digits):
    explorer.alpha, explorer.colormap, explorer.threshold = 0.7, "viridis", 0.3
    for explorer.index in (0, 1):
        heatmap = explorer.explanation.heatmaps["conv2d_1"][0]
        drawn = 0.7, "viridis", 0.3
        expected = explorer_figure(digits.test_x[explorer.index], heatmap, *drawn, paper=True)
        shown = explorer._repr_mimebundle_()
        png = io.BytesIO(base64.b64decode(shown["image/png"]))
        assert np.array_equal(Image.open(png), to_pixels(expected))
        assert "application/vnd.jupyter.widget-view+json" in shown


def test_explorer_whose_picture_cannot_be_drawn_is_shown_all_the_same(cnn, digits, read):
    explorer = GradCAMExplorer(cnn, np.nan * digits.test_x[:1])
    assert "NaN" in read(explorer)
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()


def test_pretrained_network_explains_photographs_of_any_size(photographs, read):
    for photographs.index, name in enumerate(("Egyptian cat", "espresso")):
        assert f"says {name}, " in read(photographs)
        assert f"Asked about {name}, at top_conv" in read(photographs)


def test_photograph_is_shown_as_the_camera_saw_it(photographs, find, pixels):
    photographs.index = 0
    assert np.array_equal(pixels(find(photographs, "gradcam-view")), sample_image("cat"))


def test_pretrained_network_offers_its_classes_by_name(photographs, find):
    names = find(photographs, "gradcam-target").class_names
    assert (len(names), names[285]) == (1000, "Egyptian cat")


def test_explanation_is_that_of_the_present_picture(photographs):
    photographs.index, photographs.target = 1, None
    assert photographs.explanation.target.tolist() == [967]
    assert photographs.explanation.heatmaps["top_conv"].shape == (1, 7, 7)


def test_model_of_one_output_is_shown_as_one_of_two_classes(read):
    model = model_of(layers.Flatten(), layers.Dense(1, activation="sigmoid"))
    explorer = GradCAMExplorer(model, IMAGES, class_names=["cat", "dog"])
    for explorer.target, name in ((0, "cat"), (1, "dog")):
        assert f"Asked about {name}, at conv" in read(explorer)
    assert "alert" not in read(explorer)


def test_subclassed_model_can_be_explored(read):
    model = Chain([layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3)])
    model(IMAGES)
    explorer = GradCAMExplorer(model, IMAGES)
    assert "at conv" in read(explorer)
    assert "alert" not in read(explorer)


@pytest.mark.parametrize("method", METHODS)
def test_explanation_is_that_of_the_chosen_method(explorer, cnn, digits, method):
    explorer.index, explorer.method = 1, method
    expected = GradCAM(cnn).explain(digits.test_x[[1]], method=method).signed
    for layer, signed in explorer.explanation.signed.items():
        assert np.array_equal(signed, expected[layer])


def test_engine_of_another_score_can_be_explored(cnn, digits):
    engine = GradCAM(cnn, score="probability")
    explorer = GradCAMExplorer(engine, digits.test_x[:3])
    expected = engine.explain(digits.test_x[:1]).signed["conv2d_1"]
    assert np.array_equal(explorer.explanation.signed["conv2d_1"], expected)


def test_index_is_a_number_even_if_it_is_a_bool(cnn, digits):
    explorer = GradCAMExplorer(cnn, digits.test_x[:3])
    explorer.index = True
    assert (explorer.index, type(explorer.index)) == (1, int)
    assert explorer.message.value == ""


def test_saved_overlay_of_many_cells_is_drawn_from_what_the_view_has(network, monkeypatch):
    explorer = GradCAMExplorer(network, [sample_image("cat")])
    explorer.layer = "stem_conv"  # 112 × 112 cells travel in 16 bits
    drawn = []
    monkeypatch.setattr(figures, "explorer_figure", lambda *args, **_: drawn.append(args[1]))
    explorer._ask(explorer._figure)
    (view,) = explorer.views
    assert np.array_equal(drawn[0], unpack(view.heatmap, view.shape))
