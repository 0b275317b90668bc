"""What one request may ask for, and an ASGI middleware that holds request bodies to a size and a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from ganbench.dashboard.guard import Application, Message, Receive, Scope, Send


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a server.

    Attributes:
        samples: Samples of one request.
        images: Uploaded images of one request.
        body_megabytes: The size of a request's body.
        body_seconds: The time in which the body must arrive.
        queued: Samples and images that may wait, of all requests to a model together.
        connections: Open connections.
        stop_seconds: The time that requests have left when the server is stopped.
    """

    samples: int = 256
    images: int = 32
    body_megabytes: int = 32
    body_seconds: float = 30.0
    queued: int = 4096
    connections: int = 1000
    stop_seconds: int = 60


class BodyLimit:
    """An ASGI middleware that ends reading a body that is too large (status 413) or too slow (408).

    Args:
        app: The application behind it.
        limits: The limits.
    """

    def __init__(self, app: Application, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a limited body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, _Body(self._limits, receive).receive, send)


class _Body:
    """The body of one request."""

    def __init__(self, limits: Limits, receive: Receive) -> None:
        self._limits, self._receive = limits, receive
        self._size, self._complete, self._deadline = 0, False, 0.0

    async def receive(self) -> Message:
        """Return the next message. Raises HTTPException if the body is too large or too slow."""
        if self._complete:  # what comes now is the end of the connection
            return await self._receive()
        self._deadline = self._deadline or asyncio.get_running_loop().time() + self._limits.body_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            seconds = self._limits.body_seconds
            raise HTTPException(408, f"the request has not arrived within {seconds:g} s") from error
        self._size += len(message.get("body", b""))
        if self._size > self._limits.body_megabytes * 2**20:
            raise HTTPException(413, f"the request is larger than {self._limits.body_megabytes} MB")
        self._complete = not message.get("more_body", False)
        return message
