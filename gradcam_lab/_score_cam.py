"""Score-CAM: what remains of the class score when only one channel's places are left visible.

It needs no gradient but a forward pass for every channel, and so it is not among the functions of
`methods`, which ask for nothing but a layer's feature maps and gradients.
"""

from collections.abc import Callable

import numpy as np

from gradcam_lab._tensorflow import Tensor, tensorflow

SCORE_CAM = "scorecam"
MASKED = 2**22  # numbers in the masked images that are made at a time
Progress = Callable[[int, int], None]  # told how many channels are done, and how many there are
Answer = tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]


def feature_maps_alone(feature_maps: Tensor, _gradients: Tensor) -> Tensor:
    """Stand in for a method where the feature maps themselves are wanted, and no gradient."""
    return feature_maps


def score_cam_maps(
    run: Callable[..., Answer], images: np.ndarray, answer: Answer, progress: bool | Progress
) -> Answer:
    """Put signed maps (n, h', w') in place of feature maps, one layer and image after the other.

    Parameters
    ----------
    run : callable
        `GradCAM.run` of one pass: gives the class scores of masked images.
    images : array (n, h, w, c)
    answer : tuple of (targets, scores, probabilities, feature maps)
        What `run` gave for the images, with `feature_maps_alone`.
    progress : bool or callable
        Whether to print how far it is; or a function that is called instead.
    """
    targets, scores, probabilities, feature_maps = answer
    on_progress = progress if callable(progress) else print_progress
    total = sum(maps.shape[0] * maps.shape[-1] for maps in feature_maps.values())
    done = 0

    def count(channels: int) -> None:
        nonlocal done
        done += channels
        if progress:
            on_progress(done, total)

    def explain(image: np.ndarray, target: int, maps: np.ndarray) -> np.ndarray:
        def score_of(masked: np.ndarray) -> np.ndarray:
            return run(masked, np.full(len(masked), target), feature_maps_alone)[1]

        return score_cam(maps, image, score_of, max(1, MASKED // image.size), count)

    signed = {
        name: np.stack([explain(*each) for each in zip(images, targets, maps, strict=True)])
        for name, maps in feature_maps.items()
    }
    return targets, scores, probabilities, signed


def print_progress(done: int, total: int) -> None:
    """Write over the line that was printed last."""
    end = "\n" if done == total else ""
    print(f"\rScore-CAM: {done} of {total} channels", end=end, flush=True)


def score_cam(
    feature_maps: np.ndarray,
    image: np.ndarray,
    score_of: Callable[[np.ndarray], np.ndarray],
    batch_size: int,
    count: Callable[[int], None],
) -> np.ndarray:
    r"""Weigh each channel by the class score of the image seen through it.

    .. math:: H_k = s(\mathrm{Up}(A^k)), \qquad S_k = y(X \circ H_k), \qquad
              \alpha_k = \frac{\exp S_k}{\sum_l \exp S_l}, \qquad
              L_{ij} = \sum_k \alpha_k A^k_{ij}

    where Up resizes to the size of the image X, and s scales to [0, 1]. A channel that is the same
    everywhere masks nothing, and counts for nothing.

    Parameters
    ----------
    feature_maps : array (h', w', channels)
        Of one image at one layer.
    image : array (h, w, c)
        As the model takes it.
    score_of : callable
        Gives the class scores (m,) of m images (m, h, w, c).
    batch_size : int
        How many masked images are made at a time.
    count : callable
        Told how many channels are done, each time some are.

    Returns
    -------
    numpy.ndarray
        The signed map (h', w').

    References
    ----------
    H. Wang et al.: Score-CAM: Score-weighted visual explanations for convolutional neural
    networks. CVPR Workshops 2020, algorithm 1.
    """
    low, high = feature_maps.min(axis=(0, 1)), feature_maps.max(axis=(0, 1))
    (active,) = np.nonzero(high > low)
    count(len(high) - len(active))
    scores = np.full(len(high), -np.inf, dtype=np.float32)
    for start in range(0, len(active), batch_size):
        channels = active[start : start + batch_size]
        resized = tensorflow.image.resize(feature_maps[..., channels], image.shape[:2]).numpy()
        span = np.ptp(resized, axis=(0, 1))
        masks = (resized - resized.min(axis=(0, 1))) / np.where(span > 0, span, 1)
        masks = masks.transpose(2, 0, 1).reshape(-1, *image.shape[:2], *[1] * (image.ndim - 2))
        scores[channels] = score_of(masks * image)
        count(len(channels))
    if not len(active):
        return np.zeros(feature_maps.shape[:2], dtype=np.float32)
    weights = np.exp(scores - scores.max())
    return feature_maps @ (weights / weights.sum())
