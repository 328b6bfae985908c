"""What all widgets of this package share: an exported page takes their state whole."""

import anywidget
from traitlets import Dict, default

from gradcam_lab._language import for_browser


class WholeWidget(anywidget.AnyWidget):
    """A widget whose state is saved with its defaults, which nothing but Python knows.

    Attributes
    ----------
    language : dict
        The ``"code"`` of the language in which it was made, and the ``"words"`` of its script in
        that language, by their English.
    """

    language = Dict().tag(sync=True)

    @default("language")
    def _speak(self) -> dict:
        return for_browser(self._esm)

    def _get_embed_state(self, drop_defaults: bool = False) -> dict:
        """Return the state for an exported page; no default is dropped."""
        return super()._get_embed_state()

    def update(self, **traits: object) -> None:
        """Set several traits in one message to the browser."""
        with self.hold_sync():
            for name, value in traits.items():
                self.set_trait(name, value)
