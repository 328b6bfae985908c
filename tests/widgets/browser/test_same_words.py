"""The browser says what Python says, to the last character, and draws the same small pictures."""

import base64
import html
import io
import json
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradcam_lab import (
    METHODS,
    AnatomyExplorer,
    GradCAMComparison,
    GradCAMExplorer,
    MethodComparison,
    TargetComparison,
)
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import to_heatmap
from gradcam_lab.hooks import named_layers
from gradcam_lab.overlay import colorize
from gradcam_lab.widgets import page_parts
from gradcam_lab.widgets.anatomy import take_apart
from gradcam_lab.widgets.browser.scripts import BROWSER
from gradcam_lab.widgets.difference import difference_of
from gradcam_lab.widgets.equation import draw_values, equation_html, signed_number
from gradcam_lab.widgets.explorer_base import heatmap_of, lacks_activation
from gradcam_lab.widgets.quizzes.prediction import Prediction
from gradcam_lab.widgets.words import QUIZ_WORDS, WORDS

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not there: it runs our JavaScript")
CALLER = Path(__file__).with_name("call_functions.js")
NAMES = ["고양이", "<b>dog</b>", 'a "cat" & {name}', "it's", "seven", "여덟 {0}", "9"]
LABELS = [3, 0, 1, 6]
RED_AND_BLUE = {"bytes": colorize(np.linspace(0, 1, 256)[np.newaxis], "RdBu_r").ravel().tolist()}


@pytest.fixture
def call(tmp_path):
    """Return a function that calls JavaScript's: [(module, function, *arguments), ...]."""

    def call_all(calls):
        file = tmp_path / "calls.json"
        asked = [(module, function, values) for module, function, *values in calls]
        file.write_text(json.dumps(asked, default=as_json))
        command = [NODE, CALLER, BROWSER.as_uri(), file]
        node = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        assert node.returncode == 0, node.stderr
        return json.loads(node.stdout)

    return call_all


def as_json(value):
    return {"float32": value.ravel().tolist()} if isinstance(value, np.ndarray) else value.item()


def random_number_of_any_size(rng):
    return rng.choice([-1, 1]) * 10 ** rng.uniform(-9, 6)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def make_probabilities(rng):
    probabilities = rng.dirichlet(np.full(len(NAMES), rng.choice([0.05, 1]))).astype(np.float32)
    if rng.random() < 0.3:  # equally likely classes
        probabilities = np.round(4 * probabilities) / np.float32(4)
    return probabilities


def make_heatmap(rng):
    shape = rng.integers(1, 30, 2)
    heatmap = rng.random(shape, np.float32) * (rng.random() > 0.1)  # or zero everywhere
    return (
        np.round(4 * heatmap) / np.float32(4) if rng.random() < 0.3 else heatmap
    )  # several maxima


# Functions


def test_numbers(call, rng):
    halfway = [n / 2**power for n in range(1, 100) for power in range(6)]
    edges = [0.0, -0.0, 1e-7, 0.00012, 0.0001, 0.000096, 9.96, 99.4, 99.5, 100, 115, 120, 125, 995]
    numbers = [*halfway, *edges, *(random_number_of_any_size(rng) for _ in range(500))]
    numbers += [float(np.float32(number)) for number in numbers] + [-number for number in numbers]
    probabilities = np.concatenate([rng.random(500), np.arange(801) / 800]).astype(np.float32)
    said = call(
        [("page_parts", "signedNumber", number) for number in numbers]
        + [("page_parts", "percent", probability) for probability in probabilities]
    )
    assert said == [
        *(signed_number(number) for number in numbers),
        *(page_parts.percent(probability) for probability in probabilities),
    ]


def test_sentences_and_places(call, rng):
    calls, expected = [], []
    for _ in range(300):
        probabilities, heatmap = make_probabilities(rng), make_heatmap(rng)
        shown = {
            "probabilities": probabilities,
            "class_names": NAMES,
            "label": rng.choice([None, *range(len(NAMES))]),
            "target": rng.integers(len(NAMES)),
            "layer": "conv {layer}",
            "method": "gradcam++",
            "heatmap": heatmap,
        }
        expected.append(page_parts.sentence(**shown))
        shown |= {"classNames": shown.pop("class_names"), "shape": heatmap.shape}
        calls.append(("page_parts", "sentence", WORDS, shown))
    assert call(calls) == expected


