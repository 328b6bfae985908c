"""Can you believe a heatmap? Orders of its cells, put to the test on the network itself.

Images are arrays (n, h, w, c), as the model takes them; maps (n, h', w') are heatmaps or signed
maps of any method and layer. A cell of a map covers the pixels that it stands for. No score here
means much by itself: hold it against that of `random_maps`, `centre_maps` and `ink_maps`, which
know nothing of the network.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from gradcam_lab import _checks as checks
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import GradCAM

Target = int | Sequence[int] | None


class Curve(NamedTuple):
    """What a network answers while the cells of n pictures are erased or revealed, step by step.

    `fractions` (steps + 1,) are the shares of the cells, `probability` (n, steps + 1) is that of
    the target, `predicted` (n, steps + 1) the likeliest class, and `area` (n,), in [0, 1], lies
    under the probability: the mean along the way, by the trapezoidal rule.
    """

    fractions: np.ndarray
    probability: np.ndarray
    predicted: np.ndarray
    area: np.ndarray


def deletion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    *,
    target: Target = None,
    steps: int = 20,
    baseline: float | np.ndarray = 0.0,
) -> Curve:
    """Erase the cells from the warmest to the coldest, and follow the probability of the target.

    The *smaller* the area, the more the network depends on what the map ranks first: on the
    pictures that erasing makes, which are like none that it was trained on. So the area depends on
    the baseline and on the size of the cells, too, and compares maps of one layer only.

    Parameters
    ----------
    model : keras.Model
        As `GradCAM` takes it.
    images : array (n, h, w, c)
    maps : array (n, h', w')
        Equal cells are taken by position, row by row.
    target : int or sequence of n int, optional
        The class to follow; by default the one predicted for the untouched picture.
    steps : int, default 20
        At step k, ``round(cells * k / steps)`` cells are erased.
    baseline : float or array, default 0
        What erased pixels become: one value, or an array that broadcasts to the images, such as
        blurred copies of them. 0 is black only where the model takes black as 0.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        As `GradCAM.explain`, and if the maps do not fit the images or `steps` is below 1.

    References
    ----------
    V. Petsiuk, A. Das, K. Saenko: RISE: Randomized input sampling for explanation of black-box
    models. BMVC 2018, section 4.2.
    """
    images = checks.as_images(images, model)
    return _follow(model, images, maps, target, steps, lambda cells: erase(images, cells, baseline))


def insertion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    *,
    target: Target = None,
    steps: int = 20,
    baseline: float | np.ndarray = 0.0,
) -> Curve:
    """Reveal the cells from the warmest to the coldest on the baseline; as `deletion` otherwise.

    The *larger* the area, the sooner what the map ranks first is enough for the network.
    """
    images = checks.as_images(images, model)
    return _follow(
        model, images, maps, target, steps, lambda cells: erase(images, ~cells, baseline)
    )


def _follow(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    target: Target,
    steps: int,
    change: Callable[[np.ndarray], np.ndarray],
) -> Curve:
    """Ask the network about pictures in which `change` has treated more and more cells."""
    engine, order = GradCAM(model, score="probability"), ranks(checks.check_maps(maps, images))
    targets = engine.explain(images, target, layers=()).target
    cells = order[0].size
    counts = [round(cells * k / steps) for k in range(checks.check_steps(steps) + 1)]
    answers = [
        engine.explain(change(order < count), layers=()).probabilities
        for count in tqdm(counts, unit="step", delay=1, leave=False)
    ]
    fractions, probabilities = np.array(counts) / cells, np.stack(answers, axis=1)
    probability = probabilities[np.arange(len(images)), :, targets]
    area = np.trapezoid(probability, fractions, axis=1)
    return Curve(fractions, probability, probabilities.argmax(axis=-1), area)


def ranks(maps: np.ndarray) -> np.ndarray:
    """Rank the cells of each map (n, h', w'): 0 is the warmest; equal ones go by position."""
    values = np.asarray(maps, float).reshape(len(maps), -1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.argsort(order, axis=1).reshape(np.shape(maps))


def erase(images: np.ndarray, cells: np.ndarray, baseline: float | np.ndarray = 0.0) -> np.ndarray:
    """Put the baseline where cells, bool (n, h', w'), are true, on all pixels that they cover."""
    rows, columns = (
        cell_of_pixel(*sides) for sides in zip(images.shape[1:3], cells.shape[1:], strict=True)
    )
    erased = cells[:, rows[:, np.newaxis], columns]
    return np.where(erased[..., np.newaxis], baseline, images)


def cell_of_pixel(pixels: int, cells: int) -> np.ndarray:
    """Return for each pixel along a side the cell that its middle lies in: the nearest one."""
    return (2 * np.arange(pixels) + 1) * cells // (2 * pixels)
