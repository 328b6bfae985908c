"""A prediction: written down, with how sure one is, before the result is seen."""

import base64
from collections.abc import Sequence
from pathlib import Path

from traitlets import Any, Bool, Dict, Float, Int, TraitError, Tuple, Unicode, validate

from gradcam_lab._language import say
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.controls import checked
from gradcam_lab.widgets.figures import to_png
from gradcam_lab.widgets.quizzes.cards import words_figure
from gradcam_lab.widgets.quizzes.quiz_answers import check_answer, check_choices, write_answer
from gradcam_lab.widgets.still import display_with_still
from gradcam_lab.widgets.style import stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget
from gradcam_lab.widgets.words import QUIZ_WORDS as WORDS

SURE = 2  # from here on, somebody was sure
STEPS = 3  # of being sure: 1, 2, 3
_SO_FAR: dict[str, "Prediction"] = {}  # of this kernel, by their names


class Prediction(WholeWidget):
    """A question to answer before its result is shown, with how sure one is.

    Once locked it cannot be changed: only a new one, as when its cell runs again, takes its place.
    Whether it was right is shown when it is locked and the answer is known. The answer may come
    later, from the cell that finds it. Predictions stay in the memory of the kernel.

    Parameters
    ----------
    question : str
    choices : sequence, optional
        At least two, all different, of which one is chosen.
    number : bool
        Whether a number is asked for instead.
    unit : str
        What the number counts, such as ``"%"``.
    answer : str or float, optional
        One of the choices, or a number.
    reason : str
        One sentence that is shown with the answer.
    tolerance : float
        How far a number may be from the answer and still be right.
    name : str, optional
        What the prediction is known by in this kernel; by default its question. A new one replaces
        an old one of the same name.

    Attributes
    ----------
    chosen : str, float or None
        The prediction: one of the choices, or a number; None while there is none.
    sure : {1, 2, 3}
        How sure: a guess, fairly sure, certain; 0 while nobody has said.
    locked : bool
        Whether it is final.
    answer, reason
        As above; they may be set at any time.

    Raises
    ------
    ValueError
        If there are neither choices nor a number to ask for, or the answer is none of them.

    Examples
    --------
    >>> most = Prediction("Which layer has the most parameters?", ["conv2d", "dense"])
    >>> most.chosen, most.sure = "conv2d", 2
    >>> most.locked = True
    >>> most.answer = "dense"
    >>> most.is_right
    False
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))
    _css = stylesheet(Path(__file__).with_suffix(".css"))

    question = Unicode().tag(sync=True)
    choices = Tuple().tag(sync=True)
    unit = Unicode().tag(sync=True)
    tolerance = Float(0.0).tag(sync=True)
    answer = Any(None).tag(sync=True)
    reason = Unicode().tag(sync=True)
    chosen = Any(None).tag(sync=True)
    sure = Int(0).tag(sync=True)
    locked = Bool(False).tag(sync=True)
    words = Dict(WORDS).tag(sync=True)

    def __init__(
        self,
        question: str,
        choices: Sequence[object] | None = None,
        *,
        number: bool = False,
        unit: str = "",
        answer: object = None,
        reason: str = "",
        tolerance: float = 0.0,
        name: str | None = None,
    ) -> None:
        if not isinstance(question, str) or not question.strip():
            raise ValueError(
                say("the question is {question!r}: ask something, in words", question=question)
            )
        if number == (choices is not None):
            raise ValueError(say("give choices=[...] to choose from, or number=True for a number"))
        names = () if choices is None else check_choices(choices)
        self._final: dict[str, object] = {}
        super().__init__(
            question=question,
            choices=names,
            unit=unit,
            tolerance=tolerance,
            answer=check_answer(answer, names),
            reason=reason,
        )
        self.observe(self._keep, "locked")
        self.name = name or question
        if old := _SO_FAR.pop(self.name, None):
            old.close()
        _SO_FAR[self.name] = self

    def __repr__(self) -> str:
        """Return the class, the name, and what has been predicted."""
        state = f"chosen={self.chosen!r}, sure={self.sure!r}, locked={self.locked!r}"
        return f"Prediction({self.name!r}, {state})"

    @property
    def is_right(self) -> bool | None:
        """Whether the prediction is right; None while it is not locked, or no answer is known."""
        if not self.locked or self.answer is None:
            return None
        if self.choices:
            return self.chosen == self.answer
        return abs(self.chosen - self.answer) <= self.tolerance * (1 + 1e-9)

    @property
    def verdict(self) -> str:
        """What is said of a locked prediction; the browser says the same."""
        if not self.locked:
            return ""
        if self.is_right is None:
            return WORDS["no_answer"]
        right, wrong = ("right", "mistaken") if self.sure >= SURE else ("guessed", "wrong_guess")
        said = WORDS[right if self.is_right else wrong].format(
            answer=write_answer(self.answer, self.unit), sure=how_sure(self.sure)
        )
        return f"{said} {self.reason}".strip()

    # What is checked

    def _keep(self, _change: dict) -> None:
        self._final = {name: getattr(self, name) for name in ("chosen", "sure", "locked")}

    @validate("answer")
    def _check_answer(self, proposal: dict) -> str | float | None:
        return checked(check_answer, proposal["value"], self.choices)

    @validate("chosen", "sure", "locked")
    def _check_prediction(self, proposal: dict) -> object:
        name, value = proposal["trait"].name, proposal["value"]
        if name == "chosen":
            value = checked(check_answer, value, self.choices)
        if self._final and value != self._final[name]:
            raise TraitError(say("this prediction is locked: run its cell again to make a new one"))
        if name == "sure" and not 0 <= value <= STEPS:
            meanings = ", ".join(f"{step} ({how_sure(step)})" for step in range(1, STEPS + 1))
            raise TraitError(
                say("sure is {value}: give {meanings}", value=value, meanings=meanings)
            )
        if name == "locked" and value and (self.chosen is None or not self.sure):
            raise TraitError(say("there is nothing to lock yet: set `chosen` and `sure` first"))
        return value

    # What a page sees

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict, dict]:
        """Add the words as a PNG, for pages where no widget is alive."""
        marks = [f"{'●' if self.chosen == each else '○'} {each}" for each in self.choices]
        figure = words_figure([self.question, *marks, *self.verdict.splitlines()])
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        return data | {"image/png": base64.b64encode(to_png(figure)).decode()}, metadata

    def _ipython_display_(self) -> None:
        display_with_still(self, " ".join([self.question, *self.choices, self.verdict]).strip())


def how_sure(step: int) -> str:
    """Say what a step of being sure, 1 to 3, is called."""
    return WORDS["steps"].split(", ")[step - 1]


def predictions() -> list[Prediction]:
    """Return the predictions of this kernel, in the order in which they were made."""
    return list(_SO_FAR.values())
