"""What an explorer shows where no widget is alive: pictures, as pure functions of plain data."""

import io
from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from gradcam_lab._pictures import to_picture
from gradcam_lab.overlay import colorize, superimpose

PANELS = ("picture", "heatmap", "overlay")
PANEL = (360, 280)  # largest width and height in pixels; 280 is a multiple of 7, 14 and 28 cells
SMALL_PANEL = (252, 196)
TITLE_HEIGHT = 28
GAP = 14
INK = (60, 60, 60)
FOR, AGAINST = "#d32f2f", "#1976d2"  # frames of channels, by the sign of their weights

Panel = tuple[str, Image.Image]


def explorer_figure(
    image: Image.Image | np.ndarray,
    heatmap: np.ndarray,
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
    panels: Sequence[str] = PANELS,
) -> Image.Image:
    """Draw picture, heatmap and overlay side by side, with a colour bar from 0 to 1.

    The heatmap shows the cells of the layer's feature maps as they are; the overlay interpolates
    between them.
    """
    picture = fit(to_picture(image))
    rows, columns = heatmap.shape
    cells = draw_cells(heatmap, picture.size, colormap, threshold)
    overlay = Image.fromarray(superimpose(picture, heatmap, alpha, colormap, threshold))
    titled = {
        "picture": ("picture", picture),
        "heatmap": (f"heatmap, {rows} × {columns} cells", cells),
        "overlay": (f"overlay, alpha {alpha:.2f}", overlay),
    }
    bar = ("", draw_colour_bar(colormap, picture.height))
    return draw_row([*(titled[name] for name in panels), bar])


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
    overlays = draw_overlays(pictures, heatmaps, titles, alpha, colormap, threshold)
    bar = draw_colour_bar(colormap, max(picture.height for picture in pictures))
    below = draw_row([*overlays, ("", bar)])
    below = below.crop((0, TITLE_HEIGHT, below.width, below.height))
    return stack(draw_row([*zip(titles, pictures, strict=True)]), below)


def questions_figure(
    image: Image.Image | np.ndarray,
    heatmaps: Sequence[np.ndarray],
    titles: Sequence[str],
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
) -> Image.Image:
    """Draw one picture, and beside it an overlay for each question that it was asked."""
    picture = fit(to_picture(image), SMALL_PANEL)
    pictures = [picture] * len(heatmaps)
    overlays = draw_overlays(pictures, heatmaps, titles, alpha, colormap, threshold)
    bar = draw_colour_bar(colormap, picture.height)
    return draw_row([("picture", picture), *overlays, ("", bar)])


def draw_overlays(
    pictures: Sequence[Image.Image],
    heatmaps: Sequence[np.ndarray],
    titles: Sequence[str],
    alpha: float,
    colormap: str,
    threshold: float,
) -> list[Panel]:
    """Draw each heatmap over its picture, with its title."""
    return [
        (title, Image.fromarray(superimpose(picture, heatmap, alpha, colormap, threshold)))
        for title, picture, heatmap in zip(titles, pictures, heatmaps, strict=True)
    ]


def channels_figure(
    channels: np.ndarray, feature_maps: np.ndarray, weights: np.ndarray
) -> Image.Image:
    """Draw n feature maps (h', w', n) in one row, framed by the sign of the weight."""
    pictures = [
        ImageOps.expand(
            draw_channel(feature_maps[..., i]).resize((66, 66), Image.Resampling.NEAREST),
            border=3,
            fill=FOR if weights[i] > 0 else AGAINST,
        )
        for i in range(len(channels))
    ]
    titles = [f"{k}: {signed_number(weight)}" for k, weight in zip(channels, weights, strict=True)]
    return draw_row([*zip(titles, pictures, strict=True)])


def sums_figure(so_far: np.ndarray, whole: np.ndarray, added: int) -> Image.Image:
    """Draw the sum of the channels added so far beside the sum of all: signed maps (h', w')."""
    limit = max(np.abs(so_far).max(), np.abs(whole).max())
    titled = [(f"signed map of {added} channels", so_far), ("signed map of all channels", whole)]
    return draw_row(
        [
            (title, draw_signed(signed, limit).resize((120, 120), Image.Resampling.NEAREST))
            for title, signed in titled
        ]
    )


def stack(*pictures: Image.Image) -> Image.Image:
    """Set pictures one below the other on white."""
    size = max(picture.width for picture in pictures), sum(picture.height for picture in pictures)
    figure, top = Image.new("RGB", size, "white"), 0
    for picture in pictures:
        figure.paste(picture, (0, top))
        top += picture.height
    return figure


def fit(picture: Image.Image, largest: tuple[int, int] = PANEL) -> Image.Image:
    """Give the picture the size of a panel; the pixels of a small one stay visible squares."""
    scale = min(largest[0] / picture.width, largest[1] / picture.height)
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


def draw_channel(feature_map: np.ndarray) -> Image.Image:
    """Draw one feature map (h', w'), from its lowest value in black to its highest in white."""
    span = np.ptp(feature_map)
    return draw_values((feature_map - feature_map.min()) / (span if span > 0 else 1), "gray")


def draw_signed(signed: np.ndarray, limit: float) -> Image.Image:
    """Draw a signed map (h', w'): blue for -limit, white for 0, red for limit."""
    return draw_values(np.clip(signed / (2 * limit or 1) + 0.5, 0, 1), "RdBu_r")


def draw_values(values: np.ndarray, colormap: str) -> Image.Image:
    """Draw each value of an array (h', w') in [0, 1] as one pixel, 64 at most along a side."""
    picture = Image.fromarray(colorize(values, colormap))
    picture.thumbnail((64, 64), Image.Resampling.BOX)
    return picture


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


def signed_number(number: float) -> str:
    """Write a number with its sign and two digits, such as −0.0037."""
    return f"{number:+.2g}".replace("-", "−")
