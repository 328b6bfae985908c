"""Five claims about heatmaps: check who accepts or rejects them, and by which test."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeGuard

import numpy as np

from gradcam_lab._language import follow_language, mark, say

CORRECT = mark("Correct.")
UNANSWERED = mark("Not answered yet.")
VERDICTS = ("accept", "reject")
TESTS = {
    "class": "ask about a class that is not there, and look at the score",
    "weights": "give the network random weights",
    "picture": "change the picture, here and elsewhere",
    "noise": "add a noise that nobody sees",
}
follow_language(TESTS)


class Claim(NamedTuple):
    """What is right to say about a claim, by which test, and what that test shows."""

    verdict: str
    test: str
    hint: str


CLAIMS = (
    Claim(
        "accept", "picture", mark("what does C say of a 7 without the square, and of a 7 with it?")
    ),
    Claim(
        "reject",
        "weights",
        mark("which maps look the same for a network that has learned nothing?"),
    ),
    Claim(
        "reject", "class", mark("how probable is the class? A map has a warm place for any class.")
    ),
    Claim("reject", "picture", mark("what does B say of the same strokes without the square?")),
    Claim(
        "reject", "noise", mark("which methods divide, and what did half a grey level do to them?")
    ),
)


def check_verdicts(verdicts: object, tests: object) -> str:
    """Compare a reader's verdicts and deciding tests, claim by claim.

    Parameters
    ----------
    verdicts : sequence of str
        For each claim ``"accept"`` or ``"reject"``; ``...`` stands for no answer yet.
    tests : sequence of str
        For each claim the name of the test that decides, out of `TESTS`.

    Returns
    -------
    str
        ``"Correct."``, ``"Not answered yet."``, or one sentence: how many are right, and a hint
        about the first claim that is not.
    """
    if verdicts is ... and tests is ...:
        return say(UNANSWERED)
    if not is_list_out_of(verdicts, VERDICTS):
        return ask_for(VERDICTS)
    if not is_list_out_of(tests, TESTS):
        return ask_for(TESTS)
    right = [
        claim[:2] == pair
        for claim, pair in zip(CLAIMS, zip(verdicts, tests, strict=True), strict=True)
    ]
    if all(right):
        return say(CORRECT)
    first = right.index(False)
    return say(
        "{right} of {all} are right. Claim {number}: {hint}",
        right=sum(right),
        all=len(CLAIMS),
        number=first + 1,
        hint=say(CLAIMS[first].hint),
    )


def is_list_out_of(given: object, known: Iterable[str]) -> TypeGuard[Sequence[str]]:
    """Tell whether something is a list, a tuple or an array with a known word for each claim."""
    if not isinstance(given, list | tuple | np.ndarray) or len(given) != len(CLAIMS):
        return False
    return all(isinstance(each, str) and each in known for each in given)


def ask_for(known: Iterable[str]) -> str:
    """Say what to give."""
    names = ", ".join(known)
    return say(
        "Give a list of {count}, one for each claim, out of {names}.",
        count=len(CLAIMS),
        names=names,
    )
