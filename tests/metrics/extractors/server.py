"""A local HTTP server that sends files completely, partly, wrong or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """It sends the first ``cut`` bytes of ``payload`` (None for all) and counts its ``requests``."""

    def __init__(self, payload: bytes) -> None:
        self.payload, self.cut, self.status, self.length, self.requests = payload, None, 200, True, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests += 1
                self.send_response(outer.status)
                if outer.length:
                    self.send_header("Content-Length", str(len(outer.payload)))
                self.end_headers()
                self.wfile.write(outer.payload[: outer.cut])

            def log_message(self, *arguments: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *arguments: object) -> None:
                pass  # a client that disconnects early

        self.http = Quiet(("127.0.0.1", 0), Handler)

    def url(self, file: str) -> str:
        """Return the URL of a file; every name returns the payload."""
        return f"http://127.0.0.1:{self.http.server_address[1]}/{file}"


@contextmanager
def serve(payload: bytes) -> Iterator[Server]:
    """Serve the payload within the block."""
    server = Server(payload)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()
