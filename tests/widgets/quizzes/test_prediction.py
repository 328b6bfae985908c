import base64
import io
from itertools import product

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import Prediction, predictions_so_far
from gradcam_lab.widgets.quizzes import prediction as module

LAYERS = ["conv2d", "conv2d_1", "dense"]
RESTS = {"reason": "It joins all to all."}


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch):
    """Begin without predictions."""
    monkeypatch.setattr(module, "_SO_FAR", {})


def lock(prediction, chosen, sure):
    prediction.chosen, prediction.sure, prediction.locked = chosen, sure, True
    return prediction


def test_prediction_is_right_or_wrong_once_it_is_locked():
    most = Prediction("Which has the most parameters?", LAYERS, answer="dense", **RESTS)
    assert (most.chosen, most.sure, most.locked, most.is_right) == (None, 0, False, None)
    most.chosen, most.sure = "conv2d", 3
    assert (most.is_right, most.verdict) == (None, "")
    most.locked = True
    assert most.is_right is False
    assert most.verdict == "You were certain, but the answer is: dense. It joins all to all."


def test_choosing_and_locking_in_the_browser_is_choosing_and_locking_here():
    most = Prediction("Which?", LAYERS, answer="dense")
    for state in ({"chosen": "conv2d"}, {"chosen": "dense", "sure": 2}, {"locked": True}):
        most.set_state(state)
    assert most.is_right is True
    at_once = Prediction("And which?", LAYERS, answer="dense")
    at_once.set_state({"locked": True, "sure": 1, "chosen": "dense"})
    assert at_once.verdict == "Right, though you guessed: dense."


@pytest.mark.parametrize("change", [{"chosen": "dense"}, {"sure": 1}, {"locked": False}])
def test_locked_prediction_stays_as_it_is(change):
    most = lock(Prediction("Which?", LAYERS, answer="dense"), "conv2d", 3)
    ((name, value),) = change.items()
    with pytest.raises(TraitError, match="locked: run its cell again"):
        setattr(most, name, value)
    with pytest.raises(TraitError, match="locked: run its cell again"):
        most.set_state(change)
    assert (most.chosen, most.sure, most.locked) == ("conv2d", 3, True)
    most.chosen = "conv2d"  # the same is no change


@pytest.mark.parametrize("state", [{}, {"chosen": "dense"}, {"sure": 2}])
def test_what_is_not_complete_cannot_be_locked(state):
    most = Prediction("Which?", LAYERS)
    most.set_state(state)
    with pytest.raises(TraitError, match="set `chosen` and `sure` first"):
        most.locked = True
    assert not most.locked
    most.set_state({"chosen": "conv2d_1", "sure": 1, "locked": True})
    assert most.locked


def test_answer_may_come_later_from_the_cell_that_finds_it():
    accuracy = Prediction("How accurate?", number=True, unit="%", tolerance=2)
    lock(accuracy, np.float32(95.5), 2)
    assert (accuracy.is_right, accuracy.verdict) == (
        None,
        "Your prediction is locked. Now read on.",
    )
    accuracy.answer = np.float64(97.5)
    assert accuracy.verdict == "Right: 97.5 %."
    accuracy.answer = 98
    assert accuracy.verdict == "You were fairly sure, but the answer is: 98 %."


def test_choices_may_be_numbers_and_are_known_by_their_names():
    digit = Prediction("Which digit?", np.array([4, 9]), answer=np.int64(9))
    assert (digit.choices, digit.answer) == (("4", "9"), "9")
    assert lock(digit, 9, 1).is_right


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ({}, r"give choices=\[...\] to choose from, or number=True"),
        ({"choices": LAYERS, "number": True}, r"give choices=\[...\] to choose from, or number"),
        ({"choices": ["dense"]}, "a list of at least two that differ"),
        ({"choices": ["dense", "dense"]}, "a list of at least two that differ"),
        ({"choices": ["dense", " "]}, "none of them empty"),
        ({"choices": "dense"}, "a list of at least two"),
        ({"choices": LAYERS, "answer": "flatten"}, "'flatten' is no choice: give one of conv2d, "),
        ({"number": True, "answer": "many"}, "'many' is no number"),
        ({"number": True, "answer": np.nan}, "nan is no number"),
    ],
)
def test_bad_question_is_refused_with_the_remedy(arguments, remedy):
    with pytest.raises(ValueError, match=remedy):
        Prediction("Which?", **arguments)


@pytest.mark.parametrize("question", ["  ", LAYERS])
def test_question_must_ask_something(question):
    with pytest.raises(ValueError, match="ask something, in words"):
        Prediction(question, LAYERS)


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ({"chosen": "flatten"}, "give one of conv2d, conv2d_1, dense"),
        ({"sure": 4}, r"give 1 \(a guess\), 2 \(fairly sure\), 3 \(certain\)"),
        ({"answer": 7}, "'7' is no choice"),
    ],
)
def test_bad_value_is_refused_with_the_remedy(state, remedy):
    most = Prediction("Which?", LAYERS)
    ((name, value),) = state.items()
    with pytest.raises(TraitError, match=remedy):
        setattr(most, name, value)


def test_still_picture_has_more_lines_once_there_is_a_verdict():
    most = Prediction("Which?", LAYERS, answer="dense", **RESTS)

    def still():
        data, _ = most._repr_mimebundle_()
        return Image.open(io.BytesIO(base64.b64decode(data["image/png"])))

    before = still()
    assert still().height == before.height
    lock(most, "dense", 3)
    assert still().height > before.height


# All of a kernel's predictions


def test_page_says_what_somebody_was_sure_and_wrong_about_the_surest_first():
    for (sure, chosen), number in zip(product((1, 2, 3), LAYERS), range(9), strict=True):
        lock(Prediction(f"Question <{number}>", LAYERS, answer="dense", **RESTS), chosen, sure)
    page = predictions_so_far().data
    named = [page.find(f"Question &lt;{number}&gt;") for number in (6, 7, 3, 4)]
    assert named == sorted(named)
    assert -1 not in named
    assert page.count("Question") == 4
    assert "You said: conv2d_1 (certain). The answer: dense. It joins all to all." in page
    assert "certain: 1 of 3 right<br>fairly sure: 1 of 3 right<br>a guess: 1 of 3 right" in page


def test_page_knows_only_predictions_that_are_locked_and_answered():
    lock(Prediction("Without an answer?", LAYERS), "dense", 3)
    Prediction("Not locked?", LAYERS, answer="dense").chosen = "conv2d"
    assert "No prediction has been locked" in predictions_so_far().data
    lock(Prediction("Both?", LAYERS, answer="dense"), "dense", 3)
    assert "You were never sure and wrong." in predictions_so_far().data


def test_cell_that_runs_again_replaces_its_prediction():
    wrong = lock(Prediction("Which?", LAYERS, answer="dense"), "conv2d", 3)
    again = Prediction("Which?", LAYERS, answer="dense")
    assert wrong.comm is None  # closed
    assert "No prediction" in predictions_so_far().data
    lock(again, "dense", 3)
    other = Prediction("Which?", LAYERS, answer="dense", name="which, at another layer")
    lock(other, "dense", 3)
    assert "2 of 2 right" in predictions_so_far().data
