"""What an explorer says beside its view, in sentences."""

from collections.abc import Sequence

import numpy as np

from gradcam_lab.widgets.words import WORDS

SAME = 0.005  # two heatmaps that differ less are called the same


def percent(probability: float) -> str:
    """Write a probability as ``99.8 %``."""
    return f"{100 * probability:.1f} %"


def sentence(
    probabilities: np.ndarray,
    class_names: Sequence[str],
    label: int | None,
    target: int,
    layer: str,
    method: str,
    heatmap: np.ndarray,
) -> str:
    """Say in words what the figure shows.

    For example: The network says 7, 99.8 % sure (true: 7). Asked about 7, at conv2d_1 by Grad-CAM:
    warmest at the top right.
    """
    predicted = int(np.argmax(probabilities))
    return WORDS["sentence"].format(
        predicted=WORDS["predicted"].format(
            name=class_names[predicted], percent=percent(probabilities[predicted])
        ),
        true="" if label is None else WORDS["true"].format(name=class_names[label]),
        name=class_names[target],
        layer=layer,
        method=WORDS.get(method, method),
        place=whereabouts(heatmap),
    )


def whereabouts(heatmap: np.ndarray) -> str:
    """Say in words where a heatmap (h', w') is warmest."""
    if not heatmap.any():
        return WORDS["nowhere"]
    row, column = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    rows, columns = heatmap.shape
    third = 3 * int(3 * (row + 0.5) / rows) + int(3 * (column + 0.5) / columns)
    return WORDS["warmest"].format(place=WORDS["places"].split(", ")[third])


def relation(heatmap: np.ndarray, first: np.ndarray, name: str) -> str:
    """Say how far a heatmap (h', w') is from the first one, which has a name."""
    difference = float(np.abs(heatmap - first).max())
    if difference < SAME:
        return WORDS["same_map"].format(first=name)
    return WORDS["other_map"].format(first=name, difference=f"{difference:.2f}")
