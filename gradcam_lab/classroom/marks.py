"""What the hidden checks of graded exercises are made of: they need no TensorFlow.

An answer may be anything. It never stops a check, and nothing of a check is printed but its marks.
"""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import numpy as np
from numpy.typing import ArrayLike


def mark(*conditions: Callable[[], object]) -> int:
    """Return how many conditions an answer meets: nbgrader takes that for a cell's points.

    Parameters
    ----------
    *conditions : callable
        Each without arguments, so that a name that a student never defined is an error here, where
        it costs a point, and not in the cell, where it would print the check.
    """
    met = 0
    for condition in conditions:
        # to nbgrader, a cell with a word on the standard error stream has no points
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            met += holds(condition)
    return met


def holds(condition: Callable[[], object]) -> bool:
    """Tell whether a condition is met; one that fails is not."""
    try:
        return bool(condition())
    except Exception:  # an answer can hold anything, and comparing it raise anything
        return False


def same(answer: object, expected: ArrayLike, within: float = 0.01) -> bool:
    """Tell whether an answer is a number, or an array of numbers, of this shape and value.

    Parameters
    ----------
    answer : object
        Anything.
    expected : array_like
        Numbers.
    within : float, default 0.01
        The largest difference that counts as none.
    """
    given, numbers = np.asarray(answer, dtype=float), np.asarray(expected, dtype=float)
    return given.shape == numbers.shape and np.allclose(given, numbers, rtol=0, atol=within)
