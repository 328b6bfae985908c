"""Count what a kernel sends to a page in bytes: pictures and heatmaps."""

import struct

from playwright.sync_api import Page, WebSocket

PARTS_BEFORE_BUFFERS = 6  # of a message: channel, four dictionaries, end


class Traffic:
    """Counts the bytes of the kernel's messages that carry buffers: pictures and heatmaps."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes) and struct.unpack("<Q", frame[:8])[0] > PARTS_BEFORE_BUFFERS:
            self.bytes += len(frame)
