"""The widgets of one page of the site, as one script, and large values in scripts of their own."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from gradcam_lab.widgets.browser.page import FRONT_END, Content
from tools.site.packed_scripts import name_of, write_script
from tools.site.snapshots import Snapshot

LARGE = 50_000  # bytes of a value that several pages may share
LONG = 1_000  # characters: so long are scripts and stylesheets, which many widgets share


class StateWriter:
    """Writes the scripts of all pages into one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        write_script(folder, "front_end", gzip.decompress(FRONT_END.read_bytes()))

    def write(self, page: str, snapshots: Sequence[Snapshot]) -> list[list[str]]:
        """Write a page's widgets; return the names of the scripts that each needs at once."""
        content = Content()
        widgets = [self._describe(snapshot, content) for snapshot in snapshots]
        write_script(self.folder, page, content.below({"widgets": widgets}))
        return [
            sorted({place for model in each["models"].values() for place in named(model["places"])})
            for each in widgets
        ]

    def _describe(self, snapshot: Snapshot, content: Content) -> dict:
        models = {
            identifier: self._describe_model(model, content)
            for identifier, model in snapshot.models.items()
        }
        later = {
            identifier: {
                "description": content.place(json.dumps(values["description"]).encode()),
                "pictures": self._place(values["pictures"], content),
                "network": self._place(values["network"], content),
                "megabytes": round(len(values["network"]) / 1e6),
            }
            for identifier, values in snapshot.later.items()
        }
        return {"shown": snapshot.shown, "models": models, "later": later}

    def _describe_model(self, model: dict, content: Content) -> dict:
        texts = {
            name: content.place(value.encode())
            for name, value in model["state"].items()
            if isinstance(value, str) and len(value) > LONG
        }
        state = {name: value for name, value in model["state"].items() if name not in texts}
        places = [self._place(value, content) for value in model["values"]]
        others = {name: value for name, value in model.items() if name not in ("state", "values")}
        return others | {"state": state, "texts": texts, "places": places}

    def _place(self, value: bytes, content: Content) -> tuple[int, int] | str:
        if len(value) < LARGE:
            return content.place(value)
        write_script(self.folder, name_of(value), value)
        return name_of(value)


def named(places: Sequence) -> list[str]:
    """Return those places that are scripts of their own."""
    return [place for place in places if isinstance(place, str)]
