from threading import Thread

import numpy as np
import pytest
from small_models import IMAGES, Fragile, leftovers, model_of

from gradcam_lab._tensorflow import keras
from gradcam_lab.hooks import forward_hooks, named_layers

layers = keras.layers


def listen(model, images=IMAGES):
    """Run a model on images and return the calls that were heard."""
    calls = []
    with forward_hooks(named_layers(model), calls.append):
        model(images)
    return calls


@pytest.fixture
def nested():
    part = model_of(layers.Flatten(name="flatten"), layers.Dense(3, name="dense"))
    picture = keras.Input((8, 8, 1))
    return keras.Model(picture, part(picture))


def test_calls_are_reported_in_the_order_in_which_they_end(nested):
    assert [call.name for call in listen(nested)] == ["small/conv", "small/flatten", "small/dense"]


def test_call_holds_its_layer_and_what_went_in_and_came_out(nested):
    conv, flatten, dense = listen(nested)
    assert dense.layer is nested.get_layer("small").get_layer("dense")
    assert np.array_equal(conv.inputs, IMAGES)
    assert flatten.inputs is conv.outputs
    assert np.array_equal(dense.outputs, nested(IMAGES))


def test_only_the_given_layers_are_heard(nested):
    calls = []
    with forward_hooks({"mine": named_layers(nested)["small/conv"]}, calls.append):
        nested(IMAGES)
    assert [call.name for call in calls] == ["mine"]


def test_layer_that_runs_twice_is_heard_twice():
    twice = layers.Dropout(0.5, name="twice")
    model = model_of(twice, layers.GlobalAveragePooling2D(), twice)
    assert [call.name for call in listen(model)].count("twice") == 2


def test_model_answers_the_same_while_it_is_listened_to(nested):
    with forward_hooks(named_layers(nested), lambda call: None):
        heard = nested(IMAGES)
    assert np.array_equal(heard, nested(IMAGES))


def test_layer_that_has_two_names_is_heard_under_both():
    shared = layers.Conv2D(1, 3, padding="same", name="shared")
    halves = []
    for name in ("one", "other"):
        picture = keras.Input((8, 8, 1))
        halves.append(keras.Model(picture, shared(picture), name=name))
    model = keras.Sequential([keras.Input((8, 8, 1)), *halves])
    assert {call.name for call in listen(model)} == {"one/shared", "other/shared"}
    assert leftovers(model) == []


def test_layer_that_is_called_by_keywords_is_heard():
    x = picture = keras.Input((6, 4))
    x = layers.MultiHeadAttention(1, 2, name="attention")(query=x, value=x)
    pictures = IMAGES.reshape(-1, 6, 4)
    (call,) = listen(keras.Model(picture, x), pictures)
    assert np.array_equal(call.inputs, pictures)


def test_nothing_is_heard_afterwards(nested):
    calls = listen(nested)
    nested(IMAGES)
    assert len(calls) == 3
    assert leftovers(nested) == []


def test_error_in_a_layer_passes_through_and_nothing_is_left_behind():
    fragile = Fragile()
    model = model_of(fragile, layers.Flatten())
    fragile.broken = True
    with pytest.raises(ArithmeticError, match="the layer is broken"):
        listen(model)
    assert leftovers(model) == []
    fragile.broken = False
    assert len(listen(model)) == 3


def test_error_in_the_listener_passes_through_and_nothing_is_left_behind(nested):
    def refuse(call):
        raise LookupError(call.name)

    with (
        pytest.raises(LookupError, match="small/conv"),
        forward_hooks(named_layers(nested), refuse),
    ):
        nested(IMAGES)
    assert leftovers(nested) == []


def test_what_another_thread_runs_is_not_heard(nested):
    calls = []
    with forward_hooks(named_layers(nested), calls.append):
        other = Thread(target=nested, args=(IMAGES,))
        other.start()
        other.join(30)
        assert not other.is_alive()
    assert calls == []