@pytest.mark.parametrize("shape", [(14, 14, 64), (1, 1, 5), (3, 9, 1), (7, 4, 12)], ids=str)
def test_equation(call, rng, shape):
    calls, sums, expected = [], [], []
    for added in range(0, shape[-1] + 1, 1 + shape[-1] // 8):
        feature_maps = np.maximum(rng.normal(size=shape), 0).astype(np.float32)
        feature_maps[..., rng.random(shape[-1]) < 0.3] = 0  # channels that are nowhere active
        weights = rng.normal(size=shape[-1]).astype(np.float32)
        weights *= np.float32(random_number_of_any_size(rng))
        if added == 0:
            weights = np.zeros_like(weights)
        equation = take_apart(feature_maps, weights).equation(added)
        calls.append(("anatomy", "takeApart", feature_maps, weights, shape))
        expected.append(with_pixels(equation_html(equation)))
        sums.append(
            {
                **{"added": added, "soFar": equation.so_far, "whole": equation.whole},
                **{"rest": equation.rest, "heatmap": to_heatmap(equation.so_far[np.newaxis])[0]},
            }
        )
    said = call(
        [
            ("anatomy", "equationHtml", WORDS, parts, each, RED_AND_BLUE, "pixels")
            for parts, each in zip(call(calls), sums, strict=True)
        ]
    )
    assert said == expected


def with_pixels(page):
    """Write the pixels of each picture in place of its PNG."""

    def write_pixels(match):
        picture = Image.open(io.BytesIO(base64.b64decode(match[1]))).convert("RGBA")
        pixels = np.asarray(picture).ravel()
        return f"src='{picture.width} x {picture.height}: {','.join(map(str, pixels))}'"

    return re.sub("src='data:image/png;base64,([^']*)'", write_pixels, page)


@pytest.mark.parametrize("shape", [(72, 72), (112, 112), (224, 112), (3, 200)], ids=str)
def test_large_maps_become_thumbnails(call, rng, shape):
    values = rng.random(shape, np.float32)
    (drawn,) = call([("anatomy", "drawThumbnail", values, shape, RED_AND_BLUE)])
    expected = np.asarray(draw_values(values, "RdBu_r").convert("RGBA"))
    assert (drawn["height"], drawn["width"]) == expected.shape[:2]
    pixels = np.reshape(list(drawn["data"]), expected.shape)
    assert np.abs(pixels - expected).max() <= 1  # Pillow rounds twice


# Explorers, with all that stands around these functions


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            layers.Conv2D(12, 3, name="linear"),
            layers.BatchNormalization(name="norm"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(len(NAMES)),
        ]
    )


@pytest.fixture(scope="module")
def images():
    images = np.random.default_rng(5).random((4, 8, 8, 1), np.float32)
    images[0] = 0  # its heatmaps are zero everywhere
    return images


def states(explorer, rng, count=12):
    """Bring an explorer into random states, one after another."""
    values = {
        "index": range(4),
        "indices": [(0, 1), (2, 3), (3, 0)],
        "layer": explorer.layers,
        "target": [None, *range(len(NAMES))],
        "method": list(METHODS),
        "same_scale": [False, True],
        "channels": range(7),
        "difference": [False, True],
    }
    for _ in range(count):
        for trait in explorer.asked:
            choices = values[trait]
            setattr(explorer, trait, choices[rng.integers(len(choices))])
        assert explorer.message.value == ""
        yield


def without_activation(explorer):
    layers = named_layers(explorer.engine.model)
    return [name for name in explorer.layers if lacks_activation(layers[name])]


def test_explorer_of_one_picture(call, rng, model, images):
    explorer = GradCAMExplorer(model, images, labels=LABELS, class_names=NAMES)
    calls, expected = [], []
    for _ in states(explorer, rng):
        explanation, layer, method = explorer.explanation, explorer.layer, explorer.method
        heatmap = heatmap_of(explanation, layer, explorer.same_scale)
        (probabilities,), target = explanation.probabilities, int(explanation.target[0])
        shown = {
            **{"probabilities": probabilities, "classNames": NAMES, "target": target},
            **{"label": LABELS[explorer.index], "layer": layer, "method": method},
            **{"heatmap": heatmap, "shape": heatmap.shape},
        }
        calls += [
            ("page_parts", "sentence", WORDS, shown),
            ("page_parts", "warning", WORDS, [method], layer, without_activation(explorer)),
        ]
        expected.append(explorer.caption.value)
    said = call(calls)
    sentences, warnings = said[::2], said[1::2]
    assert [html.escape(a + b) for a, b in zip(sentences, warnings, strict=True)] == expected
    assert {bool(words) for words in warnings} == {True, False}


