"""Twelve questions about heatmaps, asked before lesson 1 and after lesson 4, and compared."""

import base64
import html
import re
from collections.abc import Sequence

import ipywidgets as widgets
from IPython.display import HTML

from gradcam_lab._language import say
from gradcam_lab.widgets.figures import to_png
from gradcam_lab.widgets.quizzes.cards import words_figure
from gradcam_lab.widgets.quizzes.misconceptions import MISCONCEPTIONS, Misconception
from gradcam_lab.widgets.quizzes.prediction import STEPS, Prediction, how_sure
from gradcam_lab.widgets.still import display_with_still
from gradcam_lab.widgets.words import QUIZ_WORDS as WORDS

WHEN = ("before", "after")
COUNT = len(MISCONCEPTIONS)

Given = tuple[int, int] | None  # number of the choice, and how sure; None: not locked

_TESTS: dict[str, "ConceptTest"] = {}  # of this kernel


def concept_test(when: str) -> "ConceptTest":
    """Ask twelve questions about heatmaps: before the lessons, and again after them.

    Answers and reasons are shown after the lessons only. The first test ends with a code of twelve
    digits, which a student writes down: `compare` needs it in another notebook, as nothing is kept
    in a file.

    Parameters
    ----------
    when : {"before", "after"}

    Returns
    -------
    ConceptTest
        A widget. One that this kernel has made earlier is replaced.

    Raises
    ------
    ValueError
        If it is neither before nor after.

    Examples
    --------
    >>> test = concept_test("after")
    >>> test.compare("5132 7968 1213")
    """
    if when not in WHEN:
        raise ValueError(
            say("a concept test comes 'before' or 'after' the lessons, not {when!r}", when=when)
        )
    if old := _TESTS.pop(when, None):
        old.close()
    _TESTS[when] = ConceptTest(when)
    return _TESTS[when]


class ConceptTest(widgets.VBox):
    """Twelve predictions, and the code that stands for what was said; `concept_test` makes one.

    Attributes
    ----------
    questions : list of Prediction
    """

    def __init__(self, when: str) -> None:
        self.when = when
        self.questions = [
            Prediction(
                f"{number}. {say(each.question)}",
                [say(choice) for choice in each.choices],
                answer=say(each.answer) if when == "after" else None,  # not to be learned by heart
                reason=say(each.reason) if when == "after" else "",
                name=f"{each.name}, {when}",
            )
            for number, each in enumerate(MISCONCEPTIONS, 1)
        ]
        self._status = widgets.HTML()
        super().__init__([*self.questions, self._status])
        for question in self.questions:
            question.observe(self._show, "locked")
        self._show()

    def __repr__(self) -> str:
        """Return the class, and what was said so far."""
        return f"ConceptTest({self.when!r}, code={self.code!r})"

    @property
    def code(self) -> str:
        """Twelve digits: for each question the choice and how sure, or 0 if it is not locked."""
        digits = [digit_of(question) for question in self.questions]
        return " ".join("".join(digits[i : i + 4]) for i in range(0, COUNT, 4))

    def compare(self, before: str | None = None) -> HTML:
        """Show, question by question, what was said before the lessons and what is said now.

        Parameters
        ----------
        before : str, optional
            The code of the test before the lessons; by default that of this kernel.

        Returns
        -------
        IPython.display.HTML

        Raises
        ------
        ValueError
            If it is no code of twelve digits, or this kernel has seen no earlier test.
        """
        if before is None and "before" not in _TESTS:
            raise ValueError(
                say("give the code of the test before lesson 1: compare('5132 7968 1213')")
            )
        code = _TESTS["before"].code if before is None else before
        return HTML(comparison_html(read_code(code), read_code(self.code)))

    def _show(self, _change: object = None) -> None:
        count = sum(question.locked for question in self.questions)
        words = WORDS[f"code_{self.when}"].format(count=count, all=COUNT, code=self.code)
        self._status.value = f"<p role='status'>{words}</p>"

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the questions as a PNG, for pages where no widget is alive."""
        figure = words_figure([question.question for question in self.questions])
        bundle = super()._repr_mimebundle_(**options)
        return bundle | {"image/png": base64.b64encode(to_png(figure)).decode()}

    def _ipython_display_(self) -> None:
        display_with_still(self, " ".join(question.question for question in self.questions))

    def close(self) -> None:
        """Take the test and its questions off the page."""
        for part in self.children:
            part.close()
        super().close()


def digit_of(question: Prediction) -> str:
    """Return the digit that stands for a choice and how sure: 1 to 9, or 0 if it is not locked."""
    if not question.locked:
        return "0"
    return str(STEPS * question.choices.index(question.chosen) + question.sure)


def read_code(code: str) -> list[Given]:
    """Read what was said out of a code."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(rf"[0-9]{{{COUNT}}}", digits):
        raise ValueError(
            say(
                "{code!r} is no code of {count} digits: give the one below the test before "
                "lesson 1, such as '5132 7968 1213'",
                code=code,
                count=COUNT,
            )
        )
    numbers = [divmod(int(digit) - 1, STEPS) for digit in digits]
    return [None if choice < 0 else (choice, step + 1) for choice, step in numbers]


def comparison_html(before: Sequence[Given], after: Sequence[Given]) -> str:
    """Write a table of what was said, with the right answers, as HTML."""
    rows, right = "", dict.fromkeys(WHEN, 0)
    for asked, *given in zip(MISCONCEPTIONS, before, after, strict=True):
        cells = ""
        for when, each in zip(WHEN, given, strict=True):
            is_right = each is not None and asked.choices[each[0]] == asked.answer
            right[when] += is_right
            cells += f"<td style='text-align: left'>{write(asked, each, is_right)}</td>"
        rows += f"<tr><th scope='row' style='text-align: left'>{say(asked.name)}</th>{cells}</tr>"
    heads = "".join(f"<th scope='col'>{WORDS[name]}</th>" for name in ("belief", *WHEN))
    words = WORDS["compared"].format(**right, all=COUNT)
    return f"<p><b>{words}</b></p><table><tr>{heads}</tr>{rows}</table>"


def write(asked: Misconception, given: Given, is_right: bool) -> str:
    """Write what was answered, whether it is right, and how sure somebody was."""
    if given is None:
        return WORDS["not_locked"]
    choice, sure = given
    return (
        f"{'✓' if is_right else '✗'} {html.escape(say(asked.choices[choice]))} ({how_sure(sure)})"
    )
