"""A pad to draw digits on. What happens while somebody draws is in drawing_pad.js."""

from pathlib import Path

from traitlets import List, validate

from gradcam_lab.widgets.drawing import check_strokes
from gradcam_lab.widgets.whole_widget import WholeWidget
from gradcam_lab.widgets.wiring import refuse

HERE = Path(__file__).parent


class DrawingPad(WholeWidget):
    """A black square to draw on in white, with mouse, pen, finger or keys.

    The one trait `strokes` is all its state: setting it from Python is the same as drawing.

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

    _esm = HERE / "drawing_pad.js"
    _css = HERE / "drawing_pad.css"

    strokes = List(help="strokes, each a list of points [x, y] in [0, 1]").tag(sync=True)

    def __repr__(self) -> str:
        """Return the class and the number of strokes."""
        return f"DrawingPad({len(self.strokes)} strokes)"

    @validate("strokes")
    def _check_strokes(self, proposal: dict) -> list:
        return refuse(check_strokes, proposal)
