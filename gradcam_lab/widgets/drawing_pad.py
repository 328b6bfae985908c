"""A pad to draw digits on. What happens while somebody draws is in drawing_pad.js."""

from pathlib import Path

from traitlets import HasTraits, List

from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.controls import checked
from gradcam_lab.widgets.drawing import check_strokes
from gradcam_lab.widgets.whole_widget import WholeWidget

HERE = Path(__file__).parent


class Strokes(List):
    """A drawing: strokes, each a list of points [x, y] between 0 and 1."""

    def validate(self, owner: HasTraits, value: object) -> list:
        """Validate strokes, and return them as plain lists, to three decimals."""
        return checked(check_strokes, super().validate(owner, value))


class DrawingPad(WholeWidget):
    """A black square to draw on in white, with mouse, pen, finger or keys.

    The one trait `strokes` is all its state: setting it from Python is the same as drawing. What a
    pen that is still down has drawn, `drawing` has as well, in the browser alone.

    Parameters
    ----------
    strokes : list of strokes, default []
        A stroke is a list of points [x, y] between 0 and 1, y downwards, kept to three decimals.
        Assign a new list: a change inside the old one is not noticed.

    Examples
    --------
    >>> pad = DrawingPad(strokes=[[[0.5, 0.2], [0.5, 0.8]]])
    >>> pad.strokes = []  # clear it
    """

    _esm = join_modules(HERE / "drawing_pad.js")
    _css = HERE / "drawing_pad.css"

    strokes = Strokes(help="strokes, each a list of points [x, y] in [0, 1]").tag(sync=True)

    drawing: List = List(help="the strokes, and those under way").tag(sync=True)

    def __repr__(self) -> str:
        """Return the class and the number of strokes."""
        return f"DrawingPad({len(self.strokes)} strokes)"
