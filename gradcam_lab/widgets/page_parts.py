"""What an explorer says beside its view: bars, sentences, small pictures."""

import base64
import html
from collections.abc import Sequence

import numpy as np
from PIL import Image

from gradcam_lab.widgets.figures import draw_channel, draw_signed, signed_number, to_png


def percent(probability: float) -> str:
    """Write a probability as ``99.8 %``."""
    return f"{100 * probability:.1f} %"


def bars_html(probabilities: np.ndarray, class_names: Sequence[str], target: int) -> str:
    """Draw the five most likely classes, and the one that is explained, as bars."""
    likeliest = list(np.argsort(-probabilities)[:5])
    rows = "".join(
        f"<b style='text-align:right;font-weight:{600 if i == target else 400}'>"
        f"{html.escape(class_names[i])}</b>"
        f"<span style='background:var(--jp-layout-color2,#eee);height:.9em'>"
        f"<span style='display:block;height:100%;width:{100 * probabilities[i]:.1f}%;"
        f"background:{'var(--jp-brand-color1,#1976d2)' if i == target else '#9e9e9e'}'></span>"
        f"</span><span>{percent(probabilities[i])}</span>"
        for i in likeliest + [target] * (target not in likeliest)
    )
    return (
        "<div style='display:grid;grid-template-columns:max-content 160px max-content;"
        f"gap:2px 8px;align-items:center;line-height:1.5'>{rows}</div>"
    )


def channels_html(
    channels: np.ndarray, feature_maps: np.ndarray, weights: np.ndarray, added: int
) -> str:
    """Draw n feature maps (h', w', n) with their weights; those not yet added are faint."""
    figures = []
    for i, (k, weight) in enumerate(zip(channels, weights, strict=True)):
        side = "for" if weight > 0 else "against"
        state = "added" if i < added else "waiting"
        alt = f"channel {k}, {side} the class, {state}"
        caption = f"A<sup>{k}</sup><br>α {signed_number(weight)}"
        figures.append(figure_html(draw_channel(feature_maps[..., i]), alt, caption, side, state))
    return (
        f"the {len(channels)} channels that contribute most; red: for the class, blue: against it"
        f"<div class='gradcam-channels'>{''.join(figures)}</div>"
    )


def sum_html(so_far: np.ndarray, whole: np.ndarray, added: int) -> str:
    """Draw the sum of the channels added so far, and the sum of all: signed maps (h', w')."""
    limit = max(np.abs(so_far).max(), np.abs(whole).max())
    figures = [
        figure_html(draw_signed(signed, limit), words, words)
        for signed, words in [
            (so_far, f"signed map of {added} channels"),
            (whole, "signed map of all channels"),
        ]
    ]
    return f"<div class='gradcam-sum'>{''.join(figures)}</div>"


def figure_html(picture: Image.Image, alt: str, caption: str, *classes: str) -> str:
    """Write a small picture into a page, with words for somebody who cannot see it."""
    data = base64.b64encode(to_png(picture)).decode()
    return (
        f"<figure class='{' '.join(classes)}'><img src='data:image/png;base64,{data}' alt='{alt}'>"
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

    For example: predicted 7 (99.8 %), true 7; explaining class 7 at conv2d_1 by gradcam: warmest
    at the top right.
    """
    predicted = int(np.argmax(probabilities))
    words = f"predicted {class_names[predicted]} ({percent(probabilities[predicted])})"
    if label is not None:
        words += f", true {class_names[label]}"
    words += f"; explaining class {class_names[target]} at {layer} by {method}"
    return f"{words}: {whereabouts(heatmap)}"


def whereabouts(heatmap: np.ndarray) -> str:
    """Say in words where a heatmap (h', w') is warmest."""
    if not heatmap.any():
        return "no positive evidence for this class, the heatmap is zero everywhere"
    row, column = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    rows, columns = heatmap.shape
    vertical = ("top", "middle", "bottom")[int(3 * (row + 0.5) / rows)]
    horizontal = ("left", "centre", "right")[int(3 * (column + 0.5) / columns)]
    return f"warmest at the {vertical} {horizontal}".replace("middle centre", "centre")
