"""What a browser knows of a kernel: its messages, and the state of its widgets."""

import json
import uuid
from dataclasses import dataclass, field

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

PROTOCOL = "v1.kernel.websocket.jupyter.org"  # the one that JupyterLab speaks
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
EXPLORER = "lab.GradCAMExplorer("  # what the cell says that shows the explorer
REFERENCE = "IPY_MODEL_"


@dataclass
class Message:
    """A message from or to a kernel."""

    channel: str
    kind: str
    content: dict
    parent: str = ""  # the message that it answers
    buffers: list[bytes] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def encode(self, session: str, subshell: str | None = None) -> bytes:
        """Write the message as JupyterLab sends it."""
        header = {
            "msg_id": self.id,
            "msg_type": self.kind,
            "session": session,
            "username": "",
            "date": "",
            "version": "5.4",
        }
        if subshell:
            header["subshell_id"] = subshell
        parts = [json.dumps(part).encode() for part in (header, {}, {}, self.content)]
        return serialize_msg_to_ws_v1([*parts, *self.buffers], self.channel)

    @classmethod
    def decode(cls, data: bytes) -> "Message":
        """Read a message as JupyterLab receives it."""
        channel, (header, parent, _metadata, content, *buffers) = deserialize_msg_from_ws_v1(data)
        header = json.loads(header)
        parent = json.loads(parent).get("msg_id", "")
        kind, content = header["msg_type"], json.loads(content)
        return cls(channel, kind, content, parent, buffers, header["msg_id"])


class Widgets:
    """The widgets of a kernel, as its messages have told of them: `models` has each one's state."""

    def __init__(self) -> None:
        self.models: dict[str, dict] = {}

    def hear(self, message: Message) -> None:
        """Take what a message says about a widget; buffers are not kept."""
        data = message.content.get("data", {})
        if message.kind == "comm_open" or (
            message.kind == "comm_msg" and data.get("method") == "update"
        ):
            self.models.setdefault(message.content["comm_id"], {}).update(data["state"])

    def find(self, root: str, dom_class: str) -> str:
        """Return the one widget with a DOM class among a widget and those inside of it."""
        (found,) = [
            name
            for name in self._all_in(root)
            if dom_class in self.models[name].get("_dom_classes", ())
        ]
        return found

    def _all_in(self, root: str) -> list[str]:
        children = self.models[root].get("children", ())
        inside = [self._all_in(child.removeprefix(REFERENCE)) for child in children]
        return [root, *(name for names in inside for name in names)]


def set_value(widget: str, value: object) -> Message:
    """Return the message that a browser sends when a hand has moved a control."""
    data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    return Message("shell", "comm_msg", {"comm_id": widget, "data": data})


def new_picture(message: Message, view: str) -> bytes | None:
    """Return the picture of a view that a message changes, or None if it changes none."""
    data = message.content.get("data", {})
    if message.content.get("comm_id") != view or data.get("method") != "update":
        return None
    names = [path[0] for path in data["buffer_paths"]]
    return bytes(message.buffers[names.index("picture")]) if "picture" in names else None


def shown_widget(message: Message) -> str | None:
    """Return the widget that an output shows, or None if it shows none."""
    view = message.content.get("data", {}).get(WIDGET_VIEW)
    return view["model_id"] if view else None
