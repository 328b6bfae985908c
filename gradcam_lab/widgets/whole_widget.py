"""What all widgets of this package share: an exported page takes their state whole."""

import anywidget


class WholeWidget(anywidget.AnyWidget):
    """A widget whose state is saved with its defaults, which nothing but Python knows."""

    def _get_embed_state(self, drop_defaults: bool = False) -> dict:
        """Return the state for an exported page; no default is dropped."""
        return super()._get_embed_state()

    def update(self, **traits: object) -> None:
        """Set several traits in one message to the browser."""
        with self.hold_sync():
            for name, value in traits.items():
                self.set_trait(name, value)
