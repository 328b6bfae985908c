"""What a widget shows at each place of a slider, recorded for pages without a kernel."""

from pathlib import Path

import ipywidgets as widgets
from traitlets import Instance, Int, List

from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.whole_widget import WholeWidget


class Recording(WholeWidget):
    """Moves another widget in the browser, but only where no kernel does it.

    Attributes
    ----------
    follower : Widget
        What is moved.
    moments : list of dict
        The traits that it gets at each place.
    place : int
        Where the slider stands.
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))

    follower = Instance(widgets.Widget).tag(sync=True, **widgets.widget_serialization)
    moments: List = List().tag(sync=True)
    place = Int(0).tag(sync=True)
