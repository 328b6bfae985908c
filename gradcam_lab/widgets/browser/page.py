"""A widget as one page that opens anywhere, without a kernel and without any network."""

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from types import MappingProxyType

import ipywidgets as widgets
from ipywidgets.embed import dependency_state

from gradcam_lab._pictures import write_whole
from gradcam_lab.widgets.browser.scripts import BROWSER

NOTHING: Mapping[str, Mapping] = MappingProxyType({})


def write_page(
    widget: widgets.DOMWidget, path: str | Path, title: str, more: Mapping[str, Mapping] = NOTHING
) -> Path:
    """Write a page that shows a widget as it is now, whole or not at all.

    Whatever the widget needs in a browser is in the page: its state and that of all widgets that
    belong to it, their scripts, and the front end of ipywidgets with the licences of its parts.
    The page may not ask a network for anything.

    Parameters
    ----------
    widget : ipywidgets.DOMWidget
    path : str or Path
        The file; by custom it ends in ``.html``.
    title : str
        The page's heading, as plain text.
    more : dict of str to dict
        Values that some models have in the page alone: by the model's identifier, and by the name.
    """
    opener = (BROWSER / "page.js").read_text(encoding="utf-8")
    scripts = files("gradcam_lab").joinpath("assets", "page_scripts.js.gz").read_bytes()
    page = Template((BROWSER / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        scripts=as_text(scripts),
        state=as_text(gzip.compress(pack_state(widget, more), mtime=0)),
        opener=opener,
        sha256=as_text(hashlib.sha256(opener.encode()).digest()),
    )
    return write_whole(page.encode(), Path(path))


def pack_state(widget: widgets.DOMWidget, more: Mapping[str, Mapping] = NOTHING) -> bytes:
    """Return the state of a widget and of all that belong to it: JSON, then the binary values.

    No default is dropped, as the front end may have others. Equal binary values are there once.
    """
    models = dependency_state([widget], drop_defaults=False)
    places: dict[bytes, tuple[int, int]] = {}
    end = 0
    for identifier, model in models.items():
        binary = {
            tuple(each["path"]): base64.b64decode(each["data"]) for each in model.pop("buffers", [])
        }
        for name, value in more.get(identifier, {}).items():
            if isinstance(value, bytes):
                binary[name,] = value
            else:
                model["state"][name] = value
        model["paths"], model["places"] = list(binary), []
        for value in binary.values():
            if value not in places:
                places[value] = (end, end + len(value))
                end += len(value)
            model["places"].append(places[value])
    text = json.dumps({"shown": widget.model_id, "models": models})
    return text.encode() + b"\n" + b"".join(places)


def as_text(content: bytes) -> str:
    """Return bytes in Base64."""
    return base64.b64encode(content).decode()
