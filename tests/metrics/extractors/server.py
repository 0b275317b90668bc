"""A server on this machine that sends files whole, wrong, in part or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """It counts what it is ``asked`` for; ``cut`` is how many bytes of the ``payload`` it sends, if not all."""

    def __init__(self, payload: bytes) -> None:
        self.payload, self.cut, self.status, self.length, self.asked = payload, None, 200, True, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(outer.status)
                if outer.length:
                    self.send_header("Content-Length", str(len(outer.payload)))
                self.end_headers()
                self.wfile.write(outer.payload[: outer.cut])

            def log_message(self, *arguments: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *arguments: object) -> None:
                pass  # a client that goes away early

        self.http = Quiet(("127.0.0.1", 0), Handler)

    def url(self, file: str) -> str:
        """Return the address of a file, which is the payload whatever its name."""
        return f"http://127.0.0.1:{self.http.server_address[1]}/{file}"


@contextmanager
def served(payload: bytes) -> Iterator[Server]:
    """Serve the payload for the block."""
    server = Server(payload)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()
