"""Check a Grad-CAM that was computed by hand, and name the slip where there is one."""

from collections.abc import Iterator

import numpy as np

from gradcam_lab._language import mark, say

CORRECT = mark("Correct.")
UNANSWERED = mark("Not answered yet.")
UNKNOWN = mark("go through the steps above once more, place by place.")
NAMES = {"weights": mark("weights"), "signed_map": mark("signed map"), "heatmap": mark("heatmap")}


def print_side_by_side(feature_maps: np.ndarray, gradients: np.ndarray) -> None:
    """Print whole numbers (channels, h', w'): beside each feature map its gradients."""
    for channel, pair in enumerate(zip(feature_maps, gradients, strict=True)):
        print(say("channel {channel}: feature map, gradients", channel=channel))
        for row in zip(*pair, strict=True):
            print("   |".join("".join(f"{value:5}" for value in part) for part in row))


def check_by_hand(feature_maps: np.ndarray, gradients: np.ndarray, **answers: object) -> str:
    """Compare what somebody has computed by hand with the result, quantity by quantity.

    Parameters
    ----------
    feature_maps, gradients : array (channels, h', w')
        The numbers of the exercise.
    **answers : object
        What was answered, in this order: ``weights`` (channels,), ``signed_map`` (h', w') and
        ``heatmap`` (h', w'), or some of them. ``...`` stands for no answer yet.

    Returns
    -------
    str
        ``"Correct."`` if all are, ``"Not answered yet."`` if none is there, and otherwise one
        sentence about the first that is missing or wrong. It names the slip, if it is a known one.
    """
    known = dict(quantities(feature_maps, gradients))
    if all(answer is ... for answer in answers.values()):
        return say(UNANSWERED)
    for name, answer in answers.items():
        quantity = say(NAMES[name])
        if answer is ...:
            return say("Right so far. Now the {quantity}.", quantity=quantity)
        right, *slips = known[name]
        if not is_same(answer, right[0]):
            hint = next((hint for value, hint in slips if is_same(answer, value)), UNKNOWN)
            return say("Not yet, the {quantity}: {hint}", quantity=quantity, hint=say(hint))
    return say(CORRECT)


def quantities(
    feature_maps: np.ndarray, gradients: np.ndarray
) -> Iterator[tuple[str, list[tuple[np.ndarray, str]]]]:
    """Give each quantity's name, its value, and the values that known slips lead to."""
    sums, means = gradients.sum(axis=(1, 2)), gradients.mean(axis=(1, 2))
    signed = np.tensordot(means, feature_maps, axes=1)
    positive = np.maximum(signed, 0)
    peak = positive.max() or 1
    yield (
        "weights",
        [
            (means, CORRECT),
            (sums, mark("no mean. These are the sums: divide by the number of places.")),
            (np.maximum(gradients, 0).mean(axis=(1, 2)), mark("ReLU too early, on the gradients.")),
            (np.maximum(means, 0), mark("ReLU too early: a weight may be negative.")),
            (
                feature_maps.mean(axis=(1, 2)),
                mark("the mean of the gradients, not of the feature maps."),
            ),
        ],
    )
    early = np.maximum(means, 0)
    yield (
        "signed_map",
        [
            (signed, CORRECT),
            (np.tensordot(sums, feature_maps, axes=1), mark("no mean. The weights were sums.")),
            (
                np.tensordot(early, feature_maps, axes=1),
                mark("ReLU too early: a weight was negative."),
            ),
            (positive, mark("ReLU too early: this map keeps what is below zero.")),
            (feature_maps.sum(axis=0), mark("each feature map times its weight, then the sum.")),
            (
                (feature_maps * gradients).sum(axis=0),
                mark("one weight for a channel, at every place."),
            ),
        ],
    )
    with np.errstate(all="ignore"):  # these slips may divide by 0
        undefined = positive / positive.max()
        turned = signed / signed.min()
        stretched = (signed - signed.min()) / np.ptp(signed)
    yield (
        "heatmap",
        [
            (positive / peak, CORRECT),
            (positive, mark("not scaled. Divide by the largest value.")),
            (signed, mark("no ReLU, and not scaled.")),
            (signed / (np.abs(signed).max() or 1), mark("no ReLU: what is below zero becomes 0.")),
            (turned, mark("divided by a negative number, so against became for. ReLU first.")),
            (undefined, mark("0 / 0. Where nothing is positive, the heatmap stays 0.")),
            (stretched, mark("ReLU sets to 0, it does not move values.")),
        ],
    )


def is_same(answer: object, expected: np.ndarray) -> bool:
    """Tell whether an answer, which may be anything, is this array, to two decimals."""
    try:
        numbers = np.asarray(answer, dtype=float)
    except Exception:  # a student's blank can hold anything, and converting it raise anything
        return False
    same_shape = numbers.shape == expected.shape
    return same_shape and np.allclose(numbers, expected, atol=0.01, equal_nan=True)
