"""A wrong answer to the exercise by hand is told which slip led to it."""

import numpy as np
import pytest

from gradcam_lab.exercises.by_hand import check_by_hand, print_side_by_side

A = np.array([[[0, 2, 4], [0, 6, 2], [0, 4, 0]], [[6, 0, 0], [2, 2, 0], [0, 2, 4]]])
G = np.array([[[3, 0, -3], [3, 3, 0], [6, 3, 3]], [[-1, -2, 0], [-1, 1, -3], [0, -2, -1]]])
OF_ANOTHER_CLASS = np.array(
    [[[0, -2, -1], [-3, 0, 0], [-1, 0, -2]], [[4, -1, 0], [1, 0, -2], [-3, 0, 1]]]
)
RIGHT = {
    "weights": [2, -1],
    "signed_map": [[-6, 4, 8], [-2, 10, 4], [0, 6, -4]],
    "heatmap": [[0, 0.4, 0.8], [0, 1, 0.4], [0, 0.6, 0]],
}
SLIPS = [
    ("weights", [18, -9], "no mean"),
    ("weights", [2.33, 0.11], "ReLU too early"),
    ("weights", [2, 0], "ReLU too early"),
    ("weights", [2, 16 / 9], "not of the feature maps"),
    ("signed_map", [[-54, 36, 72], [-18, 90, 36], [0, 54, -36]], "no mean"),
    ("signed_map", [[0, 4, 8], [0, 12, 4], [0, 8, 0]], "ReLU too early: a weight"),
    ("signed_map", [[0, 4, 8], [0, 10, 4], [0, 6, 0]], "ReLU too early: this map"),
    ("signed_map", [[6, 2, 4], [2, 8, 2], [0, 6, 4]], "times its weight"),
    ("signed_map", [[-6, 0, -12], [-2, 20, 0], [0, 8, -4]], "one weight for a channel"),
    ("heatmap", [[0, 4, 8], [0, 10, 4], [0, 6, 0]], "not scaled"),
    ("heatmap", RIGHT["signed_map"], "no ReLU, and not scaled"),
    ("heatmap", [[-0.6, 0.4, 0.8], [-0.2, 1, 0.4], [0, 0.6, -0.4]], "no ReLU"),
    ("heatmap", (np.array(RIGHT["signed_map"]) + 6) / 16, "does not move values"),
    ("heatmap", np.eye(3), "once more"),
]
SLIPS_OF_A_BLANK_MAP = [
    ([[0, -2, -4], [0, -6, -2], [0, -4, 0]], "no ReLU, and not scaled"),
    ([[0, 2 / 6, 4 / 6], [0, 1, 2 / 6], [0, 4 / 6, 0]], "negative number"),
    (np.full((3, 3), np.nan), "0 / 0"),
]


def test_right_answers_are_correct_in_any_form():
    assert check_by_hand(A, G, **RIGHT) == "Correct."
    arrays = {name: np.array(value, np.float32) for name, value in RIGHT.items()}
    assert check_by_hand(A, G, **arrays) == "Correct."
    assert check_by_hand(A, OF_ANOTHER_CLASS, heatmap=np.zeros((3, 3))) == "Correct."


def test_answers_are_checked_one_after_the_other():
    assert check_by_hand(A, G, weights=..., signed_map=...) == "Not answered yet."
    started = dict.fromkeys(RIGHT, ...) | {"weights": [2, -1]}
    assert check_by_hand(A, G, **started) == "Right so far. Now the signed map."


@pytest.mark.parametrize(("name", "answer", "hint"), SLIPS)
def test_slip_is_named(name, answer, hint):
    words = check_by_hand(A, G, **RIGHT | {name: answer})
    assert words.startswith(f"Not yet, the {name.replace('_', ' ')}:")
    assert hint in words


@pytest.mark.parametrize(("answer", "hint"), SLIPS_OF_A_BLANK_MAP)
def test_slip_with_a_blank_map_is_named(answer, hint):
    assert hint in check_by_hand(A, OF_ANOTHER_CLASS, heatmap=answer)


def test_numbers_stand_side_by_side(capsys):
    print_side_by_side(A[:1], G[:1])
    assert capsys.readouterr().out.splitlines() == [
        "channel 0: feature map, gradients",
        "    0    2    4   |    3    0   -3",
        "    0    6    2   |    3    3    0",
        "    0    4    0   |    6    3    3",
    ]
