import base64
import io

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from gradcam_lab import MatchingGame, Pair, sample_image, superimpose

REASON = "The top is open."
DIGIT = superimpose(np.zeros((28, 28)), np.eye(4))
FIRST = Pair(DIGIT, ["for 4", "for 9"], "for 4", REASON)
SECOND = Pair(sample_image("cat"), ["cat", "espresso", "teapot"], "teapot", "No teapot is there.")


@pytest.fixture
def game():
    return MatchingGame([FIRST, SECOND])


def test_score_counts_what_is_right_once_the_choices_are_locked(game):
    assert (game.chosen, game.score) == ([None, None], None)
    game.chosen = ["for 9", "teapot"]
    assert game.score is None
    game.locked = True
    assert game.score == 1
    assert repr(game) == "MatchingGame(2 pictures, 2 chosen, score=1)"


def test_choosing_and_locking_in_the_browser_is_choosing_and_locking_here(game):
    for state in ({"chosen": [None, "cat"]}, {"chosen": ["for 4", "cat"]}, {"locked": True}):
        game.set_state(state)
    assert game.score == 1
    again = MatchingGame([FIRST, SECOND])
    again.set_state({"locked": True, "chosen": ["for 4", "teapot"]})
    assert again.score == 2


def test_locked_game_stays_as_it_is(game):
    game.chosen, game.locked = ["for 9", "cat"], True
    for name, value in (("chosen", ["for 4", "cat"]), ("locked", False)):
        with pytest.raises(TraitError, match="locked: run the cell again"):
            setattr(game, name, value)
        with pytest.raises(TraitError, match="locked: run the cell again"):
            game.set_state({name: value})
    assert (game.chosen, game.score) == (["for 9", "cat"], 0)


def test_game_is_locked_only_when_every_picture_has_a_caption(game):
    game.chosen = ["for 4", None]
    with pytest.raises(TraitError, match="not every picture has a caption"):
        game.locked = True
    assert game.score is None


def test_guessing_gets_the_sum_of_the_chances(game):
    assert game.chance == pytest.approx(1 / 2 + 1 / 3)


def test_pictures_reach_the_browser_as_they_are_and_large_ones_reduced(game):
    digit, cat = (np.asarray(Image.open(io.BytesIO(each))) for each in game.pictures)
    assert np.array_equal(digit, DIGIT)
    assert max(cat.shape) == 400


@pytest.mark.parametrize("chosen", [["for 4"], ["for 4", "cup"], ["cat", "cat"]])
def test_caption_that_is_not_there_is_refused(game, chosen):
    with pytest.raises(TraitError, match=r"give (one of|2, or None)"):
        game.chosen = chosen


@pytest.mark.parametrize(
    ("pairs", "remedy"),
    [
        ([], r"give \[Pair\(picture, choices, answer, reason\), \.\.\.\]"),
        ([FIRST[:3]], r"give Pair\(picture, choices, answer, reason\)"),
        ([FIRST._replace(choices=["for 4"])], "at least two that differ"),
        ([FIRST._replace(answer="for 7")], "give one of for 4, for 9"),
        ([FIRST._replace(answer=None)], "no answer: give one of for 4, for 9"),
        ([FIRST._replace(picture=np.zeros((28, 28, 2)))], "a picture has the shape"),
    ],
)
def test_bad_pairs_are_refused_with_the_remedy(pairs, remedy):
    with pytest.raises(ValueError, match=remedy):
        MatchingGame(pairs)


def test_plain_tuples_are_pairs():
    assert MatchingGame([tuple(SECOND)]).answers == ("teapot",)


def test_still_picture_goes_on_in_the_next_row_after_four():
    def still(count):
        data, _ = MatchingGame([FIRST] * count)._repr_mimebundle_()
        return Image.open(io.BytesIO(base64.b64decode(data["image/png"])))

    one, four, five = map(still, (1, 4, 5))
    assert one.width < four.width == five.width
    assert one.height == four.height < five.height
