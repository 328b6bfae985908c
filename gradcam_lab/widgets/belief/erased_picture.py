"""A picture of which cells are erased, one after the other: in a given order, or by hand."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageColor
from traitlets import Bool, Bytes, Float, Int, List, TraitError, Tuple, Unicode

from gradcam_lab import evidence
from gradcam_lab._language import say
from gradcam_lab.widgets import style
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.style import PANEL, stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget


class Gridded(Protocol):
    """Whose layer has a heatmap of cells."""

    layer: str

    def grid(self) -> tuple[int, int]:
        """Return how many rows and columns of cells the layer has."""


class Cells(Tuple):
    """Cells of the present layer's heatmap, each (row, column), in the order of the hand."""

    conversions: Mapping = {
        "to_control": lambda cells: [list(cell) for cell in cells],
        "to_trait": lambda pairs: tuple(tuple(pair) for pair in pairs),
    }

    def validate(self, explorer: Gridded, value: Iterable) -> tuple[tuple[int, int], ...]:
        """Validate the cells: the present layer has them, and none comes twice."""
        rows, columns = explorer.grid()
        try:
            cells = tuple((int(row), int(column)) for row, column in value)
        except (TypeError, ValueError) as error:
            raise TraitError(
                say("erased is {value}: give pairs such as [(0, 3), (1, 3)]", value=value)
            ) from error
        for row, column in cells:
            if not (0 <= row < rows and 0 <= column < columns):
                raise TraitError(
                    say(
                        "there is no cell ({row}, {column}): the heatmap of {layer} has rows "
                        "0 to {last_row} and columns 0 to {last_column}",
                        row=row,
                        column=column,
                        layer=explorer.layer,
                        last_row=rows - 1,
                        last_column=columns - 1,
                    )
                )
        return tuple(dict.fromkeys(cells))


class ErasedPicture(WholeWidget):
    """A picture with grey places: how far it is erased, the browser alone decides.

    Attributes
    ----------
    picture : bytes
        A file that browsers show.
    shape : tuple of int
        Rows and columns of cells.
    orders : list of list of (row, column)
        The cells in the orders in which they can be erased.
    counts : list of int
        How many are erased at each step.
    chosen : int
        Which of the orders; the number behind the last one stands for the hand.
    place : float
        The share of the cells that is erased, not by hand; the nearest step counts.
    erased : list of [row, column]
        What the hand has erased, in its order.
    description : str
        For somebody who cannot see the picture.
    disabled : bool
        Whether the hand cannot erase, since nobody is there to answer.
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))
    _css = stylesheet(Path(__file__).with_suffix(".css"))

    picture = Bytes().tag(sync=True)
    shape = Tuple((1, 1)).tag(sync=True)
    orders: List = List().tag(sync=True)
    counts: List = List([0]).tag(sync=True)
    chosen = Int(0).tag(sync=True)
    place = Float(0.0).tag(sync=True)
    erased: List = List().tag(sync=True)
    panel_size = Tuple(PANEL).tag(sync=True)
    description = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)


def draw_erased(picture: Image.Image, erased: np.ndarray) -> Image.Image:
    """Make the pixels of those cells grey that are true in a mask (h', w')."""
    pixels = np.asarray(picture.convert("RGB"))[np.newaxis]
    grey = np.array(ImageColor.getrgb(style.ERASED), np.uint8)
    return Image.fromarray(evidence.erase(pixels, erased[np.newaxis], grey)[0])
