"""Curves, a band to compare them with, and one place on them: in the browser, and as a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from traitlets import Dict, Float, Int, List, Unicode

from gradcam_lab.widgets import style
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.figures import LETTERING, Panel, break_title, lay_out
from gradcam_lab.widgets.style import stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget

GREY = "#888888"  # stands out from light and from dark pages
DASHES = ("--", ":", "-.")  # of the curves that are not chosen
AREA = (640, 200)  # of a figure, in CSS pixels, ...
INSIDE = (0.08, 0.2, 0.58, 0.65)  # ... and of that, what the axes take; beside them are words
WORD = 160  # width of a line of these


class CurvePlot(WholeWidget):
    """Curves over one axis; the place that is marked moves in the browser, without the kernel.

    Attributes
    ----------
    curves : list of dict
        Each has a ``"name"``, numbers ``"x"`` and ``"y"`` (None where there is no value), and
        perhaps ``"words"`` about each point. Those that are not chosen are drawn, too, if
        ``"always"`` is true. Wherever the `place` is, one is marked ``"at_end"`` if that is true.
    band : dict
        A ``"name"``, numbers ``"x"``, and between which others (``"low"``, ``"high"``) the band
        lies; empty where there is none.
    chosen : int
        Which curve stands out, and has the word.
    place : float
        The mark stands at the point of the chosen curve that is nearest to it.
    x_label, y_label : str
    x_ticks, y_ticks : list of (number, str)
        From the first tick to the last go the axes.
    description : str
        For somebody who cannot see the curves.
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))
    _css = stylesheet(Path(__file__).with_suffix(".css"))

    curves: List = List().tag(sync=True)
    band: Dict = Dict().tag(sync=True)
    chosen = Int(0).tag(sync=True)
    place = Float(0.0).tag(sync=True)
    x_label = Unicode().tag(sync=True)
    y_label = Unicode().tag(sync=True)
    x_ticks: List = List().tag(sync=True)
    y_ticks: List = List().tag(sync=True)
    description = Unicode().tag(sync=True)


def curve_of(
    name: str, x: Sequence | np.ndarray, y: Sequence | np.ndarray, words: Sequence[str] = ()
) -> dict:
    """Return a curve as a plot takes it; NaN is no value."""
    values = [None if np.isnan(each) else float(each) for each in y]
    numbers = [float(each) for each in x]
    return {"name": name, "x": numbers, "y": values, "words": list(words)}


def place_on(curve: Mapping, place: float) -> int:
    """Return which point of a curve is marked."""
    return -1 if curve.get("at_end") else int(np.argmin(np.abs(np.subtract(curve["x"], place))))


def figure_with_curves(
    plot: CurvePlot, chosen: int, place: float, panels: Sequence[Panel], colormap: str
) -> Figure:
    """Draw what a plot shows, and below it titled pictures with a colour bar."""
    figure = lay_out([[Panel("", Image.new("RGB", AREA, "white"))], panels], colormap)
    draw_curves(figure.axes[0].inset_axes(INSIDE), plot, chosen, place)
    return figure


def draw_curves(axes: Axes, plot: CurvePlot, chosen: int, place: float) -> None:
    """Draw what a plot shows into axes of matplotlib's."""
    main = plot.curves[chosen]
    at = main["x"][place_on(main, place)]
    if plot.band:
        between = (plot.band[name] for name in ("x", "low", "high"))
        axes.fill_between(*between, color=GREY, alpha=0.5, linewidth=0, label=plot.band["name"])
    axes.axvline(at, color=GREY, linewidth=1)
    for i, curve in enumerate(plot.curves):
        if i != chosen and not curve.get("always"):
            continue
        colour = style.ACCENT if i == chosen else GREY
        dashes, width = ("-", 2.2) if i == chosen else (DASHES[i % len(DASHES)], 1.5)
        x, y = curve["x"], np.array(curve["y"], float)
        axes.plot(x, y, color=colour, ls=dashes, lw=width, label=break_title(curve["name"], WORD))
        if at in x:
            axes.plot(at, y[x.index(at)], "o", color=colour, clip_on=False)
    for ticks, show in ((plot.x_ticks, axes.set_xticks), (plot.y_ticks, axes.set_yticks)):
        numbers, names = zip(*ticks, strict=True)
        show(numbers, labels=names, **LETTERING)
    axes.set_xlim(plot.x_ticks[0][0], plot.x_ticks[-1][0] or 1)
    axes.set_ylim(plot.y_ticks[0][0], plot.y_ticks[-1][0])
    axes.set_xlabel(plot.x_label, **LETTERING)
    axes.set_title(plot.y_label, loc="left", **LETTERING)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.02, 0.5),
        frameon=False,
        prop=LETTERING["fontproperties"],
        labelcolor=style.INK,
    )
