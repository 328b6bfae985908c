"""The half of an explorer that lives in the browser, and what it needs to answer without a kernel.

What happens there is in browser_half.js.
"""

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
from traitlets import Bool, Dict, Instance, List, Tuple, Unicode

from gradcam_lab.widgets.browser.network import NotInBrowser
from gradcam_lab.widgets.browser.pack import Packed
from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules
from gradcam_lab.widgets.browser.shared_bytes import SharedBytes, give_back, take
from gradcam_lab.widgets.style import stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget

SCRIPT, WORKER = (join_modules(BROWSER / name) for name in ("browser_half.js", "worker.js"))


class BrowserHalf(WholeWidget):
    """Follows an explorer's controls in the browser, and answers there if it can.

    Attributes
    ----------
    controls : dict of str to Widget
        The control of each trait that is asked, and of the colormap.
    views : list of HeatmapView
    texts : dict of str to HTML
        Where words and small pictures go: ``"caption"``, ``"message"``, ``"bars"`` ...
    facts : dict
        What does not change. Of every explorer the ``"kind"`` (picture, pictures, methods, targets
        or anatomy; deletion and randomization are not answered here), the traits that are
        ``"asked"``, the ``"words"`` to fill, names of classes, layers and methods. Where there are
        answers, ``"columns"``: for each view the class or method that it is fixed to. Of some the
        ``"labels"`` of the pictures, how many ``"channels"`` each layer has, the colours of signed
        maps (``"diverging"``), and what ``"files"`` are taken.
    network, pictures : SharedBytes or None
        None: the kernel answers.
    description : dict
        What the two consist of; an empty dict where there are none.
    indices : tuple of int
        Which pictures a comparison shows: it has no control.
    answers : bool
        Whether the browser answers. It says so itself, when it has tried the network.
    reason : str
        Why it cannot.
    """

    _esm = SCRIPT
    _css = stylesheet(Path(__file__).parents[1] / "explorer.css")  # of the whole explorer

    worker = Unicode(WORKER).tag(sync=True)
    controls = Dict().tag(sync=True, **widgets.widget_serialization)
    views: List = List().tag(sync=True, **widgets.widget_serialization)
    texts = Dict().tag(sync=True, **widgets.widget_serialization)
    facts = Dict().tag(sync=True)
    network = Instance(SharedBytes, allow_none=True).tag(sync=True, **widgets.widget_serialization)
    pictures = Instance(SharedBytes, allow_none=True).tag(sync=True, **widgets.widget_serialization)
    description = Dict().tag(sync=True)
    indices = Tuple().tag(sync=True)
    answers = Bool(False).tag(sync=True)
    reason = Unicode().tag(sync=True)

    def give(self, pack: Callable[[], Packed]) -> None:
        """Send network and pictures as they are now, or note why the browser cannot have them."""
        taken = self.network, self.pictures
        network, pictures, description, reason = None, None, {}, ""
        try:
            packed = pack()
            network, pictures = take(packed.network), take(packed.pictures)
            description = packed.description
        except Exception as error:  # whatever it is, the kernel answers
            reason = str(error)
        if self.answers and network is None:  # what the browser has drawn, Python does not know
            for widget in (*self.views, *self.texts.values()):
                widget.send_state()
        with self.hold_sync():
            self.network, self.pictures = network, pictures
            self.description, self.reason = description, reason
            self.answers = self.answers and self.network is not None
        for shared in taken:
            if shared is not None:
                give_back(shared)

    def for_page(
        self, whole: Callable[[], Packed], record: Callable[[], Packed], network: bool | None
    ) -> dict[str, dict]:
        """Return by model what a saved page needs besides the state as it is.

        Parameters
        ----------
        whole, record : callable
            Pack the network, and answers that it has given.
        network : bool or None
            Whether the page has the network; None: whatever is smaller, if any can be had.
        """
        if self.network is not None and network is not False:
            return {}
        choices = {None: (whole, record), True: (whole,), False: (record,)}[network]
        packed = []
        for pack in choices:
            try:
                packed.append(pack())
            except NotInBrowser:
                if network is not None:
                    raise
        if not packed:
            return {}
        smallest = min(packed, key=lambda each: len(each.network))
        return {self.model_id: smallest._asdict()}

    def close(self) -> None:
        """Give back what was taken."""
        self.unobserve_all()
        self.answers = False
        super().close()
        self.give(_nothing)


def _nothing() -> Packed:
    raise NotInBrowser("this explorer was closed")
