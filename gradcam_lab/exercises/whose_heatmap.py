"""Eight heatmaps for a matching game: what each was asked, and whether one can tell."""

import numpy as np
from PIL import Image, ImageOps

from gradcam_lab import evidence
from gradcam_lab._language import mark, say
from gradcam_lab.cam import GradCAM
from gradcam_lab.data import load_mnist, sample_image
from gradcam_lab.exercises.two_networks import digits_of_b, network_b
from gradcam_lab.networks import trained_cnn
from gradcam_lab.overlay import superimpose
from gradcam_lab.pretrained.networks import PretrainedNetwork, load_pretrained

LAYER = "conv2d_1"
ASKED = mark("asked about {name}")
Pair = tuple[np.ndarray, tuple[str, str], str, str]


def eight_pairs() -> list[Pair]:
    """Return eight overlays, each with two captions, the right one, and how one can tell."""
    tests, cnn = load_mnist().test_x, GradCAM(trained_cnn())
    network = load_pretrained("efficientnet_lite0")
    square = digits_of_b().test_x[11]  # a 7
    untrained = GradCAM(evidence.randomize(cnn.model, ["conv2d", LAYER, "dense", "dense_1"], 2))
    asked_9_or_4, asked_7_or_1 = (
        (say(ASKED, name="9"), say(ASKED, name="4")),
        (say(ASKED, name="7"), say(ASKED, name="1")),
    )
    return [
        (
            of_digit(cnn, tests[16], 9),
            asked_9_or_4,
            say(ASKED, name="9"),
            say("For a 9 the map is warm along the upper arc, as in the mean of 100 nines."),
        ),
        (
            of_digit(cnn, tests[94], 1),
            asked_7_or_1,
            say(ASKED, name="1"),
            say(
                "Asked about a 1, sevens are warm along the bar; asked about a 7, beside the stem."
            ),
        ),
        (
            of_digit(cnn, tests[46], 4),
            asked_9_or_4,
            say(ASKED, name="4"),
            say("The arc that closes the loop is cold; for a 9 it is the warmest place."),
        ),
        (
            of_digit(cnn, tests[11], 7),
            asked_7_or_1,
            say(ASKED, name="7"),
            say("For a 7 the map is warm on both sides of the stem."),
        ),
        (
            of_two_things(network, "Egyptian cat"),
            (say(ASKED, name="espresso"), say(ASKED, name="Egyptian cat")),
            say(ASKED, name="Egyptian cat"),
            say("The cat is on the left."),
        ),
        (
            of_two_things(network, "teapot"),
            (say(ASKED, name="espresso"), say(ASKED, name="teapot")),
            say(ASKED, name="teapot"),
            say("Nobody could know: both maps lie on the cup, and there is no teapot."),
        ),
        (
            of_digit(untrained, tests[11], 7, "layercam"),
            (say("random weights"), say("a trained network")),
            say("random weights"),
            say("Nobody could know: LayerCAM draws the ink, whatever the network has learned."),
        ),
        (
            of_digit(GradCAM(network_b()), square, 7, "hirescam"),
            (say("network {name}", name="A"), say("network {name}", name="B")),
            say("network {name}", name="B"),
            say("Only B needs the square in the corner."),
        ),
    ]


def of_digit(
    engine: GradCAM, digit: np.ndarray, target: int, method: str = "gradcam"
) -> np.ndarray:
    """Lay a digit's heatmap on it: dark ink on white paper."""
    heatmap = engine.explain(digit[np.newaxis], target, LAYER, method).heatmaps[LAYER][0]
    overlay = Image.fromarray(superimpose(1 - digit, heatmap, 0.6, "OrRd"))
    return np.asarray(overlay.resize((168, 168), Image.Resampling.NEAREST))


def of_two_things(network: PretrainedNetwork, class_name: str) -> np.ndarray:
    """Lay a network's heatmap for a class on the cat and the cup, side by side."""
    target, layer, pair = network.class_names.index(class_name), network.last_conv, cat_and_cup()
    explanation = GradCAM(network.model).explain(network.preprocess(pair), target, layer)
    return superimpose(pair, explanation.heatmaps[layer][0], 0.6)


def cat_and_cup() -> Image.Image:
    """Put the cat on the left half of a picture, and the cup on the right."""
    pair = Image.new("RGB", (600, 300))
    for left, name in [(0, "cat"), (300, "coffee")]:
        pair.paste(ImageOps.fit(sample_image(name), (300, 300)), (left, 0))
    return pair
