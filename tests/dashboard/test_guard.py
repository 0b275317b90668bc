from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ganbench.dashboard.guard import Guard, host_name

LOCAL = ("localhost", "127.0.0.1", "::1")


async def application(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"X-Frame-Options", b"ALLOWALL")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"secret"})


def answer(
    *headers: tuple[str, str], kind: str = "http", hosts: tuple[str, ...] = LOCAL, **options: bytes
) -> list[Any]:
    """Return the messages that the guard sends."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        raise AssertionError

    scope = {"type": kind, "headers": [(k.encode(), v.encode()) for k, v in headers]}
    asyncio.run(Guard(application, hosts, **options)(scope, receive, send))
    return messages


OWN = [
    {"host": "127.0.0.1:8501"},
    {"host": "localhost"},
    {"host": "LOCALHOST:8501"},
    {"host": "[::1]:8501"},
    {"host": "127.0.0.1:9000", "origin": "http://127.0.0.1:9000"},  # a tunnel from another port
    {"host": "localhost:8501", "origin": "HTTP://LocalHost:8501"},
]
FOREIGN = [
    {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:9000"},  # another server of this machine
    {"host": "127.0.0.1:8501", "origin": "http://localhost:8501"},
    {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1"},
    {"host": "127.0.0.1:8501", "origin": "null"},
    {"host": "127.0.0.1:8501", "origin": ""},
    {"host": "127.0.0.1:8501", "origin": "https://evil.example"},
    {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501@evil.example"},
    {"host": "127.0.0.1:8501", "origin": "http://["},
    {"host": "evil.example"},  # a name that its owner lets resolve to this machine
    {"host": "evil.example:8501", "origin": "http://evil.example:8501"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "localhost:8501/x"},
    {"host": "user@localhost:8501"},
    {"host": "localhost:port"},
    {"host": "[::1"},
    {"host": ""},
    {},
]


@pytest.mark.parametrize("headers", OWN)
def test_requests_of_the_dashboards_pages_pass(headers: dict[str, str]) -> None:
    start, body = answer(*headers.items())
    assert (start["status"], body["body"]) == (200, b"secret")


@pytest.mark.parametrize("headers", FOREIGN)
def test_requests_of_other_sites_are_rejected(headers: dict[str, str]) -> None:
    start, body = answer(*headers.items())
    assert start["status"] == 403
    assert b"secret" not in body["body"]
    assert answer(*headers.items(), kind="websocket") == [{"type": "websocket.close", "code": 1008}]


def test_two_hosts_or_two_origins_are_rejected() -> None:
    host, origin = ("host", "localhost:1"), ("origin", "http://localhost:1")
    assert answer(host, origin)[0]["status"] == 200
    assert answer(host, host)[0]["status"] == 403
    assert answer(host, origin, ("origin", "http://evil.example"))[0]["status"] == 403


def test_without_a_list_any_host_may_be_used_but_no_other_origin() -> None:
    assert answer(("host", "box:80"), hosts=())[0]["status"] == 200
    assert answer(("host", "box:80"), ("origin", "http://box:80"), hosts=())[0]["status"] == 200
    assert answer(("host", "box:80"), ("origin", "http://box:81"), hosts=())[0]["status"] == 403


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_no_other_site_may_frame_an_answer(host: str) -> None:
    names = [name.lower() for name, _ in answer(("host", host))[0]["headers"]]
    headers = dict(answer(("host", host))[0]["headers"])
    assert names.count(b"x-frame-options") == 1
    assert headers[b"x-frame-options"] == b"SAMEORIGIN"
    assert headers[b"content-security-policy"] == b"frame-ancestors 'self'"


def test_the_refusal_may_be_json() -> None:
    start, body = answer(("host", "evil.example"), refusal=b"{}", media_type=b"application/json")
    assert (dict(start["headers"])[b"content-type"], body["body"]) == (b"application/json", b"{}")
    assert dict(answer(("host", "evil.example"))[0]["headers"])[b"content-type"] == b"text/plain"


def test_other_kinds_of_messages_pass() -> None:
    assert answer(kind="lifespan")[0]["type"] == "http.response.start"


def test_names_of_hosts() -> None:
    assert [host_name(h) for h in ("A.B:1", "[::1]", "a:99999", "a:x", "a:0", "a/b", "a?b", "")] == [
        "a.b", "::1", None, None, None, None, None, None,
    ]  # fmt: skip
