"""A server on this machine that sends one file, as faultily as a test wants it."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

TO_GO_ON = 120  # seconds, so that a client that waits in vain does not wait forever
CONTENT = random.Random(0).randbytes(300_000)


class FileServer(ThreadingHTTPServer):
    content = CONTENT
    status = None  # a number to answer with instead of the file
    resumes = True  # whether it heeds the header Range
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.ranges = []  # what was asked for, one entry for each request
        self.encodings = set()  # in which forms it would be taken
        self.cuts = []  # after how many bytes the next answers break off
        self.asked, self.go_on = Event(), Event()
        self.go_on.set()  # to be cleared by a test in which the server falls silent ...
        self.silent_after = 0  # ... after so many bytes

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/vgg16_weights_tf_dim_ordering_tf_kernels.h5"

    def handle_error(self, *_):
        """A client that has gone away is not news."""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.ranges.append(asked)
        server.encodings.add(self.headers.get("Accept-Encoding"))
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and server.resumes else 0
        if server.status or start >= len(server.content):
            server.asked.set()
            self.send_error(server.status or 416)
            return
        self.send_response(206 if start else 200)
        rest = server.content[start:]
        self.send_header("Content-Length", len(rest))
        self.end_headers()
        self.wfile.write(rest[: server.silent_after])
        server.asked.set()
        server.go_on.wait(TO_GO_ON)
        end = server.cuts.pop(0) if server.cuts else len(rest)
        self.wfile.write(rest[server.silent_after : end])

    def log_message(self, *_):
        pass


@contextmanager
def file_server() -> Iterator[FileServer]:
    with FileServer() as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
