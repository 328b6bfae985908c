import numpy as np
import pytest

from gradcam_lab import GradCAM, build_cnn
from gradcam_lab.widgets.explanations import MOST, Explanations, Request


@pytest.fixture
def explanations(digits):
    return Explanations(GradCAM(build_cnn()), lambda index: digits.test_x[[index]])


@pytest.fixture
def calls(explanations, monkeypatch):
    calls, explain = [], explanations._engine.explain

    def note(*args, **options):
        calls.append(args)
        return explain(*args, **options)

    monkeypatch.setattr(explanations._engine, "explain", note)
    return calls


def asked(index, target=None):
    return Request(index, target, "gradcam", None)


def test_same_request_is_computed_once(explanations, calls):
    first = explanations.get(asked(3))
    assert explanations.get(asked(3)) is first
    assert asked(3) in explanations
    assert asked(3, target=4) not in explanations
    assert len(calls) == 1


def test_only_the_latest_are_kept(explanations, calls):
    for index in range(MOST + 1):
        explanations.get(asked(index))
    assert asked(0) not in explanations
    assert asked(1) in explanations
    assert asked(MOST) in explanations


def test_answer_that_was_just_used_is_dropped_last(explanations, calls):
    for index in range(MOST):
        explanations.get(asked(index))
    explanations.get(asked(0))
    explanations.get(asked(MOST))
    assert asked(0) in explanations
    assert asked(1) not in explanations


@pytest.mark.parametrize("change", ["train", "set_weights"])
def test_other_weights_give_another_explanation(explanations, digits, change):
    model = explanations._engine.model
    before = explanations.get(asked(0)).probabilities
    if change == "train":
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(digits.train_x[:32], digits.train_y[:32], verbose=0)
    else:
        model.set_weights([weight + 0.1 for weight in model.get_weights()])
    after = explanations.get(asked(0)).probabilities
    assert not np.allclose(before, after)
    assert np.allclose(after, model(digits.test_x[:1], training=False), atol=1e-6)
