"""A server of one file on this machine, which misbehaves as asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Server", "serving"]


@dataclass
class Server:
    """How the next answers are given, and what was asked.

    Attributes
    ----------
    content : bytes
        The file.
    etag : str
        Its state; empty: none is told.
    ranges : bool
        Whether parts are served.
    cuts : list of int
        After so many bytes the next answers break off; taken one by one.
    stalls_after : int or None
        After so many bytes an answer waits until the server ends.
    claims : int or None
        Length that is told instead of the true one.
    chunked : bool
        Whether no length is told.
    statuses : list of int
        Refusals that come before any answer.
    redirects : int
        Answers that point to the same file under another address.
    asked : list of (str, str)
        Path, and range that was asked for.
    """

    content: bytes = b""
    etag: str = '"one"'
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    stalls_after: int | None = None
    claims: int | None = None
    chunked: bool = False
    statuses: list[int] = field(default_factory=list)
    redirects: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    ends: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range", "")
        self.asked.append((request.path, wanted))
        if self.statuses:
            request.send_error(self.statuses.pop(0))
            return
        if self.redirects:
            self.redirects -= 1
            request.send_response(302)
            request.send_header("Location", f"/moved{self.redirects}")
            request.end_headers()
            return
        content = self.pages.get(request.path, self.content)
        start = 0
        if wanted and self.ranges and request.headers.get("If-Range", self.etag) == self.etag:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
            if start >= len(content):
                request.send_error(416)
                return
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            request.send_response(200)
        if self.etag:
            request.send_header("ETag", self.etag)
        if not self.chunked:
            request.send_header("Content-Length", str(self.claims or len(content) - start))
        request.end_headers()
        self._send(request, content[start:])

    def _send(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        if self.cuts:
            content = content[: self.cuts.pop(0)]
        if self.stalls_after is None:
            request.wfile.write(content)
            return
        request.wfile.write(content[: self.stalls_after])
        request.wfile.flush()
        self.ends.wait()


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """Serve bytes under every path of an address of this machine."""
    server = Server(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ends.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
