"""Let only requests with the token of the server pass, and say who may reach it."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping

from ganbench.dashboard.guard import Application, Receive, Scope, Send
from ganbench.dashboard.server import is_local
from ganbench.errors import UserError

VARIABLE = "GANBENCH_TOKEN"
#: Pages that need no token: they show nothing of the models.
OPEN = ("/", "/health")
#: Browsers cannot set headers of a websocket, but its subprotocols: this one, and this with the token in hexadecimals.
SUBPROTOCOL = "ganbench"
_MIN_LENGTH = 16


def choose_token(host: str, environ: Mapping[str, str] = os.environ) -> tuple[str | None, bool]:
    """Return the token that requests must have, or None, and whether it is new, so that the user must see it.

    It is that of the environment. Without one, requests from this machine need none, and others a new one.

    Raises:
        UserError: The token of the environment is too short, or cannot be sent in a header.
    """
    token = environ.get(VARIABLE, "")
    if not token:
        return (None, False) if is_local(host) else (secrets.token_urlsafe(32), True)
    if len(token) < _MIN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise UserError(
            f"{VARIABLE} must have at least {_MIN_LENGTH} letters, digits or signs, without spaces"
        )
    return token, False


class TokenGuard:
    """An ASGI middleware that rejects requests without ``Authorization: Bearer TOKEN`` (status 401).

    A websocket may name the token among its subprotocols instead (``ganbench.HEX``); one without is refused (403).

    Args:
        app: The application behind it.
        token: The token; None lets all requests pass.
    """

    def __init__(self, app: Application, token: str | None) -> None:
        self._app = app
        self._expected = None if token is None else f"bearer {token}".encode()
        self._subprotocol = None if token is None else f"{SUBPROTOCOL}.{token.encode().hex()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or reject it."""
        is_http = scope["type"] == "http"
        if scope["type"] not in ("http", "websocket") or (is_http and scope["path"] in OPEN):
            await self._app(scope, receive, send)
            return
        if self._accepts(scope) or (not is_http and self._names_token(scope)):
            await self._app(scope, receive, send)
            return
        if not is_http:
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the status is 403
            return
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        body = json.dumps({"error": "this server needs the header 'Authorization: Bearer TOKEN'"}).encode()
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _accepts(self, scope: Scope) -> bool:
        if self._expected is None:
            return True
        values = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(values) != 1:
            return False
        scheme, _, token = values[0].partition(b" ")
        return hmac.compare_digest(scheme.lower() + b" " + token, self._expected)

    def _names_token(self, scope: Scope) -> bool:
        assert self._subprotocol is not None
        names = [name.encode("latin-1", "replace") for name in scope.get("subprotocols", ())]
        return any(hmac.compare_digest(name, self._subprotocol) for name in names)
