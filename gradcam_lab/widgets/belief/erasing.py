"""What a network answers while a picture is erased cell by cell: by a map, by chance, by hand."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gradcam_lab import evidence
from gradcam_lab.widgets import page_parts
from gradcam_lab.widgets.belief.curve_plot import curve_of
from gradcam_lab.widgets.words import WORDS

ORDERS = ("by the map", "coldest first", "random", "from the centre", "by hand")
BY_HAND = ORDERS[-1]
STEPS = 20
SEEDS = range(5)  # of random orders: the first one is offered, and all of them make a band

# From which cells (n, h', w') are erased to the probabilities (n, classes).
Answer = Callable[[np.ndarray], np.ndarray]


class Erasing(NamedTuple):
    """What the network answers at each step."""

    orders: list[Sequence[tuple[int, int]]]  # the cells, each (row, column)
    counts: list[Sequence[int]]  # of each order, how many cells are erased at each step
    probabilities: list[np.ndarray]  # of each order (steps + 1, classes)
    random: np.ndarray  # (random orders, steps + 1, classes)
    cells: int  # in all

    def with_hand(self, cells: Sequence[tuple[int, int]], answers: np.ndarray) -> "Erasing":
        """Add what the hand has erased, and the probabilities before and after each cell."""
        return self._replace(
            orders=[*self.orders, cells],
            counts=[*self.counts, range(len(answers))],
            probabilities=[*self.probabilities, answers],
        )


def erase_in_orders(signed: np.ndarray, answer: Answer) -> Erasing:
    """Erase by a signed map (h', w'), against it, at random and from the centre."""
    shape = (1, *signed.shape)
    maps = [signed[np.newaxis], -signed[np.newaxis], evidence.centre_maps(shape)]
    maps += [evidence.random_maps(shape, seed) for seed in SEEDS]
    ranks = evidence.ranks(np.concatenate(maps))
    counts = [round(signed.size * k / STEPS) for k in range(STEPS + 1)]
    erased = ranks[:, np.newaxis] < np.reshape(counts, (-1, 1, 1))
    answers = answer(erased.reshape(-1, *signed.shape)).reshape(len(maps), STEPS + 1, -1)
    places = [np.unravel_index(np.argsort(each, axis=None), signed.shape) for each in ranks]
    ordered = [list(zip(*map(np.ndarray.tolist, place), strict=True)) for place in places]
    offered = (0, 1, 3, 2)  # as in ORDERS
    return Erasing(
        [ordered[i] for i in offered],
        [counts] * len(offered),
        [answers[i] for i in offered],
        answers[3:],
        signed.size,
    )


def masks_of(cells: Sequence[tuple[int, int]], grid: tuple[int, int]) -> np.ndarray:
    """Return which cells are erased before, and after each of n (row, column): (n + 1, *grid)."""
    masks = np.zeros((len(cells) + 1, *grid), bool)
    for number, (row, column) in enumerate(cells, 1):
        masks[number:, row, column] = True
    return masks


def chance_band(erasing: Erasing, target: int) -> dict:
    """Return between which probabilities of a class the random orders lie."""
    probability = erasing.random[..., target]
    return {
        "name": WORDS["random_orders"].format(count=len(probability)),
        "x": np.divide(erasing.counts[0], erasing.cells).tolist(),
        "low": probability.min(axis=0).tolist(),
        "high": probability.max(axis=0).tolist(),
    }


def curves_of(erasing: Erasing, target: int, class_names: Sequence[str]) -> list[dict]:
    """Return the probability of a class in each order, with a sentence at each step."""
    curves, band = [], chance_band(erasing, target)
    steps = zip(ORDERS, erasing.counts, erasing.probabilities, strict=True)
    for order, counts, answers in steps:
        shares, probability = np.divide(counts, erasing.cells), answers[:, target]
        words = []
        for share, answered in zip(shares, answers, strict=True):
            low, high = (np.interp(share, band["x"], band[end]) for end in ("low", "high"))
            numbers = {"percent": share, "low": low, "high": high, "probability": answered[target]}
            said = WORDS["erased"] + (WORDS["erased_at_random"] if 0 < share < 1 else "")
            words.append(
                said.format(
                    predicted=class_names[int(np.argmax(answered))],
                    name=class_names[target],
                    **{name: page_parts.percent(number) for name, number in numbers.items()},
                )
            )
        name = WORDS[order]
        if counts[-1] == erasing.cells:
            area = f"{np.trapezoid(probability, shares):.2f}"
            name = WORDS["order"].format(order=name, area=area)
        curve = curve_of(name, shares, probability, words)
        curves.append(curve | {"always": order == ORDERS[0], "at_end": order == BY_HAND})
    return curves
