"""Exported pages on a server of their own, with or without what they take from the internet."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from npm_files import npm_file

ANYWIDGET = Path(sys.prefix) / "share" / "jupyter" / "nbextensions" / "anywidget" / "index.js"
SERVED = {  # what a page asks the internet for, and the files of npm packages that answer
    r"/require\.min\.js$": ("requirejs@2.3.4", "require.js"),
    r"/html-manager@[^/]*/dist/([^/]*)$": ("@jupyter-widgets/html-manager@1.0.15", "dist/{}"),
}
INTEGRITY = re.compile(r' integrity="[^"]*"')  # that of the minified file, which npm lacks
INTERNET = re.compile(r"https://(cdn\.jsdelivr\.net/npm|cdnjs\.cloudflare\.com|unpkg\.com)")
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}


def from_internet(path: str) -> bytes | None:
    """Return what stands at a path of the internet, as far as a page needs it."""
    if re.search(r"/anywidget(@[^/]*/dist/index)?\.js$", path):
        return ANYWIDGET.read_bytes()
    for pattern, (package, file) in SERVED.items():
        if match := re.search(pattern, path):
            return npm_file(package, file.format(*match.groups()))
    return None


@contextmanager
def serve_pages(pages: dict[str, str]) -> Iterator[str]:
    """Serve HTML pages, each at ``/online/name.html`` and at ``/offline/name.html``."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.find(self.path)
            self.send_response(404 if content is None else 200)
            kind = TYPES.get(Path(self.path).suffix, "text/javascript")
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content or b"")

        def find(self, path: str) -> bytes | None:
            net, _, name = path[1:].partition("/")
            if name.removesuffix(".html") in pages:
                html = INTEGRITY.sub("", pages[name.removesuffix(".html")])
                here = f"http://127.0.0.1:{self.server.server_port}/{net}"
                manager = f'<script data-jupyter-widgets-cdn="{here}/"></script>'
                return INTERNET.sub(here, html.replace("<head>", f"<head>{manager}", 1)).encode()
            return from_internet(path) if net == "online" else None

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
