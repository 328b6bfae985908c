"""The classes as bars: how likely the network finds each, and a click asks about one."""

from collections.abc import Sequence
from pathlib import Path

from traitlets import Bool, Bytes, Int, Tuple

from gradcam_lab._checks import PREDICTED
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.style import stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget


class ClassBars(WholeWidget):
    """A class to choose, by its bar or by its name.

    Up to twelve classes have a bar each, always in the same place. Of more there are the five
    likeliest, and a field that finds the others by any part of their names.

    Parameters
    ----------
    class_names : sequence of str

    Attributes
    ----------
    value : int
        The class that is asked about; -1 is the predicted one.
    probabilities : bytes
        float32, one for each class; empty where several pictures are asked about.
    explained, label : int
        The class that is explained, and the true one; -1 where there is none.
    disabled : bool
        Whether nobody is there to answer.
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))
    _css = stylesheet(Path(__file__).with_suffix(".css"))

    class_names = Tuple().tag(sync=True)
    value = Int(PREDICTED).tag(sync=True)
    probabilities = Bytes().tag(sync=True)
    explained = Int(PREDICTED).tag(sync=True)
    label = Int(-1).tag(sync=True)
    disabled = Bool(False).tag(sync=True)

    def __init__(self, class_names: Sequence[str]) -> None:
        super().__init__(class_names=tuple(class_names))
