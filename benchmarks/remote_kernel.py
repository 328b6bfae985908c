"""A kernel that is reached through its Jupyter server, as a browser reaches it."""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager

import websocket


class CellError(RuntimeError):
    """A cell raised an error, which is the message."""


@contextmanager
def remote_kernel(url: str, token: str, timeout: float) -> Iterator["RemoteKernel"]:
    """Start a Python kernel on the server at `url`, and stop it at the end.

    Whoever is silent for `timeout` seconds, server or kernel, is given up.
    """

    def ask(method: str, address: str, content: bytes | None = None) -> bytes:
        headers = {"Authorization": f"token {token}"}
        request = urllib.request.Request(address, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read()

    kernels = f"{url}/api/kernels"
    in_root_folder = json.dumps({"name": "python3", "path": ""}).encode()
    address = f"{kernels}/{json.loads(ask('POST', kernels, in_root_folder))['id']}"
    channels = f"{address.replace('http', 'ws', 1)}/channels?token={token}"
    with closing(websocket.create_connection(channels, timeout=timeout)) as socket:
        yield RemoteKernel(socket)
    ask("DELETE", address)


class RemoteKernel:
    """A kernel at the other end of a socket."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket

    def run(self, code: str) -> str:
        """Run a cell, and return what it printed.

        Raises
        ------
        CellError
            If it ended with an error.
        websocket.WebSocketException, OSError
            If the server or the kernel is there no more.
        """
        request = uuid.uuid4().hex
        header = {"msg_id": request, "msg_type": "execute_request", "session": request}
        content = {"code": code, "silent": False, "allow_stdin": False}
        message = {"header": header, "content": content, "metadata": {}, "parent_header": {}}
        self._socket.send(json.dumps(message | {"channel": "shell"}))
        printed = []
        while True:
            kind, content = self._receive_answer(request)
            if kind == "stream":
                printed.append(content["text"])
            elif kind == "error":
                raise CellError(f"{content['ename']}: {content['evalue']}")
            elif kind == "status" and content["execution_state"] == "idle":
                return "".join(printed)

    def _receive_answer(self, request: str) -> tuple[str, dict]:
        """Return kind and content of the next message that a request has caused."""
        while True:
            message = self._socket.recv()
            if not message:
                raise websocket.WebSocketConnectionClosedException("the server closed the line")
            if isinstance(message, bytes):  # arrays on their way to a widget
                continue
            fields = json.loads(message)
            if fields["parent_header"].get("msg_id") == request:
                return fields["header"]["msg_type"], fields["content"]
