"""What all widgets of this package share: an exported page takes their state whole."""

import anywidget


class WholeWidget(anywidget.AnyWidget):
    """A widget whose state is saved with its defaults, which nothing but Python knows."""

    def get_state(self, key: object = None, drop_defaults: bool = False) -> dict:
        """Return the state, or the part of it that `key` names; no default is dropped."""
        return super().get_state(key)
