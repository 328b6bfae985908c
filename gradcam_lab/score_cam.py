"""Score-CAM: what remains of the class score when only one channel's places are left visible.

It needs no gradient but a forward pass for every channel, and so it is not among the functions of
`methods`, which ask for nothing but a layer's feature maps and gradients.
"""

from collections.abc import Callable

import numpy as np

from gradcam_lab._tensorflow import tensorflow
from gradcam_lab.compiled_pass import CompiledPass
from gradcam_lab.methods import Tensor

SCORE_CAM = "scorecam"
Progress = Callable[[int, int], None]  # told how many channels are done, and how many there are


def feature_maps_alone(feature_maps: Tensor, _gradients: Tensor) -> Tensor:
    """Stand in for a method where the feature maps themselves are wanted, and no gradient."""
    return feature_maps


def score_cam_maps(
    compiled: CompiledPass,
    images: np.ndarray,
    targets: np.ndarray,
    feature_maps: dict[str, np.ndarray],
    progress: bool | Progress,
) -> dict[str, np.ndarray]:
    """Compute the signed maps (n, h', w') of each layer, one image after the other.

    Parameters
    ----------
    compiled : CompiledPass
        Gives the class scores of masked images.
    images : array (n, h, w, c)
    targets : array (n,)
        The class of each image that is explained.
    feature_maps : dict of array (n, h', w', channels)
        Of the images, by layer.
    progress : bool or callable
        Whether to print how far it is, or whom to tell.
    """
    tell = progress if callable(progress) else print_progress
    total = sum(maps.shape[0] * maps.shape[-1] for maps in feature_maps.values())
    done = 0

    def advance(channels: int) -> None:
        nonlocal done
        done += channels
        if progress:
            tell(done, total)

    def explain(image: np.ndarray, target: int, maps: np.ndarray) -> np.ndarray:
        def score_of(masked: np.ndarray) -> np.ndarray:
            _, scores, _, _ = compiled.run_in_parts(
                masked, np.full(len(masked), target), feature_maps_alone
            )
            return scores

        return score_cam(maps, image, score_of, compiled.batch_size(images), advance)

    return {
        name: np.stack([explain(*each) for each in zip(images, targets, maps, strict=True)])
        for name, maps in feature_maps.items()
    }


def print_progress(done: int, total: int) -> None:
    """Write over the line that was printed last."""
    end = "\n" if done == total else ""
    print(f"\rScore-CAM: {done} of {total} channels", end=end, flush=True)


def score_cam(
    feature_maps: np.ndarray,
    image: np.ndarray,
    score_of: Callable[[np.ndarray], np.ndarray],
    batch_size: int,
    advance: Callable[[int], None],
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
    advance : callable
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
    advance(len(high) - len(active))
    scores = np.full(len(high), -np.inf, dtype=np.float32)
    for start in range(0, len(active), batch_size):
        channels = active[start : start + batch_size]
        resized = tensorflow.image.resize(feature_maps[..., channels], image.shape[:2]).numpy()
        span = np.ptp(resized, axis=(0, 1))
        masks = (resized - resized.min(axis=(0, 1))) / np.where(span > 0, span, 1)
        masks = masks.transpose(2, 0, 1).reshape(-1, *image.shape[:2], *[1] * (image.ndim - 2))
        scores[channels] = score_of(masks * image)
        advance(len(channels))
    if not len(active):
        return np.zeros(feature_maps.shape[:2], dtype=np.float32)
    weights = np.exp(scores - scores.max())
    return feature_maps @ (weights / weights.sum())
