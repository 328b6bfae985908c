"""What an explorer says beside its view: sentences, small pictures."""

import base64
from collections.abc import Sequence

import numpy as np
from PIL import Image

from gradcam_lab._pictures import encode_png
from gradcam_lab.widgets.figures import draw_channel, draw_sums, signed_number
from gradcam_lab.widgets.words import WORDS


def percent(probability: float) -> str:
    """Write a probability as ``99.8 %``."""
    return f"{100 * probability:.1f} %"


def channels_html(
    channels: np.ndarray, feature_maps: np.ndarray, weights: np.ndarray, added: int
) -> str:
    """Draw n feature maps (h', w', n) with their weights; those not yet added are faint."""
    figures = []
    for i, (k, weight) in enumerate(zip(channels, weights, strict=True)):
        side = "for" if weight > 0 else "against"
        state = "added" if i < added else "waiting"
        alt = WORDS["channel"].format(channel=k, side=WORDS[side], state=WORDS[state])
        caption = WORDS["weight"].format(channel=k, weight=signed_number(weight))
        figures.append(figure_html(draw_channel(feature_maps[..., i]), alt, caption, side, state))
    heading = WORDS["channels"].format(count=len(channels))
    return f"{heading}<div class='gradcam-channels'>{''.join(figures)}</div>"


def sum_html(so_far: np.ndarray, whole: np.ndarray, added: int) -> str:
    """Draw the sum of the channels added so far, and the sum of all: signed maps (h', w')."""
    sums = draw_sums(so_far, whole, added)
    figures = [figure_html(picture, title, title) for title, picture in sums]
    return f"<div class='gradcam-sum'>{''.join(figures)}</div>"


def figure_html(picture: Image.Image, alt: str, caption: str, *classes: str) -> str:
    """Write a small picture into a page, with words for somebody who cannot see it."""
    data = base64.b64encode(encode_png(picture)).decode()
    size = f"width='{picture.width}' height='{picture.height}'"  # known before it is decoded
    return (
        f"<figure class='{' '.join(classes)}'>"
        f"<img src='data:image/png;base64,{data}' {size} alt='{alt}'>"
        f"<figcaption>{caption}</figcaption></figure>"
    )


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

    For example: The network says 7, 99.8 % sure (true: 7). Asked about 7, at conv2d_1 by gradcam:
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
        method=method,
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
