from __future__ import annotations

import pytest

from ganbench.dashboard.permission import Permission, choose_permission

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("local", "read_only", "token", "controls"),
    [
        (True, False, None, "open"),
        (True, True, None, "off"),
        (True, False, TOKEN, "token"),
        (True, True, TOKEN, "off"),
        (False, False, None, "off"),
        (False, False, TOKEN, "token"),
        (False, True, TOKEN, "off"),
    ],
)
def test_who_may_control_runs(local: bool, read_only: bool, token: str | None, controls: str) -> None:
    assert choose_permission(local=local, read_only=read_only, token=token).controls == controls


def test_only_the_token_is_accepted_where_there_is_one() -> None:
    permission = Permission("token", TOKEN)
    assert permission.accepts(TOKEN)
    assert not any(map(permission.accepts, ("", TOKEN[:-1], TOKEN + "x", "é")))
    assert not Permission("token", None).accepts("")
    assert Permission("open").accepts("")
    assert not Permission().accepts("")
