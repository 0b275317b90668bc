"""Reject requests that other sites make through the user's browser, and keep other sites from framing the dashboard.

A browser says in ``Host`` which name it has resolved, and in ``Origin`` which page makes a request. A page of another
site, or of another port of this machine, is another origin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADERS = (
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"content-security-policy", b"frame-ancestors 'self'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)


class Guard:
    """An ASGI middleware that answers only requests of the server's own pages, and of programs that are no browsers.

    Args:
        app: The application behind it.
        hosts: The host names that requests may use; empty for any.
        refusal: The body of the answer to other requests.
        media_type: Its type.
    """

    def __init__(
        self,
        app: Application,
        hosts: Collection[str] = (),
        refusal: bytes = b"This request is not from the dashboard.\n",
        media_type: bytes = b"text/plain",
    ) -> None:
        self._app, self._hosts = app, frozenset(hosts)
        self._refusal, self._refusal_headers = refusal, [(b"content-type", media_type), *_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or reject it with status 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif self.accepts(scope["headers"]):
            await self._app(scope, receive, _add_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the status is 403
        else:
            await send({"type": "http.response.start", "status": 403, "headers": self._refusal_headers})
            await send({"type": "http.response.body", "body": self._refusal})

    def accepts(self, headers: Collection[tuple[bytes, bytes]]) -> bool:
        """Return whether the headers name an allowed host, and no other origin than the dashboard's."""
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            return False
        if self._hosts and host_name(hosts[0]) not in self._hosts:
            return False
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        return all(_netloc(origin) == hosts[0].lower() for origin in origins)


def host_name(host: str) -> str | None:
    """Return the name in a ``Host`` header without its port, in lower case; None for anything else."""
    try:
        parts = urlsplit(f"//{host}")
        valid = parts.netloc == host and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:  # not a port, or an unfinished IPv6 address
        return None
    return parts.hostname if valid else None


def _netloc(origin: str) -> str | None:
    """Return host and port of an origin; None for an opaque one ("null") and anything else."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None


def _add_headers(send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in _HEADERS}
            kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in own]
            message = {**message, "headers": [*kept, *_HEADERS]}
        await send(message)

    return add
