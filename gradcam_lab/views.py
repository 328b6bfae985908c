"""What an explorer shows: pictures, bars and a sentence, as pure functions of plain data."""

import html
import io
from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gradcam_lab.data import to_picture
from gradcam_lab.overlay import colorize, superimpose

PANEL = (360, 280)  # largest width and height in pixels; 280 is a multiple of 7, 14 and 28 cells
TITLE_HEIGHT = 28
GAP = 14
INK = (60, 60, 60)

Panel = tuple[str, Image.Image]


def explorer_figure(
    image: Image.Image | np.ndarray,
    heatmap: np.ndarray,
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
) -> Image.Image:
    """Draw picture, heatmap and overlay side by side, with a colour bar from 0 to 1.

    The heatmap shows the cells of the layer's feature maps as they are; the overlay interpolates
    between them.
    """
    picture = fit(to_picture(image))
    rows, columns = heatmap.shape
    cells = draw_cells(heatmap, picture.size, colormap, threshold)
    overlay = Image.fromarray(superimpose(picture, heatmap, alpha, colormap, threshold))
    panels = [
        ("picture", picture),
        (f"heatmap, {rows} × {columns} cells", cells),
        (f"overlay, alpha {alpha:.2f}", overlay),
    ]
    return draw_row([*panels, ("", draw_colour_bar(colormap, picture.height))])


def comparison_figure(
    images: Sequence[Image.Image | np.ndarray],
    heatmaps: Sequence[np.ndarray],
    titles: Sequence[str],
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
) -> Image.Image:
    """Draw several pictures in one row and their overlays in the row below."""
    pictures = [fit(to_picture(image)) for image in images]
    overlays = [
        (title, Image.fromarray(superimpose(picture, heatmap, alpha, colormap, threshold)))
        for title, picture, heatmap in zip(titles, pictures, heatmaps, strict=True)
    ]
    bar = draw_colour_bar(colormap, max(picture.height for picture in pictures))
    above = draw_row([*zip(titles, pictures, strict=True)])
    below = draw_row([*overlays, ("", bar)])
    below = below.crop((0, TITLE_HEIGHT, below.width, below.height))
    figure = Image.new("RGB", (below.width, above.height + below.height), "white")
    figure.paste(above, (0, 0))
    figure.paste(below, (0, above.height))
    return figure


def fit(picture: Image.Image) -> Image.Image:
    """Give the picture the size of a panel; the pixels of a small one stay visible squares."""
    scale = min(PANEL[0] / picture.width, PANEL[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(
        size, Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.LANCZOS
    )


def draw_cells(
    heatmap: np.ndarray, size: tuple[int, int], colormap: str, threshold: float = 0.0
) -> Image.Image:
    """Draw each value of the heatmap as one rectangle, white where it is below the threshold."""
    colours = colorize(heatmap, colormap)
    colours = np.where(heatmap[..., np.newaxis] < threshold, np.uint8(255), colours)
    return Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)


def draw_colour_bar(colormap: str, height: int) -> Image.Image:
    """Draw the colours from 0, at the bottom, to 1, at the top."""
    scale = np.linspace(1, 0, height, dtype=np.float32)[:, np.newaxis]
    bar = Image.new("RGB", (34, height), "white")
    bar.paste(draw_cells(scale, (14, height), colormap))
    write = ImageDraw.Draw(bar)
    write.text((20, 0), "1", INK, font=font(), anchor="lt")
    write.text((20, height - 1), "0", INK, font=font(), anchor="lb")
    return bar


def draw_row(panels: Sequence[Panel]) -> Image.Image:
    """Set titled pictures side by side on white, each in a column that its title fits into."""
    widths = [max(picture.width, ceil(font().getlength(title))) for title, picture in panels]
    width = sum(widths) + GAP * (len(panels) + 1)
    height = TITLE_HEIGHT + max(picture.height for _, picture in panels) + GAP
    row = Image.new("RGB", (width, height), "white")
    write = ImageDraw.Draw(row)
    left = GAP
    for (title, picture), column in zip(panels, widths, strict=True):
        row.paste(picture, (left + (column - picture.width) // 2, TITLE_HEIGHT))
        middle = (left + column // 2, TITLE_HEIGHT // 2)
        write.text(middle, title, INK, font=font(), anchor="mm")
        left += column + GAP
    return row


@cache
def font() -> ImageFont.FreeTypeFont:
    """Return matplotlib's own typeface, which is there wherever matplotlib is."""
    return ImageFont.truetype(
        Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 14
    )


def to_png(picture: Image.Image) -> bytes:
    """Encode a picture, quickly rather than small."""
    buffer = io.BytesIO()
    picture.save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


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


def sentence(
    probabilities: np.ndarray,
    class_names: Sequence[str],
    label: int | None,
    target: int,
    layer: str,
    heatmap: np.ndarray,
) -> str:
    """Say in words what the figure shows.

    For example: predicted 7 (99.8 %), true 7; explaining class 7 at conv2d_1: warmest at the top
    right.
    """
    predicted = int(np.argmax(probabilities))
    words = f"predicted {class_names[predicted]} ({percent(probabilities[predicted])})"
    if label is not None:
        words += f", true {class_names[label]}"
    return f"{words}; explaining class {class_names[target]} at {layer}: {whereabouts(heatmap)}"


def whereabouts(heatmap: np.ndarray) -> str:
    """Say in words where a heatmap (h', w') is warmest."""
    if not heatmap.any():
        return "no positive evidence for this class, the heatmap is zero everywhere"
    row, column = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    rows, columns = heatmap.shape
    vertical = ("top", "middle", "bottom")[int(3 * (row + 0.5) / rows)]
    horizontal = ("left", "centre", "right")[int(3 * (column + 0.5) / columns)]
    return f"warmest at the {vertical} {horizontal}".replace("middle centre", "centre")
