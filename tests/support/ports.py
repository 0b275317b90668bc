"""A port that no server uses."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
