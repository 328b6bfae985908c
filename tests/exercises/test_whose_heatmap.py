import numpy as np
import pytest

from gradcam_lab import MatchingGame
from gradcam_lab.exercises.whose_heatmap import eight_pairs


@pytest.fixture(scope="module")
def pairs():
    return eight_pairs()


def test_there_are_eight_different_pictures_with_two_captions_each(pairs):
    assert len(pairs) == 8
    assert len({picture.tobytes() for picture, *_ in pairs}) == 8
    assert MatchingGame(pairs).chance == 4


def test_who_takes_always_the_first_or_always_the_second_caption_does_no_better_than_chance(pairs):
    first = [answer == choices[0] for _, choices, answer, _ in pairs]
    assert 3 <= sum(first) <= 5


def test_every_map_has_a_warm_place(pairs):
    for picture, *_ in pairs:
        red, _, blue = np.moveaxis(picture.astype(int), -1, 0)
        assert (red - blue).max() > 60
