"""Widgets as they are at one moment, kept for the site: taken in the process that has them."""

import pickle
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
from ipywidgets.widgets.widget import _instances

from gradcam_lab.widgets.browser.pack import LARGEST_NETWORK
from gradcam_lab.widgets.browser.page import models_of
from gradcam_lab.widgets.explorer_base import Explorer


class Snapshot(NamedTuple):
    """A widget, and what its page needs.

    Attributes
    ----------
    shown : str
        The identifier of its model.
    models : dict
        What `models_of` returns.
    later : dict
        By model, what it gets only when the reader asks for it: a large network.
    """

    shown: str
    models: dict[str, dict[str, Any]]
    later: dict[str, dict[str, Any]]


_TAKEN: list[Snapshot] = []  # in the lesson that this process runs


def take_snapshot(widget: widgets.DOMWidget) -> Snapshot:
    """Return a widget as it is now, with a network where its page can have one."""
    more = {}
    if isinstance(widget, Explorer) and widget.answered_by_browser:  # others play back
        more = widget.values_for_page(network=True)
    later = {
        identifier: values
        for identifier, values in more.items()
        if len(values["network"]) > LARGEST_NETWORK
    }
    now = {identifier: more[identifier] for identifier in more.keys() - later.keys()}
    return Snapshot(widget.model_id, models_of(widget, now), later)


def keep_snapshot(identifier: str) -> None:
    """Note the widget of a model as it is now: for a hidden cell of a lesson."""
    _TAKEN.append(take_snapshot(_instances[identifier]))


def save_snapshots(path: str) -> None:
    """Write all that were noted, equal values once: for a hidden cell at the end of a lesson."""
    known: dict[bytes, bytes] = {}
    for snapshot in _TAKEN:
        for model in snapshot.models.values():
            model["values"] = [known.setdefault(value, value) for value in model["values"]]
        for values in snapshot.later.values():
            for name in ("network", "pictures"):
                values[name] = known.setdefault(values[name], values[name])
    Path(path).write_bytes(pickle.dumps([tuple(each) for each in _TAKEN]))


def read_snapshots(path: Path) -> list[Snapshot]:
    """Read what `save_snapshots` wrote."""
    return [Snapshot(*each) for each in pickle.loads(path.read_bytes())]
