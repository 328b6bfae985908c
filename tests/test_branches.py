"""Models whose layers are no chain: several outputs, side branches, layers that run twice."""

import numpy as np
import pytest
from small_models import IMAGES, model_of

from gradcam_lab import METHODS, GradCAM
from gradcam_lab._tensorflow import keras

layers = keras.layers

# Several outputs


def model_of_two_outputs(form):
    picture = keras.Input((8, 8, 1))
    shared = layers.Conv2D(4, 3, activation="relu", name="shared")(picture)
    aside = layers.Conv2D(2, 3, name="aside")(shared)
    kind = layers.Dense(3, activation="softmax", name="kind")(layers.Flatten()(shared))
    colour = layers.Dense(4, name="colour")(layers.Flatten()(aside))
    outputs = [kind, colour] if form is list else {"what": kind, "which": colour}
    return keras.Model(picture, outputs)


def alone(model, name):
    return keras.Model(model.inputs[0], model.get_layer(name).output)


@pytest.mark.parametrize(
    ("form", "output", "name"),
    [
        (list, 0, "kind"),
        (list, 1, "colour"),
        (list, "kind", "kind"),
        (list, "colour", "colour"),
        (dict, "what", "kind"),
        (dict, "which", "colour"),
    ],
)
def test_one_of_several_outputs_is_explained_as_if_it_were_alone(form, output, name):
    model = model_of_two_outputs(form)
    expected = GradCAM(alone(model, name)).explain(IMAGES, 1, "shared")
    actual = GradCAM(model, output=output).explain(IMAGES, 1, "shared")
    np.testing.assert_allclose(actual.probabilities, expected.probabilities, rtol=1e-5)
    np.testing.assert_allclose(actual.score, expected.score, rtol=1e-5)
    np.testing.assert_allclose(actual.signed["shared"], expected.signed["shared"], atol=1e-6)


@pytest.mark.parametrize(
    ("form", "known"), [(list, "'kind', 'colour', 0, 1"), (dict, "'what', 'which'")]
)
@pytest.mark.parametrize("output", [None, 2, "shape"])
def test_output_that_does_not_exist_is_refused_with_the_ones_there_are(form, known, output):
    with pytest.raises(ValueError, match=rf"GradCAM\(model, output=\.\.\.\) out of {known}$"):
        GradCAM(model_of_two_outputs(form), output=output).explain(IMAGES)


@pytest.mark.parametrize("output", [0, "dense"])
def test_output_of_a_model_that_has_one_only_is_refused_with_the_remedy(output):
    model = model_of(layers.Flatten(), layers.Dense(3, name="dense"))
    with pytest.raises(ValueError, match=f"no output {output!r}: .* one only, leave output out"):
        GradCAM(model, output=output).explain(IMAGES)


@pytest.mark.parametrize("method", METHODS)
def test_layer_that_does_not_reach_the_output_has_a_blank_map(method):
    engine = GradCAM(model_of_two_outputs(list), output="kind")
    explanation = engine.explain(IMAGES, method=method)
    assert explanation.signed["shared"].any()
    for maps in (explanation.signed["aside"], explanation.heatmaps["aside"]):
        assert np.array_equal(maps, np.zeros((3, 4, 4)))


# Layers that run more than once


def test_layer_that_runs_twice_is_refused_as_ambiguous():
    twice = layers.Conv2D(1, 3, padding="same", name="twice")
    model = model_of(layers.Conv2D(1, 1), twice, twice, layers.Flatten(), layers.Dense(3))
    with pytest.raises(
        ValueError, match=r"^layer 'twice' runs 2 times .* choose a layer that runs once"
    ):
        GradCAM(model).explain(IMAGES, layers="twice")
    assert GradCAM(model).explain(IMAGES, layers="conv").signed["conv"].shape == (3, 6, 6)


@pytest.mark.parametrize("output", [0, 1])
def test_of_a_shared_layer_the_call_that_reaches_the_output_is_explained(output):
    picture = keras.Input((8, 8, 1))
    shared = layers.Conv2D(4, 3, activation="relu", name="shared")
    ends = [
        layers.Dense(3)(layers.Flatten()(shared(picture))),
        layers.Dense(3)(layers.Flatten()(shared(1 - picture))),
    ]
    runs_twice, runs_once = keras.Model(picture, ends), keras.Model(picture, ends[output])
    expected = GradCAM(runs_once).explain(IMAGES, 1).signed["shared"]
    actual = GradCAM(runs_twice, output=output).explain(IMAGES, 1).signed["shared"]
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)
