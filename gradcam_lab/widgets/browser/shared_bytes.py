"""Bytes that several widgets need in the browser: weights, pictures. They travel once."""

from hashlib import sha256

from traitlets import Bytes

from gradcam_lab.widgets.whole_widget import WholeWidget


class SharedBytes(WholeWidget):
    """Bytes in the browser, for whoever took them; gone when everybody has given them back."""

    _esm = "export default {};"  # it does nothing, but a plain Widget loses bytes when it is saved

    content = Bytes().tag(sync=True)
    users = 0


_SHARED: dict[bytes, SharedBytes] = {}


def take(content: bytes) -> SharedBytes:
    """Return the widget that has this content; it travels if it is new."""
    key = sha256(content).digest()
    if key not in _SHARED:
        _SHARED[key] = SharedBytes(content=content)
    _SHARED[key].users += 1
    return _SHARED[key]


def give_back(shared: SharedBytes) -> None:
    """Say that one of those who took it needs it no more."""
    shared.users -= 1
    if shared.users == 0:
        del _SHARED[sha256(shared.content).digest()]
        shared.layout.close()
        shared.close()
