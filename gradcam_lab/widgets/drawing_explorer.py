"""A digit that is drawn by hand, and explained whenever the pen is lifted."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import List, validate

from gradcam_lab._checks import input_shape
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import GradCAM
from gradcam_lab.widgets import figures
from gradcam_lab.widgets.drawing import FIELD, Strokes, check_strokes, to_digit
from gradcam_lab.widgets.drawing_pad import DrawingPad
from gradcam_lab.widgets.explanations import Request
from gradcam_lab.widgets.explorer_base import HeatmapExplorer
from gradcam_lab.widgets.picture_explorer import PictureExplorer
from gradcam_lab.widgets.wiring import GROUPS, keep_equal, refuse


class DrawingExplorer(PictureExplorer):
    """A pad to draw a digit on, and what the network makes of it.

    The drawing is normalised as MNIST's digits were: see `drawing.to_digit`.

    Parameters
    ----------
    model : keras.Model or GradCAM
        A classifier of digits (n, 28, 28, 1) in [0, 1].
    strokes : sequence of strokes, optional
        What is on the pad at first.
    class_names : sequence of str, optional
        The names of the model's classes; by default numbers.

    Attributes
    ----------
    strokes : list
        The drawing: a stroke is a list of points [x, y] between 0 and 1, y downwards. Set a new
        list; a change inside the old one is not noticed.
    layer, target, method, same_scale, alpha, colormap, threshold, swipe
        As in `GradCAMExplorer`.

    Raises
    ------
    ValueError
        If the model takes pictures of another size.
    """

    strokes = List(help="strokes of the pen, each a list of points [x, y] in [0, 1]")
    state = ("strokes", *HeatmapExplorer.state)
    panels = ("picture", "overlay")

    def __init__(
        self,
        model: keras.Model | GradCAM,
        *,
        strokes: Strokes = (),
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(model, class_names)
        shape = input_shape(self._engine.model)
        if shape != (FIELD, FIELD, 1):
            raise ValueError(f"the model takes pictures {shape}: give one that takes (28, 28, 1)")
        self.add_class("gradcam-drawing")
        self.strokes = list(strokes)
        self._pad = DrawingPad()
        keep_equal(self, "strokes", self._pad, "strokes")
        self._view.layout.flex = "1 1 300px"
        self._redraw()
        self._arrange()
        self.children = [widgets.HBox([self._pad, self._view], layout=GROUPS), *self.children[1:]]

    def __repr__(self) -> str:
        """Return the class and the number of strokes."""
        return f"DrawingExplorer({len(self.strokes)} strokes, target={self.target!r})"

    def _requests(self) -> list[Request]:
        return super()._requests() if self.strokes else []

    def _show(self) -> str:
        self._view.layout.visibility = "visible" if self.strokes else "hidden"
        if self.strokes:
            return super()._show()
        self._caption.value, self._bars.value = "Draw a digit on the pad.", ""
        return ""

    def _figure(self) -> Figure:
        return super()._figure() if self.strokes else figures.picture_figure(to_digit(()))

    def _picture(self) -> tuple:
        return tuple(tuple(tuple(point) for point in stroke) for stroke in self.strokes)

    def _image(self, strokes: tuple) -> np.ndarray:
        return to_digit(strokes)

    @validate("strokes")
    def _check_strokes(self, proposal: dict) -> list:
        return refuse(check_strokes, proposal)
