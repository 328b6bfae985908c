"""A digit that is drawn by hand, and explained whenever the pen is lifted."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from gradcam_lab._checks import PREDICTED, input_shape
from gradcam_lab._language import say
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.methods import METHODS
from gradcam_lab.widgets import figures
from gradcam_lab.widgets.controls import Choice, SameScale, Swipe, Target, keep_equal
from gradcam_lab.widgets.drawing import FIELD, to_digit
from gradcam_lab.widgets.drawing_pad import DrawingPad, Strokes
from gradcam_lab.widgets.explorer import OnePicture
from gradcam_lab.widgets.explorer_base import Explorer
from gradcam_lab.widgets.words import WORDS


class DrawingExplorer(Explorer):
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

    strokes = Strokes(help="strokes of the pen, each a list of points [x, y] in [0, 1]")
    target = Target()
    method = Choice("method", tuple(METHODS))
    same_scale = SameScale()
    swipe = Swipe()
    asked = ("strokes", "layer", "target", "method", "same_scale")
    drawn = (*Explorer.drawn, "swipe")

    def __init__(
        self,
        model: keras.Model | GradCAM,
        *,
        strokes: Sequence = (),
        class_names: Sequence[str] | None = None,
    ) -> None:
        self._one = OnePicture(panels=("picture", "overlay"))
        super().__init__(model, class_names, [self._one.view], image_of=to_digit)
        shape = input_shape(self.engine.model)
        if shape != (FIELD, FIELD, 1):
            raise ValueError(
                say(
                    "the model takes pictures {shape}: give one that takes (28, 28, 1)", shape=shape
                )
            )
        self.add_class("gradcam-explorer")
        self.add_class("gradcam-drawing")
        self.strokes = list(strokes)
        self._pad = DrawingPad()
        keep_equal(self, "strokes", self._pad, "strokes")
        self.controls["strokes"] = self._pad
        parts = self._one.parts(self, beside=self._pad)
        self._put_on_page(parts, {}, kind="picture", columns=[{}])

    def __repr__(self) -> str:
        """Return the class and the number of strokes."""
        return f"DrawingExplorer({len(self.strokes)} strokes, target={self.target!r})"

    @property
    def explanation(self) -> Explanation:
        """The explanation of the drawing, a batch of one, at all layers."""
        return self._ask(lambda: self.explanation_of(self._drawing(), self.target, self.method))

    def _drawing(self) -> tuple:
        return tuple(tuple(tuple(point) for point in stroke) for stroke in self.strokes)

    def _show(self) -> None:
        self._one.view.layout.visibility = "visible" if self.strokes else "hidden"
        if self.strokes:
            self._one.show(self, self._drawing())
        else:
            self.target = None  # the next digit may be another one
            self.caption.value = WORDS["draw"]
            self.show_bars(np.empty(0), PREDICTED)

    def _figure(self) -> Figure:
        if not self.strokes:
            return figures.picture_figure(to_digit(()))
        return self._one.figure(self, self._drawing())
