import numpy as np
import pytest

from gradcam_lab.exercises.verdicts import CLAIMS, CORRECT, UNANSWERED, check_verdicts

VERDICTS = [claim.verdict for claim in CLAIMS]
TESTS = [claim.test for claim in CLAIMS]


@pytest.mark.parametrize("form", [list, tuple, np.array])
def test_right_verdicts_by_the_right_tests_are_correct(form):
    assert check_verdicts(form(VERDICTS), form(TESTS)) == CORRECT


def test_nothing_is_said_before_anything_is_answered():
    assert check_verdicts(..., ...) == UNANSWERED


def test_half_an_answer_is_told_what_is_missing():
    assert check_verdicts(VERDICTS, ...).endswith("out of class, weights, picture, noise.")
    assert check_verdicts(..., TESTS).endswith("out of accept, reject.")


@pytest.mark.parametrize("number", range(5))
def test_a_claim_counts_only_with_its_verdict_and_its_test(number):
    other = ["accept" if each == "reject" else "reject" for each in VERDICTS]
    for verdicts, tests in [
        ([*VERDICTS[:number], other[number], *VERDICTS[number + 1 :]], TESTS),
        (VERDICTS, [*TESTS[:number], "noise" if number < 4 else "class", *TESTS[number + 1 :]]),
    ]:
        said = check_verdicts(verdicts, tests)
        assert said == f"4 of 5 are right. Claim {number + 1}: {CLAIMS[number].hint}"


def test_who_rejects_everything_is_told_which_claim_deserves_belief():
    assert check_verdicts(["reject"] * 5, TESTS).startswith("4 of 5 are right. Claim 1")


@pytest.mark.parametrize("silly", ["accept", ["accept"], ["yes"] * 5, [1] * 5, None, {}, 3.5])
def test_anything_else_is_told_what_to_give(silly):
    assert check_verdicts(silly, TESTS).startswith("Give a list of 5, one for each claim")
    assert check_verdicts(VERDICTS, silly).startswith("Give a list of 5, one for each claim")
