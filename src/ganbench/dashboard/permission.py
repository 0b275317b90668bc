"""Who may control runs from the browser: nobody, every browser that reaches the dashboard, or those with the token."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Literal, get_args

Controls = Literal["off", "open", "token"]
CONTROLS: tuple[Controls, ...] = get_args(Controls)


@dataclass(frozen=True)
class Permission:
    """What a browser may do.

    Attributes:
        controls: "off": nothing is changed or started; "open": this machine's own browsers may do so; "token": those
            that give the token.
        token: The token, if there is one.
    """

    controls: Controls = "off"
    token: str | None = None

    def accepts(self, given: str) -> bool:
        """Whether a browser that gives this token, or "" for none, may control runs."""
        if self.controls == "token":
            return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())
        return self.controls == "open"


def choose_permission(*, local: bool, read_only: bool, token: str | None) -> Permission:
    """Return what browsers may do.

    Args:
        local: Whether only this machine can reach the dashboard.
        read_only: Whether the user wants no controls.
        token: The user's token, or None. Without one, there are controls for this machine only.
    """
    if read_only or not (local or token):
        return Permission()
    return Permission("token", token) if token else Permission("open")
