"""What an explorer shows where no widget is alive: figures, as pure functions of plain data.

Neither pyplot nor a reader's settings of matplotlib have a part in it: callbacks run in threads,
and these figures are on white paper whatever the reader's own look like. Sizes are in CSS pixels.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import ceil
from pathlib import Path
from textwrap import wrap
from threading import RLock
from typing import NamedTuple, TypedDict

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke
from matplotlib.textpath import text_to_path
from PIL import Image, ImageOps

from gradcam_lab._fonts import hangul_font
from gradcam_lab._pictures import encode_png, save_picture, to_picture, write_whole
from gradcam_lab.cam import to_heatmap
from gradcam_lab.overlay import colorize, resize_heatmap, superimpose
from gradcam_lab.widgets import style
from gradcam_lab.widgets.difference import difference_colormap, draw_difference
from gradcam_lab.widgets.equation import (
    Equation,
    draw_channel,
    draw_signed_maps,
    in_numbers,
    say_of_rest,
    signed_number,
)
from gradcam_lab.widgets.words import WORDS

PANELS = ("picture", "heatmap", "overlay")
SMALL_PANEL = (round(style.SMALL * style.PANEL[0]), round(style.SMALL * style.PANEL[1]))
PAGE = 1200  # width of a row, beyond which a comparison goes on in the next one
GAP = 14
LINE = 18  # height of a line of a title
NARROWEST_LETTER = 3
NARROWEST = 92  # a column: its title needs room
BAR = 14  # width of the colour bar; its numbers need as much again
INCH, POINT = 96, 96 / 72
FAMILIES = ["DejaVu Sans", *filter(None, [hangul_font()])]  # the first one comes with matplotlib
FONT = FontProperties(family=FAMILIES, size=13 / POINT)
LETTERING: dict = {"fontproperties": FONT, "color": style.INK, "parse_math": False, "usetex": False}
DRAWING = RLock()
VECTOR_FORMATS = (".pdf", ".svg")

LEVELS = (0.25, 0.5, 0.75)  # of a heatmap, where contour lines are drawn


class Look(TypedDict):
    """How picture and heatmap are shown, besides colours."""

    paper: bool
    contours: bool


class Panel(NamedTuple):
    """A picture, the title above it, and lines over it where a heatmap has some values."""

    title: str
    picture: Image.Image
    heatmap: np.ndarray = np.zeros((1, 1))
    values: Sequence[float] = ()


Row = Sequence[Panel | str]  # words stand between two panels


def explorer_figure(
    image: Image.Image | np.ndarray,
    heatmap: np.ndarray,
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
    panels: Sequence[str] = PANELS,
    above: Sequence[Row] = (),
    *,
    paper: bool = False,
    contours: bool = False,
) -> Figure:
    """Draw picture, heatmap and overlay side by side, with a colour bar from 0 to 1.

    The heatmap shows the cells of the layer's feature maps as they are; the overlay interpolates
    between them.

    Parameters
    ----------
    image : PIL.Image.Image or array
        In any form that `superimpose` takes.
    heatmap : array (h', w')
        In [0, 1].
    alpha, threshold : float
        Opacity of the heatmap, and the value below which it is hidden; 0 to 1.
    colormap : str
        Name of a colormap of matplotlib's.
    panels : sequence of {"picture", "heatmap", "overlay"}
        What is drawn.
    above : sequence of rows
        Titled pictures that come first, and signs between them.
    paper : bool
        Whether the picture is shown inverted: white ink on black as black ink on white.
    contours : bool
        Whether lines are drawn over the overlay where the heatmap is 0.25, 0.5 and 0.75.
    """
    picture = fit(as_shown(image, paper))
    rows, columns = heatmap.shape
    titled = {
        "picture": Panel(WORDS["picture"], picture),
        "heatmap": Panel(
            WORDS["cells"].format(rows=rows, columns=columns),
            draw_cells(heatmap, picture.size, colormap, threshold),
        ),
        "overlay": Panel(
            WORDS["alpha"].format(alpha=f"{alpha:.2f}"),
            draw_overlay(picture, heatmap, alpha, colormap, threshold),
            heatmap,
            lines_at(threshold) if contours else (),
        ),
    }
    return lay_out([*above, [titled[name] for name in panels]], colormap)


def comparison_figure(
    images: Sequence[Image.Image | np.ndarray],
    heatmaps: Sequence[np.ndarray],
    titles: Sequence[str],
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
    *,
    paper: bool = False,
    contours: bool = False,
) -> Figure:
    """Draw n titled pictures in a row, and below each one its overlay.

    As in `explorer_figure`, a heatmap (h', w') is in [0, 1].
    """
    pictures = [fit(as_shown(image, paper), SMALL_PANEL) for image in images]
    values = lines_at(threshold) if contours else ()
    overlays = [
        Panel("", draw_overlay(picture, heatmap, alpha, colormap, threshold), heatmap, values)
        for picture, heatmap in zip(pictures, heatmaps, strict=True)
    ]
    titled = [Panel(title, picture) for title, picture in zip(titles, pictures, strict=True)]
    pairs = zip(break_row(titled), break_row(overlays), strict=True)
    return lay_out([row for pair in pairs for row in pair], colormap)


def questions_figure(
    image: Image.Image | np.ndarray,
    heatmaps: Sequence[np.ndarray],
    titles: Sequence[str],
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
    differences: Sequence[np.ndarray] = (),
    *,
    paper: bool = False,
    contours: bool = False,
) -> Figure:
    """Draw one picture, and after it an overlay for each of n questions that it was asked.

    As in `explorer_figure`, a heatmap (h', w') is in [0, 1]. Behind heatmaps may come differences
    between heatmaps, with 0.5 for none.
    """
    picture, first = fit(as_shown(image, paper), SMALL_PANEL), len(heatmaps)
    values = lines_at(threshold) if contours else ()
    overlays = [
        Panel(title, draw_overlay(picture, each, alpha, colormap, threshold), each, values)
        for title, each in zip(titles[:first], heatmaps, strict=True)
    ]
    overlays += [
        Panel(title, draw_difference(picture, each, alpha))
        for title, each in zip(titles[first:], differences, strict=True)
    ]
    rows = break_row([Panel(WORDS["picture"], picture), *overlays])
    if differences:
        return lay_out(rows, difference_colormap(alpha), ("−1", "+1"))
    return lay_out(rows, colormap)


def anatomy_figure(
    equation: Equation,
    image: Image.Image | np.ndarray,
    alpha: float,
    colormap: str,
    threshold: float = 0.0,
    *,
    paper: bool = False,
    contours: bool = False,
) -> Figure:
    """Draw a sum of channels as an equation, and below it what it says of the picture.

    All others are as in `explorer_figure`.
    """
    side, maps = style.THUMBNAIL, draw_signed_maps(equation)
    terms: list[Panel | str] = []
    for i, (k, weight) in enumerate(zip(equation.channels, equation.weights, strict=True)):
        frame = style.FOR if weight > 0 else style.AGAINST
        picture = fit(draw_channel(equation.feature_maps[..., i]), (side, side))
        picture = fade(ImageOps.expand(picture, style.FRAME, frame), i < equation.added)
        title = WORDS["channel_title"].format(channel=k)
        terms += [Panel(f"{title}\n{signed_number(weight)} ·", picture), "+"]
    drawn = len(equation.channels)
    if equation.total > drawn:
        picture = fade(fit(maps["rest"], (side, side)), equation.added > drawn)
        terms += [Panel(f"… {say_of_rest(equation, 'more')}", picture), "="]
    titles = {
        "so_far": WORDS["signed_map"].format(channels=in_numbers("channels", equation.added)),
        "heatmap": WORDS["heatmap"],
        "whole": WORDS["whole_map"],
    }
    so_far, rectified, whole = (
        Panel(title, fit(maps[name], (2 * side, 2 * side))) for name, title in titles.items()
    )
    above: list[Row] = [terms[:-1], ["=", so_far, "→ ReLU →", rectified, whole]]
    heatmap = to_heatmap(equation.so_far[np.newaxis])[0]
    rows, look = [*above], (alpha, colormap, threshold)
    return explorer_figure(image, heatmap, *look, above=rows, paper=paper, contours=contours)


def picture_figure(image: Image.Image | np.ndarray) -> Figure:
    """Draw one picture alone, to its edges."""
    picture = fit(to_picture(image))
    figure = make_paper(*picture.size)
    add_picture(figure, picture, 0, 0)
    return figure


def to_png(figure: Figure) -> bytes:
    """Encode a figure."""
    return encode_png(to_pixels(figure))


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure to a file, whole or not at all; its ending chooses the format.

    Raises
    ------
    ValueError
        If the ending names no format of pictures.
    OSError
        If the file cannot be written; an older file of that name then stays as it was.
    """
    path = Path(path)
    if path.suffix.lower() not in VECTOR_FORMATS:
        return save_picture(to_pixels(figure), path)
    buffer = io.BytesIO()
    with without_warnings():
        figure.savefig(
            buffer,
            format=path.suffix[1:],
            facecolor="white",
            transparent=False,
            bbox_inches=figure.bbox_inches,
        )
    return write_whole(buffer.getvalue(), path)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Draw a class name in a script without a font as boxes, and say nothing about it.

    One at a time: two threads would restore each other's filters of warnings, and leave the process
    without any.
    """
    with DRAWING, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def to_pixels(figure: Figure) -> Image.Image:
    """Draw a figure."""
    canvas = FigureCanvasAgg(figure)
    with without_warnings():
        canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


# ---- Pictures


def as_shown(image: Image.Image | np.ndarray, paper: bool) -> Image.Image:
    """Return a picture, inverted if it is white ink on black and is to be on paper."""
    picture = to_picture(image)
    return ImageOps.invert(picture) if paper else picture


def fit(picture: Image.Image, largest: tuple[int, int] = style.PANEL) -> Image.Image:
    """Give a picture the size of a panel; the pixels of a small one stay visible squares."""
    scale = min(largest[0] / picture.width, largest[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(
        size, Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.LANCZOS
    )


def draw_overlay(
    picture: Image.Image, heatmap: np.ndarray, alpha: float, colormap: str, threshold: float
) -> Image.Image:
    """Draw a heatmap over a picture."""
    return Image.fromarray(superimpose(picture, heatmap, alpha, colormap, threshold))


def draw_cells(
    heatmap: np.ndarray, size: tuple[int, int], colormap: str, threshold: float
) -> Image.Image:
    """Draw each value of the heatmap as one rectangle, white where it is below the threshold."""
    colours = colorize(heatmap, colormap)
    colours = np.where(heatmap[..., np.newaxis] < threshold, np.uint8(255), colours)
    return Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)


def fade(picture: Image.Image, is_added: bool) -> Image.Image:
    """Make a picture faint if it has not been added yet."""
    paper = Image.new("RGB", picture.size, "white")
    return picture if is_added else Image.blend(paper, picture, style.WAITING)


# ---- Pictures and words on paper


def break_row(panels: Sequence[Panel]) -> list[Sequence[Panel]]:
    """Break a row that is wider than a page into several."""
    most = max(1, PAGE // (GAP + max(column_width(panel.picture) for panel in panels)))
    return [panels[first : first + most] for first in range(0, len(panels), most)]


def column_width(picture: Image.Image) -> int:
    """Return what a picture takes of a row, together with its title."""
    return max(picture.width, NARROWEST)


def lay_out(
    rows: Sequence[Row], colormap: str | Colormap, ends: tuple[str, str] = ("0", "1")
) -> Figure:
    """Set rows of titled pictures on white, flush left, and a colour bar beside the last one."""
    places, signs, width, top = [], [], 0, GAP
    for row in rows:
        panels = [each for each in row if isinstance(each, Panel)]
        titles = [break_title(panel.title, column_width(panel.picture)) for panel in panels]
        top += LINE * max(len(title.splitlines()) for title in titles)
        height = max(panel.picture.height for panel in panels)
        left, edge, title = GAP, 0, iter(titles)
        for each in row:
            if isinstance(each, str):
                left = max(left, edge + ceil(measure(each)) + 2 * GAP)
                signs.append((each, (edge + left) / 2, top + height / 2))
                continue
            places.append((each._replace(title=next(title)), left, top))
            edge = left + each.picture.width
            left += column_width(each.picture) + GAP
        width = max(width, left)
        top += height + GAP
    figure = make_paper(width + BAR + 2 * GAP, top)
    for words, x, y in signs:
        place = x / (width + BAR + 2 * GAP), 1 - y / top
        figure.text(*place, words, ha="center", va="center", **LETTERING)
    for panel, left, y in places:
        axes = add_picture(figure, panel.picture, left, y)
        if panel.values:
            add_contours(axes, resize_heatmap(panel.heatmap, panel.picture.size), panel.values)
        axes.set_title(panel.title, loc="left", y=1, pad=6 / POINT, **LETTERING)
    add_colour_bar(axes, colormap, ends)
    return figure


def break_title(title: str, width: int) -> str:
    """Break a title into lines that are no wider than `width`; a number stays with its %."""
    title = title.replace(" %", "\N{NO-BREAK SPACE}%")
    longest = min(len(title), width // NARROWEST_LETTER)
    with without_warnings():
        for most in range(max(1, longest), 0, -1):  # characters in a line
            lines = [line for part in title.splitlines() for line in wrap(part, most)]
            if all(measure(line) <= width for line in lines):
                break
    return "\n".join(lines)


@lru_cache(1000)
def measure(line: str) -> float:
    """Return the width of a line."""
    return text_to_path.get_text_width_height_descent(line, FONT, ismath=False)[0] * POINT


def make_paper(width: int, height: int) -> Figure:
    """Return an empty white figure."""
    size = width / INCH, height / INCH
    figure = Figure(size, dpi=style.DENSITY * INCH, facecolor="white")
    figure.set_layout_engine("none")
    return figure


def add_picture(figure: Figure, picture: Image.Image, left: int, top: int) -> Axes:
    """Draw a picture; each of its pixels becomes a square of whole pixels."""
    width, height = figure.get_size_inches() * INCH
    corner = left / width, 1 - (top + picture.height) / height
    axes = figure.add_axes((*corner, picture.width / width, picture.height / height))
    axes.imshow(picture, interpolation="none", aspect="auto", origin="upper")
    axes.set_axis_off()
    return axes


def lines_at(threshold: float) -> list[float]:
    """Return the values of a heatmap that lines are drawn at: those that are not hidden."""
    return [level for level in LEVELS if level >= threshold]


def add_contours(axes: Axes, heatmap: np.ndarray, values: Sequence[float]) -> None:
    """Draw dark lines with a light halo over a picture."""
    reached = [value for value in values if heatmap.min() < value <= heatmap.max()]
    if reached and min(heatmap.shape) > 1:
        halo = withStroke(linewidth=3.5 / POINT, foreground=(1, 1, 1, 0.8))
        lines = axes.contour(heatmap, reached, colors=["#222222"], linewidths=1.3 / POINT)
        lines.set_path_effects([halo])


def add_colour_bar(axes: Axes, colormap: str | Colormap, ends: tuple[str, str]) -> None:
    """Draw the colours from one end to the other beside a picture, as high as it is."""
    width = axes.bbox.width / style.DENSITY
    beside = axes.inset_axes((1 + GAP / width, 0, BAR / width, 1))
    bar = axes.figure.colorbar(ScalarMappable(Normalize(0, 1), colormap), cax=beside)
    bar.set_ticks([0, 1], labels=ends, **LETTERING)
    beside.grid(visible=False)  # a reader's settings may ask for one
    beside.tick_params(which="both", length=0, pad=4 / POINT)
    bar.outline.set_visible(False)