@pytest.mark.parametrize("compared", ["pictures", "methods", "targets"])
def test_comparison(call, rng, model, images, compared):
    comparison = {
        "pictures": lambda: GradCAMComparison(model, images, LABELS, [3, 1], class_names=NAMES),
        "methods": lambda: MethodComparison(model, images, class_names=NAMES),
        "targets": lambda: TargetComparison(model, images, [2, 0, 5], class_names=NAMES),
    }[compared]()
    calls, expected = [], []
    for _ in states(comparison, rng):
        columns = []
        for column in comparison._columns():
            heatmap = heatmap_of(column.explanation, comparison.layer, comparison.same_scale)
            columns.append(
                {
                    **{"key": column.key, "method": column.method},
                    "target": column.explanation.target[0],
                    "probabilities": column.explanation.probabilities[0],
                    **{"heatmap": heatmap, "shape": heatmap.shape},
                }
            )
        facts = {
            **{"classNames": NAMES, "labels": LABELS, "layer": comparison.layer},
            "target": None if compared == "targets" else comparison.target,
            "withoutActivation": without_activation(comparison),
            "difference": compared == "methods" and comparison.difference,
        }
        calls.append(("page_parts", "describeColumns", WORDS, compared, columns, facts))
        expected.append(
            {
                "titles": [view.title for view in comparison.views],
                "notes": [view.note for view in comparison.views],
                "descriptions": [view.description for view in comparison.views],
                "caption": html.unescape(comparison.caption.value),
            }
        )
    assert call(calls) == expected


def test_differences(call, rng):
    calls, expected = [], []
    for _ in range(100):
        first = make_heatmap(rng)
        other = np.clip(first + rng.normal(scale=10 ** rng.uniform(-4, 0)), 0, 1).astype(np.float32)
        calls += [
            ("page_parts", "relation", WORDS, other, first, "Grad-CAM"),
            ("page_parts", "differenceOf", other, first),
        ]
        expected += [page_parts.relation(other, first, "Grad-CAM"), difference_of(other, first)]
    said = call(calls)
    assert said[::2] == expected[::2]
    assert len(set(said[::2])) > 10
    for numbers, difference in zip(said[1::2], expected[1::2], strict=True):
        assert np.allclose(numbers["float32"], difference.ravel(), atol=1e-6)


def test_anatomy(call, rng, model, images):
    explorer = AnatomyExplorer(model, images, class_names=NAMES)
    apart, sums, expected = [], [], []
    for _ in states(explorer, rng):
        target, parts = explorer._parts()
        _, feature_maps, weights = parts
        apart.append(("anatomy", "takeApart", feature_maps, weights, feature_maps.shape))
        so_far, whole = parts.add(explorer.channels), parts.add(len(weights))
        heatmap, complete = (to_heatmap(signed[np.newaxis])[0] for signed in (so_far, whole))
        sums.append(
            {
                **{"added": explorer.channels, "layer": explorer.layer},
                "className": NAMES[target],
                **{"heatmap": heatmap, "complete": complete},
            }
        )
        expected.append((html.unescape(explorer.caption.value), so_far, whole))
    parts = call(apart)
    added = call(
        [
            ("anatomy", "addChannels", each, count)
            for each, shown in zip(parts, sums, strict=True)
            for count in (shown["added"], len(each["channels"]))
        ]
    )
    for (_, so_far, whole), *maps in zip(expected, added[::2], added[1::2], strict=True):
        for signed, expected_sum in zip(maps, (so_far, whole), strict=True):
            assert np.allclose(signed["float32"], expected_sum.ravel(), atol=1e-6)
    captions = call(
        [
            ("anatomy", "describeSum", WORDS, shown | {"parts": each})
            for each, shown in zip(parts, sums, strict=True)
        ]
    )
    assert captions == [caption for caption, _, _ in expected]


def test_verdicts_on_predictions(call):
    names = ("choices", "chosen", "sure", "answer", "reason", "unit", "tolerance")
    calls, expected = [], []
    asked = [
        ({"choices": NAMES, "reason": "It is <b>so</b>."}, NAMES[:3], (None, *NAMES[:2])),
        ({"number": True, "unit": "%"}, (7, 0.1), (None, 7, 0.1, -7.25)),
        ({"number": True, "tolerance": 0.1}, (0.3, 119530), (0.2, 0.4, 0.41, 119530.1, 1e-5)),
    ]
    for arguments, choices, answers in asked:
        for chosen, answer, sure in product(choices, answers, (1, 2, 3)):
            prediction = Prediction("Which?", **arguments, answer=answer)
            prediction.set_state({"chosen": chosen, "sure": sure, "locked": True})
            state = {name: getattr(prediction, name) for name in names}
            calls.append(("verdict", "verdict", QUIZ_WORDS, state))
            expected.append(prediction.verdict)
    assert call(calls) == expected
    assert len(set(expected)) > 20
