"""A slow line to a server on this machine: all that passes comes later, and as much of it."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread

LOOPBACK = "127.0.0.1"
AT_ONCE = 1 << 16  # bytes that are read at once


class SlowLine:
    """A port that leads to a server's; `round_trip` (seconds) can be set at any time."""

    def __init__(self, server_port: int, round_trip: float) -> None:
        self.round_trip = round_trip
        self.port = 0  # until it is open
        self._server_port = server_port

    async def serve(self, is_open: Event) -> None:
        """Carry all that comes, until the line is closed."""
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connect, LOOPBACK, 0)
        self.port = server.sockets[0].getsockname()[1]
        is_open.set()
        await self._end.wait()
        server.close()

    def close(self) -> None:
        """Hang up, from any thread."""
        self._loop.call_soon_threadsafe(self._end.set)

    async def _connect(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError), closing(to_near):  # either side hangs up
            far, to_far = await asyncio.open_connection(LOOPBACK, self._server_port)
            with closing(to_far):
                await asyncio.gather(self._carry(near, to_far), self._carry(far, to_near))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Read and write side by side, so that whatever has left is on its way at once."""
        on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def depart() -> None:
            part = None
            while part != b"":
                part = await source.read(AT_ONCE)
                on_its_way.put_nowait((self._loop.time() + self.round_trip / 2, part))

        async def arrive() -> None:
            part = None
            while part != b"":
                due, part = await on_its_way.get()
                await asyncio.sleep(due - self._loop.time())
                sink.write(part)
                await sink.drain()
            sink.write_eof()

        await asyncio.gather(depart(), arrive())


@contextmanager
def slow_line(server_port: int, round_trip: float) -> Iterator[SlowLine]:
    """Open a line to a port of this machine, and hang up at the end."""
    line, is_open = SlowLine(server_port, round_trip), Event()
    thread = Thread(target=lambda: asyncio.run(line.serve(is_open)))
    thread.start()
    is_open.wait()
    try:
        yield line
    finally:
        line.close()
        thread.join()
