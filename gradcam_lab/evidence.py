"""Can you believe a heatmap? What is measured of it, and what to hold that against.

In every function, images are arrays (n, h, w, c), as the model takes them, and maps (n, h', w') are
heatmaps or signed maps of any method and layer; the target is by default the class predicted. A
cell of a map covers the pixels that it stands for. No score means much by itself: compare it with
those of `random_maps`, `centre_maps` and `ink_maps`, which know nothing of the network. What does
not fit raises a ValueError, as in `GradCAM.explain`.

References
----------
- RISE: V. Petsiuk, A. Das, K. Saenko: Randomized input sampling for explanation. BMVC 2018.
- Sanity checks: J. Adebayo et al.: Sanity checks for saliency maps. NeurIPS 2018.
- SSIM: Z. Wang et al.: Image quality assessment. IEEE Transactions on Image Processing, 2004.
- Pointing: J. Zhang et al.: Top-down neural attention by excitation backprop. ECCV 2016.
- Grad-CAM++: A. Chattopadhay et al.: Generalized gradient-based visual explanations. WACV 2018.
- Fake-CAM: S. Poppi et al.: Revisiting the evaluation of class activation mapping. CVPR-W 2021.
- Guided: J. T. Springenberg et al.: The all convolutional net. ICLR Workshops 2015.
- Grad-CAM: R. R. Selvaraju et al.: Visual explanations from deep networks. ICCV 2017.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from gradcam_lab import _checks as checks
from gradcam_lab._cells import enlarge, in_cells, on_pixels, share_in_boxes
from gradcam_lab._guided_pass import gradients_alone, guided_pass
from gradcam_lab._redraw import redrawn_copy
from gradcam_lab._similarity import spearman, ssim
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.cam import GradCAM
from gradcam_lab.hooks import named_layers
from gradcam_lab.layers import last_convolutional_layer

Target = int | Sequence[int] | None


class Curve(NamedTuple):
    """What a network answers while the cells of n pictures are erased or revealed, step by step.

    `fractions` (steps + 1,) are the shares of the cells, `probability` (n, steps + 1) is that of
    the target, `predicted` (n, steps + 1) the likeliest class, and `area` (n,), in [0, 1], lies
    under the probability: its mean along the way, by the trapezoidal rule.
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

    The *smaller* the area, the more the answer depends on what the map ranks first. It depends as
    well on the baseline and on the size of the cells, so compare maps of one layer; and pictures
    with holes are like none that the network was trained on. (RISE)

    Parameters
    ----------
    model, images, maps, target
        As above. Equal cells of a map are taken by position, row by row.
    steps : int, default 20
        At step k, ``round(cells * k / steps)`` cells are erased.
    baseline : float or array, default 0
        What erased pixels become: a number, or what broadcasts to the images, as blurred copies of
        them do. 0 is black only where the model takes black as 0.
    """
    images, engine = checks.as_images(images, model), GradCAM(model, score="probability")
    order = ranks(checks.check_maps(maps, images))
    targets = engine.explain(images, target, layers=()).target
    cells = order[0].size
    counts = [round(cells * k / steps) for k in range(checks.check_steps(steps) + 1)]
    answers = [
        engine.explain(erase(images, order < count, baseline), layers=()).probabilities
        for count in tqdm(counts, unit="step", delay=1, leave=False)
    ]
    fractions, probabilities = np.array(counts) / cells, np.stack(answers, axis=1)
    probability = probabilities[np.arange(len(images)), :, targets]
    area = np.trapezoid(probability, fractions, axis=1)
    return Curve(fractions, probability, probabilities.argmax(axis=-1), area)


def insertion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    *,
    target: Target = None,
    steps: int = 20,
    baseline: float | np.ndarray = 0.0,
) -> Curve:
    """Reveal the cells from the warmest to the coldest, on the baseline; otherwise as `deletion`.

    The *larger* the area, the sooner what the map ranks first is enough for the network.
    """
    images = checks.as_images(images, model)
    target = GradCAM(model, score="probability").explain(images, target, layers=()).target.tolist()
    hidden = np.broadcast_to(np.float32(baseline), images.shape)  # and the pictures erase it
    return deletion(model, hidden, maps, target=target, steps=steps, baseline=images)


def erase(images: np.ndarray, cells: np.ndarray, baseline: float | np.ndarray = 0.0) -> np.ndarray:
    """Put the baseline on all pixels of the cells, bool (n, h', w'), that are true."""
    return np.where(on_pixels(cells, images.shape[1:3])[..., np.newaxis], baseline, images)


def ranks(maps: np.ndarray) -> np.ndarray:
    """Rank the cells of each map (n, h', w'): 0 is the warmest; equal ones go by position."""
    flat = np.reshape(maps, (len(maps), -1)).astype(float)
    order = np.argsort(-flat, axis=1, kind="stable")
    return np.argsort(order, axis=1).reshape(np.shape(maps))


def random_maps(shape: tuple[int, int, int], seed: int) -> np.ndarray:
    """Return maps of a shape (n, h', w') that are pure chance; several seeds make a band."""
    return np.random.default_rng(seed).random(shape)


def centre_maps(shape: tuple[int, int, int]) -> np.ndarray:
    """Return maps of a shape (n, h', w') that are warm in the middle, where photographers aim."""
    rows, columns = (((2 * np.arange(side) + 1 - side) / side) ** 2 for side in shape[1:])
    return np.broadcast_to(1 - (rows[:, np.newaxis] + columns) / 2, shape)


def ink_maps(images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Return maps of a shape (n, h', w') of how far the pixels of each cell are from 0."""
    return in_cells(np.abs(images).mean(axis=-1), shape[1:])


