"""A slow line delays what passes, by the time that it says, and changes nothing else."""

import random
import socket
import time
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from tools.browser.slow_line import AT_ONCE, LOOPBACK, slow_line

ROUND_TRIP = 0.3
LATE = 0.15  # seconds by which a busy machine may be late
MANY = random.Random(0).randbytes(100 * AT_ONCE)


class Echo(BaseRequestHandler):
    def handle(self) -> None:
        while part := self.request.recv(AT_ONCE):
            self.request.sendall(part)
        self.server.ended += 1


@pytest.fixture
def server() -> Iterator[ThreadingTCPServer]:
    with ThreadingTCPServer((LOOPBACK, 0), Echo) as server:
        server.daemon_threads = True
        server.ended = 0
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def line(server):
    with slow_line(server.server_address[1], ROUND_TRIP) as line:
        yield line


@pytest.fixture
def connect(line):
    sockets = []

    def connect():
        sockets.append(socket.create_connection((LOOPBACK, line.port), timeout=10))
        return sockets[-1]

    yield connect
    for each in sockets:
        each.close()


def receive(connection, length):
    received = b""
    while len(received) < length and (part := connection.recv(AT_ONCE)):
        received += part
    return received


def seconds_of_an_echo(connection, content=b"a key was pressed"):
    start = time.monotonic()
    Thread(target=connection.sendall, args=[content]).start()
    assert receive(connection, len(content)) == content
    return time.monotonic() - start


def test_answer_comes_a_round_trip_later(connect):
    connection = connect()
    for _ in range(3):
        assert ROUND_TRIP <= seconds_of_an_echo(connection) < ROUND_TRIP + LATE


def test_many_bytes_come_through_unchanged_and_are_on_their_way_together(connect):
    assert seconds_of_an_echo(connect(), MANY) < ROUND_TRIP + 5 * LATE


def test_one_connection_does_not_wait_for_another(connect):
    connections = [connect() for _ in range(5)]
    start = time.monotonic()
    for connection in connections:
        connection.sendall(b"?")
    assert [receive(connection, 1) for connection in connections] == [b"?"] * 5
    assert time.monotonic() - start < ROUND_TRIP + LATE


def test_round_trip_can_change_while_a_connection_lasts(connect, line):
    connection = connect()
    line.round_trip = 0
    assert seconds_of_an_echo(connection) < LATE
    line.round_trip = ROUND_TRIP
    assert seconds_of_an_echo(connection) >= ROUND_TRIP


def test_who_hangs_up_is_heard_on_the_other_side(connect, server):
    connection = connect()
    connection.sendall(b"last words")
    connection.shutdown(socket.SHUT_WR)
    assert receive(connection, 11) == b"last words"
    assert server.ended == 1


def test_line_that_ends_hangs_up(server):
    with slow_line(server.server_address[1], 0) as line:
        connection = socket.create_connection((LOOPBACK, line.port), timeout=10)
        seconds_of_an_echo(connection)
    with connection:
        assert connection.recv(1) == b""


def test_nobody_at_the_other_end_is_a_connection_that_ends():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        nobody = probe.getsockname()[1]
    with (
        slow_line(nobody, 0) as line,
        socket.create_connection((LOOPBACK, line.port), timeout=10) as connection,
    ):
        assert connection.recv(1) == b""
