"""An application in a real HTTP server in a thread of this process, and a client for it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI


@dataclass(frozen=True)
class Reply:
    """The response to a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The sentence of an error."""
        assert set(self.json) == {"error"}
        return str(self.json["error"])


class Client:
    """Sends requests to a server on this machine, each on a new connection."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            return _reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Reply:
        """Send a GET request; ``class_`` stands for ``class``, and lists give a parameter several times."""
        named = {name.rstrip("_"): value for name, value in query.items()}
        return self.request(
            "GET", f"{path}?{urlencode(named, doseq=True)}" if named else path, headers=headers
        )

    def upload(self, path: str, *images: bytes, **query: Any) -> Reply:
        """Send images in a form."""
        body, media_type = form(*images)
        return self.request("POST", f"{path}?{urlencode(query)}", body, {"content-type": media_type})


def read_reply(connection: socket.socket) -> Reply:
    """Read one response from a connection."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return _reply(response)


def _reply(response: http.client.HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def form(*images: bytes) -> tuple[bytes, str]:
    """Return a form with images, and its media type."""
    parts = (
        b"--x\r\ncontent-disposition: form-data; name=images; filename=%d\r\n\r\n%b\r\n" % (i, image)
        for i, image in enumerate(images)
    )
    return b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"


@contextmanager
def running(app: FastAPI, stop_seconds: float | None = None, *, websockets: bool = False) -> Iterator[Client]:
    """Serve an application in the block; at its end, wait until it has stopped, at most so long for open requests."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="auto" if websockets else "none",
                timeout_graceful_shutdown=stop_seconds,  # type: ignore[arg-type]
            )
        )
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Client(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