def randomize(model: keras.Model, layers: str | Sequence[str], seed: int) -> keras.Model:
    """Copy a network, and draw the weights of some layers anew, by their own initializers.

    A map that stays as it was does not show what those layers have learned. Give one layer; or, for
    the *cascading* test, all from the last one down to another: the same seed gives a layer the
    same weights each time. (Sanity checks, section 3)

    Parameters
    ----------
    model : keras.Model
        Functional or `Sequential`, nested or not; it is left as it is.
    layers : str or sequence of str
        Names; inside a nested model ``"outer/inner"``.
    seed : int
    """
    known = named_layers(model)
    drawn = checks.check_layers_to_randomize(checks.as_names(layers), known)
    copy = redrawn_copy(model, seed)
    for name in [each for each in known if known[each].weights and each not in drawn]:
        named_layers(copy)[name].set_weights(known[name].get_weights())
    return copy


def rank_correlation(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation (n,) of two maps' cells: 1 the same order, -1 the reverse.

    Equal cells share their mean rank. NaN where a map is the same everywhere, as a blank one is.
    Unrelated maps correlate where both are cold on the background: compare with `ink_maps`.
    """
    first, second = checks.check_pairs(maps, others).reshape(2, len(maps), -1)
    return spearman(first, second)


def structural_similarity(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the SSIM (n,) of heatmaps in [0, 1]: 1 for equal maps, about 0 for unrelated ones.

    The mean over all windows of 7 x 7 cells, or over one of a smaller map. (SSIM, equation 13)
    """
    return ssim(*checks.check_pairs(maps, others, unit=True))


def pointing_game(maps: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Tell, bool (n,), whether the warmest cell touches the box; a map without warm cells misses.

    Boxes (n, 4), or one for all, are (top, left, bottom, right) in shares of the picture's sides.
    More hits are better, if the network looks where the box is: that it should is an assumption.
    Large boxes and large cells are hit by chance. (Pointing, whose boxes reach 15 pixels farther)
    """
    touched = share_in_boxes(maps.shape, boxes) > 1e-6  # and not by rounding
    return (touched & (ranks(maps) == 0) & (maps > 0)).any(axis=(1, 2))


def share_inside(maps: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return the share (n,) of a map's positive values inside the box; NaN where there are none.

    More is better, as in `pointing_game`, whose boxes it takes.
    """
    warm = np.maximum(maps, 0)
    inside = (warm * share_in_boxes(warm.shape, boxes)).sum(axis=(1, 2))
    total = warm.sum(axis=(1, 2))
    return np.divide(inside, total, out=np.full(len(total), np.nan), where=total > 0)


def average_drop(
    model: keras.Model, images: np.ndarray, maps: np.ndarray, target: Target = None
) -> tuple[float, float]:
    """Multiply pictures by their heatmaps, and return how the probability of the target changes.

    First the *average drop* in percent of what it was: small is good. Then the *increase*, the
    percentage of pictures where it rises: large is good. (Grad-CAM++) Do not trust
    them alone: Fake-CAM, ones but for a single 0, hardly drops, and explains nothing.
    """
    images, engine = checks.as_images(images, model), GradCAM(model, score="probability")
    answer = engine.explain(images, target, layers=())
    masked = engine.explain(images * enlarge(maps, images), layers=())
    chosen = np.arange(len(images)), answer.target
    before, after = answer.probabilities[chosen], masked.probabilities[chosen]
    drop = np.maximum(before - after, 0) / np.where(before > 0, before, 1)
    return 100 * float(drop.mean()), 100 * float((after > before).mean())


def guided_backpropagation(
    model: keras.Model, images: np.ndarray, target: Target = None
) -> np.ndarray:
    """Return the guided gradients (n, h, w, c) of the class score with respect to the pixels.

    Back through a ReLU or ReLU6 goes only what is positive in the gradient, too. That looks sharp,
    and depends little on what the network has learned. (Guided)
    """
    images, guided = checks.as_images(images, model), guided_pass(model)
    targets = checks.check_targets(target, len(images), guided.classes)
    return GradCAM(model).run(guided, images, targets, gradients_alone)[-1]["images"]


def guided_gradcam(
    model: keras.Model, images: np.ndarray, target: Target = None, layer: str | None = None
) -> np.ndarray:
    """Return guided gradients (n, h, w, c) times the heatmap of a layer, enlarged.

    The layer is by default the last convolutional one. (Grad-CAM, section 3.2)
    """
    images, layer = checks.as_images(images, model), layer or last_convolutional_layer(model)
    heatmaps = GradCAM(model).explain(images, target, layer).heatmaps[layer]
    return guided_backpropagation(model, images, target) * enlarge(heatmaps, images)


def edges(images: np.ndarray) -> np.ndarray:
    """Return the strength (n, h, w) of the edge at each pixel, by Sobel's filters: no network."""
    tensor = tensorflow.constant(checks.as_batch(images))
    return np.linalg.norm(tensorflow.image.sobel_edges(tensor), axis=-1).mean(axis=-1)
