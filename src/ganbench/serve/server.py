"""Run the application until a signal stops it, and answer what has been asked by then."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from ganbench.errors import UserError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ganbench.serve.limits import Limits

_SWITCH_SECONDS = 2e-4
_PACKAGES = ("fastapi", "uvicorn", "prometheus_client", "python_multipart")


def require_packages(command: str = "serve", packages: Sequence[str] = _PACKAGES) -> None:
    """Raise UserError if a package that a command needs is not installed."""
    missing = [name.replace("_", "-") for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"`ganbench {command}` needs {', '.join(missing)}: pip install 'ganbench[serve]'")


def run_app(
    app: FastAPI, listener: socket.socket, limits: Limits, *, message_bytes: int | None = None
) -> None:
    """Serve an application on a bound socket until SIGINT or SIGTERM; then finish what has been asked, and return.

    A second signal ends the process at once, with exit code 128 plus its number.

    Args:
        app: The application.
        listener: The socket.
        limits: The number of connections, and the time to finish.
        message_bytes: The largest message of a websocket; None for no websockets.
    """
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.should_exit:
                os._exit(128 + sig)
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        log_config=None,  # warnings and errors go to standard error; requests are not logged
        access_log=False,
        lifespan="on",
        ws="none" if message_bytes is None else "auto",
        ws_max_size=message_bytes or 0,
        ws_per_message_deflate=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=limits.stop_seconds,
    )
    with _ignored_signals(), _short_turns():
        Server(config).run([listener])


@contextmanager
def _ignored_signals() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM in the block: uvicorn handles them, and then raises them again."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads take the interpreter from each other sooner in the block.

    Those that compute need it for a moment at each operation, and would wait up to 5 ms while answers are written.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
