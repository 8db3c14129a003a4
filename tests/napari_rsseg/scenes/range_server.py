"""Serves a folder with byte ranges, as object stores do, and counts the bytes in ``served_bytes``."""

from __future__ import annotations

import http.server
import sys
from functools import partial
from pathlib import Path


class RangeHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        wanted = self.headers.get("Range", "")
        if not path.is_file() or not wanted.startswith("bytes="):
            super().do_GET()
            return
        data = path.read_bytes()
        start, _, stop = wanted[6:].partition("-")
        part = data[int(start) : int(stop or len(data)) + 1]
        counter = Path(self.directory) / "served_bytes"
        before = int(counter.read_text()) if counter.exists() else 0
        counter.write_text(str(before + len(part)))
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{int(start) + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(RangeHandler, directory=sys.argv[1])
    ) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
