"""Grad-CAM's sum as one reads it: weight · channel + ... = signed map → ReLU → heatmap."""

import base64
from typing import NamedTuple

import numpy as np
from PIL import Image

from gradcam_lab._pictures import encode_png
from gradcam_lab.cam import to_heatmap
from gradcam_lab.overlay import colorize
from gradcam_lab.widgets import style
from gradcam_lab.widgets.words import WORDS

DIVERGING = "RdBu_r"  # blue below 0, white for 0, red above


class Equation(NamedTuple):
    """A sum of channels, as far as they have been added, the strongest first."""

    channels: np.ndarray  # (n,): the numbers of those that are drawn
    feature_maps: np.ndarray  # (h', w', n)
    weights: np.ndarray  # (n,): α
    added: int
    total: int  # so many channels there are
    so_far: np.ndarray  # (h', w'): signed map of those that have been added
    rest: np.ndarray  # (h', w'): of those among them that are not drawn
    whole: np.ndarray  # (h', w'): of all channels


def equation_html(equation: Equation) -> str:
    """Write the sum into a page; each term is a button that adds what stands up to it."""
    drawn, maps = len(equation.channels), draw_signed_maps(equation)
    terms = [channel_html(equation, i) for i in range(drawn)]
    if equation.total > drawn:
        state = "added" if equation.added > drawn else "waiting"
        name, alt = say_of_rest(equation, "more"), say_of_rest(equation, "rest")
        terms.append(term_html("…", maps["rest"], name, alt, equation.total, "rest", state))
    between = sign_html("+") + "</span><span class='term'>"  # a plus ends a line, and begins none
    added = WORDS["signed_map"].format(channels=in_numbers("channels", equation.added))
    return (
        f"{WORDS['terms']}<div class='gradcam-equation'>"
        f"<span class='term'>{between.join(terms)}</span>"
        f"</div><div class='gradcam-equation'>{sign_html('=')}{figure_html(maps['so_far'], added)}"
        f"{sign_html('→ ReLU →')}{figure_html(maps['heatmap'], WORDS['heatmap'])}"
        f"{figure_html(maps['whole'], WORDS['whole_map'], 'whole')}</div>"
    )


def channel_html(equation: Equation, i: int) -> str:
    """Write one channel with its weight; it is faint if it has not been added yet."""
    weight, channel = signed_number(equation.weights[i]), equation.channels[i]
    side = "for" if equation.weights[i] > 0 else "against"
    state = "added" if i < equation.added else "waiting"
    alt = WORDS["channel"].format(
        channel=channel, side=WORDS[side], weight=weight, state=WORDS[state]
    )
    picture = draw_channel(equation.feature_maps[..., i])
    return term_html(f"{weight} ·", picture, f"A<sup>{channel}</sup>", alt, i + 1, side, state)


def term_html(
    factor: str, picture: Image.Image, name: str, alt: str, channels: int, *classes: str
) -> str:
    """Write one term of the sum, as a button that adds so many channels."""
    return (
        f"<button type='button' class='{' '.join(classes)}' data-channels='{channels}' "
        f"title='{alt}'><span>{factor}</span>{image_html(picture, '')}"
        f"<span class='name'>{name}</span></button>"
    )


def figure_html(picture: Image.Image, caption: str, classes: str = "") -> str:
    """Write a small picture with its caption."""
    return (
        f"<figure class='{classes}'>{image_html(picture, caption)}"
        f"<figcaption>{caption}</figcaption></figure>"
    )


def sign_html(sign: str) -> str:
    """Write what stands between two pictures."""
    return f"<span class='sign'>{sign}</span>"


def image_html(picture: Image.Image, alt: str) -> str:
    """Write a small picture, with words for somebody who cannot see it."""
    data = base64.b64encode(encode_png(picture)).decode()
    size = f"width='{picture.width}' height='{picture.height}'"  # known before it is decoded
    return f"<img src='data:image/png;base64,{data}' {size} alt='{alt}'>"


# ---- Words


def in_numbers(what: str, count: int) -> str:
    """Write ``1 channel``, but ``2 channels``."""
    return WORDS[f"one_{what}" if count == 1 else f"many_{what}"].format(count=count)


def say_of_rest(equation: Equation, template: str) -> str:
    """Say how many of the channels that are not drawn have been added."""
    drawn = len(equation.channels)
    added, more = max(0, equation.added - drawn), equation.total - drawn
    return WORDS[template].format(added=added, more=more)


def signed_number(number: float) -> str:
    """Write a number with its sign and two digits, such as −0.0037."""
    return f"{number:+#.2g}".rstrip(".").replace("-", "−")


# ---- Small pictures


def draw_channel(feature_map: np.ndarray) -> Image.Image:
    """Draw one feature map (h', w'), from its lowest value in black to its highest in white."""
    span = np.ptp(feature_map)
    return draw_values((feature_map - feature_map.min()) / (span if span > 0 else 1), "gray")


def draw_signed_maps(equation: Equation) -> dict[str, Image.Image]:
    """Draw the signed maps on one scale, and the heatmap: what ReLU leaves of one, up to 1."""
    signed = {name: getattr(equation, name) for name in ("so_far", "rest", "whole")}
    limit = max(np.abs(equation.so_far).max(), np.abs(equation.whole).max())
    maps = {name: each / (2 * limit or 1) + 0.5 for name, each in signed.items()}
    maps["heatmap"] = to_heatmap(equation.so_far[np.newaxis])[0] / 2 + 0.5
    return {name: draw_values(np.clip(each, 0, 1), DIVERGING) for name, each in maps.items()}


def draw_values(values: np.ndarray, colormap: str) -> Image.Image:
    """Draw each value of an array (h', w') in [0, 1] as one pixel, within a thumbnail."""
    picture = Image.fromarray(colorize(values, colormap))
    picture.thumbnail((style.THUMBNAIL, style.THUMBNAIL), Image.Resampling.BOX)
    return picture
