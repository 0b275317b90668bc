"""Clients that vanish: their work leaves the queue, and others do not notice."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import Any

import pytest
from tests.serve.conftest import LIMITS, start
from tests.support.serving import form, read_reply, running
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.serve.app import create_app
from ganbench.serve.telemetry import Telemetry


def test_the_work_of_a_client_that_goes_leaves_the_queue(
    models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, telemetry = models["points"], Telemetry()
    begun, go, decode = threading.Event(), threading.Event(), model.decode

    def blocked(*arguments: Any, **options: Any) -> Tensor:
        begun.set()
        assert go.wait(20)
        return decode(*arguments, **options)

    monkeypatch.setattr(model, "decode", blocked)
    served = start({"points": model}, telemetry)
    with running(create_app(served, telemetry, LIMITS)) as client:
        connections = [client.connect() for _ in range(3)]
        for connection in connections:
            connection.sendall(b"GET /sample?n=40 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert begun.wait(20)
        wait_until(lambda: served[0].batcher.queued == 3 * 40 - 8)
        for connection in connections:
            connection.close()
        wait_until(lambda: 'status="499"} 3.0' in telemetry.render().decode())
        go.set()
        assert client.get("/sample", n=3, format="npz").status == 200
        assert served[0].batcher.queued == 0
        # Of the 120 samples, only the batch in progress was computed, and then the last request's 3.
        wait_until(lambda: 'ganbench_batch_rows_sum{model="points"} 11.0' in telemetry.render().decode())


def test_who_waits_too_long_when_the_server_stops_gets_a_sentence(
    models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, telemetry = models["points"], Telemetry()
    begun, go, decode = threading.Event(), threading.Event(), model.decode

    def blocked(*arguments: Any, **options: Any) -> Tensor:
        begun.set()
        assert go.wait(20)
        return decode(*arguments, **options)

    monkeypatch.setattr(model, "decode", blocked)
    app = create_app(start({"points": model}, telemetry), telemetry, LIMITS)
    with ExitStack() as stack:
        with running(app, stop_seconds=0.1) as client:
            connection = stack.enter_context(client.connect())
            connection.sendall(b"GET /sample HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert begun.wait(20)
            threading.Timer(0.5, go.set).start()  # the batch in progress is finished before the server ends
        reply = read_reply(connection)
    assert (reply.status, reply.error) == (503, "the server has stopped")


def test_half_an_upload_hurts_nobody(models: dict[str, Model]) -> None:
    telemetry = Telemetry()
    body, media_type = form(b"x" * 10_000)
    with running(create_app(start({"encoder": models["encoder"]}, telemetry), telemetry, LIMITS)) as client:
        for end in (0, 1, 100, len(body) - 1):
            with client.connect() as connection:
                head = f"POST /encode HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\n"
                head += f"Content-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body[:end])
        assert client.get("/health").status == 200
        assert client.get("/sample").status == 200


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)
