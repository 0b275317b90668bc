"""Bodies that are too large or too slow are not read to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from tests.serve.conftest import start
from tests.support.serving import read_reply, running

from ganbench.inference.model import Model
from ganbench.serve.app import create_app
from ganbench.serve.limits import BodyLimit, Limits
from ganbench.serve.telemetry import Telemetry


def read(parts: Iterable[bytes], limits: Limits, seconds: float = 0) -> int:
    """Send a body in parts, ``seconds`` before each, to an application that reads all; return its size."""
    sizes: list[int] = []
    source = iter(parts)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            sizes.append(len(message["body"]))
            more = message["more_body"]
        assert (await receive())["type"] == "http.disconnect"

    async def receive() -> Any:
        await asyncio.sleep(seconds)
        part = next(source, None)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": part != b""}

    async def send(message: Any) -> None:
        raise AssertionError

    asyncio.run(BodyLimit(application, limits)({"type": "http"}, receive, send))
    return sum(sizes)


def test_a_body_up_to_the_limit_passes() -> None:
    assert read([b"x" * 2**19, b"x" * 2**19, b""], Limits(body_megabytes=1)) == 2**20


def test_a_larger_body_is_cut_off() -> None:
    parts = iter([b"x" * 2**19] * 10)
    with pytest.raises(HTTPException, match="413: the request is larger than 1 MB"):
        read(parts, Limits(body_megabytes=1))
    assert len(list(parts)) == 7, "only the part that was too much has been read"


def test_a_slow_body_is_cut_off() -> None:
    drops = iter(lambda: b"x", None)
    with pytest.raises(HTTPException, match=r"408: the request has not arrived within 0\.05 s"):
        read(drops, Limits(body_seconds=0.05), seconds=0.01)


def test_a_client_that_sends_only_half_gets_a_sentence(models: dict[str, Model]) -> None:
    limits, telemetry = Limits(body_seconds=0.1), Telemetry()
    app = create_app(start({"encoder": models["encoder"]}, telemetry), telemetry, limits)
    head = b"POST /encode HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with running(app) as client, client.connect() as connection:
        connection.sendall(head + b"Content-Length: 100\r\n\r\n--x")
        reply = read_reply(connection)
    assert (reply.status, reply.error) == (408, "the request has not arrived within 0.1 s")
