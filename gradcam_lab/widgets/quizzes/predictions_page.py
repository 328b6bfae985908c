"""What became of this kernel's predictions: how often one was right, and sure and wrong."""

import html
from collections.abc import Sequence

from IPython.display import HTML

from gradcam_lab.widgets.quizzes.prediction import STEPS, SURE, Prediction, how_sure, predictions
from gradcam_lab.widgets.quizzes.quiz_answers import write_answer
from gradcam_lab.widgets.words import QUIZ_WORDS as WORDS


def predictions_so_far() -> HTML:
    """Show what became of the predictions that this kernel has seen locked and answered.

    How many were right, for each step of being sure; and those that somebody was sure of and that
    were wrong, the surest first. Nothing of it is kept beyond the kernel.

    Returns
    -------
    IPython.display.HTML
        A page as it is now; run the cell again for a later one.

    Examples
    --------
    >>> predictions_so_far()
    """
    answered = [each for each in predictions() if each.is_right is not None]
    if not answered:
        return HTML(f"<p>{WORDS['none_so_far']}</p>")
    wrong = [each for each in answered if each.sure >= SURE and not each.is_right]
    wrong.sort(key=lambda each: -each.sure)
    heading = WORDS["sure_and_wrong" if wrong else "never_sure_and_wrong"]
    items = "".join(f"<li>{say_of(each)}</li>" for each in wrong)
    return HTML(f"<p>{tally(answered)}</p><p><b>{heading}</b></p><ul>{items}</ul>")


def tally(answered: Sequence[Prediction]) -> str:
    """Count for each step of being sure how many predictions were right, as HTML."""
    counts = []
    for sure in range(STEPS, 0, -1):
        right = [bool(each.is_right) for each in answered if each.sure == sure]
        if right:
            words = WORDS["tally"].format(sure=how_sure(sure), right=sum(right), all=len(right))
            counts.append(words)
    return "<br>".join(counts)


def say_of(prediction: Prediction) -> str:
    """Write question, prediction, answer and reason, as HTML."""
    said = WORDS["what_was_said"].format(
        chosen=write_answer(prediction.chosen, prediction.unit),
        sure=how_sure(prediction.sure),
        answer=write_answer(prediction.answer, prediction.unit),
    )
    question = html.escape(prediction.question)
    return f"<b>{question}</b><br>{html.escape(f'{said} {prediction.reason}'.strip())}"
