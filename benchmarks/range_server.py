"""A loopback web server for files of a folder, which answers ranges and fails when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

#: What to do with a request, by its number: "" answers it, "500" and "404" refuse, "short" sends half, "cut" closes the
#: connection, "whole" ignores the range, "flip" changes a bit.
Faults = Callable[[int, str], str]


class RangeServer:
    """The address of a server, and what was asked of it: (name, range) of each request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[str, str]] = []
        self.faults: Faults = lambda number, name: ""


@contextmanager
def serve_ranges(folder: Path) -> Iterator[RangeServer]:
    """Serve a folder until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.lstrip("/"), self.headers.get("Range", "")
            with lock:
                served.requests.append((name, wanted))
                fault = served.faults(len(served.requests) - 1, name)
            path = folder / name
            if fault.isdecimal() or not path.is_file():
                self.send_error(int(fault or 404))
                return
            content = path.read_bytes()
            status = 200
            if wanted and fault != "whole":
                first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
                content, status = content[first : last + 1], 206
            if fault == "cut":
                self.close_connection = True
                return
            if fault == "flip":
                content = bytes([content[0] ^ 1]) + content[1:]
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if fault == "short" else content)

        def log_message(self, *_: object) -> None:
            pass

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = RangeServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
