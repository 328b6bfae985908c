"""What predictions and the matching game take for an answer."""

from collections.abc import Sequence
from math import isfinite
from numbers import Real

import numpy as np

from gradcam_lab._language import say


def check_choices(choices: Sequence[object]) -> tuple[str, ...]:
    """Validate choices, and return their names."""
    names = () if isinstance(choices, str) else tuple(str(choice).strip() for choice in choices)
    if len(names) < 2 or len(set(names)) < len(names) or "" in names:
        raise ValueError(
            say(
                "choices are {choices!r}: give a list of at least two that differ, none of "
                "them empty",
                choices=choices,
            )
        )
    return names


def check_answer(answer: object, choices: Sequence[str]) -> str | float | None:
    """Validate one of the choices, or a number where there are none; None is no answer yet."""
    if answer is None:
        return None
    if choices:
        name = str(answer).strip()
        if name not in choices:
            raise ValueError(
                say(
                    "{name!r} is no choice: give one of {choices}",
                    name=name,
                    choices=", ".join(choices),
                )
            )
        return name
    if not isinstance(answer, Real) or not isfinite(answer):
        raise ValueError(
            say("{answer!r} is no number: this prediction is one, such as 0.5", answer=answer)
        )
    return float(answer)


def write_answer(answer: str | float, unit: str) -> str:
    """Write a choice, or a number with its unit."""
    if isinstance(answer, float):
        answer = np.format_float_positional(answer, trim="-")  # as browsers write it: 30, 0.00001
    return f"{answer} {unit}".strip()
