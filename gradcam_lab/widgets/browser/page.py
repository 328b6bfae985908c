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
from typing import Any

import ipywidgets as widgets
from ipywidgets.embed import dependency_state

from gradcam_lab._language import language, mark, say
from gradcam_lab._pictures import write_whole
from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules

FRONT_END = files("gradcam_lab").joinpath("assets", "page_scripts.js.gz")  # of ipywidgets
WORDS = {  # of the page around the widget
    "opening": mark("The page is being opened."),
    "failure": mark("This page cannot be opened in this browser: {reason}"),
    "needs": mark("it needs Chrome 116, Firefox 124, Safari 17.4, or a later one"),
    "noscript": mark(
        "This page draws its pictures with JavaScript: allow it to run, and open the page again."
    ),
}
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
    opener = join_modules(BROWSER / "page.js")
    page = Template((BROWSER / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        language=language(),
        **{name: html.escape(say(text)) for name, text in WORDS.items()},
        scripts=as_text(FRONT_END.read_bytes()),
        state=as_text(gzip.compress(pack_state(widget, more), mtime=0)),
        opener=opener,
        sha256=as_text(hashlib.sha256(opener.encode()).digest()),
    )
    return write_whole(page.encode(), Path(path))


def pack_state(widget: widgets.DOMWidget, more: Mapping[str, Mapping] = NOTHING) -> bytes:
    """Return the state of a widget and of all that belong to it: JSON, then the binary values.

    Equal binary values are there once.
    """
    models, content = models_of(widget, more), Content()
    for model in models.values():
        model["places"] = [content.place(value) for value in model.pop("values")]
    return content.below({"shown": widget.model_id, "models": models})


def models_of(
    widget: widgets.DOMWidget, more: Mapping[str, Mapping] = NOTHING
) -> dict[str, dict[str, Any]]:
    """Return the models of a widget and of all that belong to it, by their identifiers.

    The binary values of each, ``"values"``, stand apart from its ``"state"``, with the ``"paths"``
    to where they belong. No default is dropped, as the front end may have others.
    """
    models = dependency_state([widget], drop_defaults=False)
    for identifier, model in models.items():
        binary = {
            tuple(each["path"]): base64.b64decode(each["data"]) for each in model.pop("buffers", [])
        }
        for name, value in more.get(identifier, {}).items():
            if isinstance(value, bytes):
                binary[name,] = value
            else:
                model["state"][name] = value
        model["paths"], model["values"] = list(binary), list(binary.values())
    return models


class Content:
    """Binary values one behind the other, equal ones once."""

    def __init__(self) -> None:
        self._places: dict[bytes, tuple[int, int]] = {}
        self._end = 0

    def place(self, value: bytes) -> tuple[int, int]:
        """Return where a value begins and ends; it is added if it is new."""
        if value not in self._places:
            self._places[value] = (self._end, self._end + len(value))
            self._end += len(value)
        return self._places[value]

    def below(self, state: Mapping[str, Any]) -> bytes:
        """Return one line of JSON, which may name places, and below it the values."""
        return json.dumps(state).encode() + b"\n" + b"".join(self._places)


def as_text(content: bytes) -> str:
    """Return bytes in Base64."""
    return base64.b64encode(content).decode()
