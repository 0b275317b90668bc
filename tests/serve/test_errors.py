"""Every failure is one sentence of JSON, and no traceback or path leaves the server."""

from __future__ import annotations

import pytest
from tests.serve.conftest import LIMITS, start
from tests.support.serving import running

from ganbench.inference.model import Model
from ganbench.serve.app import create_app
from ganbench.serve.batching import Batcher, QueueFullError
from ganbench.serve.errors import describe_invalid
from ganbench.serve.telemetry import Telemetry


def test_a_bug_is_logged_and_hidden(
    models: dict[str, Model], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(models["points"], "decode", fail)
    telemetry = Telemetry()
    app = create_app(start({"points": models["points"]}, telemetry), telemetry, LIMITS)
    with running(app) as client:
        reply = client.get("/sample")
        assert (reply.status, reply.error) == (500, "the server has failed; its log says why")
        assert b"secret" not in reply.body
        assert client.get("/health").status == 200
        assert 'status="500"' in client.get("/metrics").body.decode()
    assert "RuntimeError: secret" in caplog.text


def test_weights_that_are_not_finite(models: dict[str, Model], monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry = Telemetry()
    app = create_app(start({"points": models["points"]}, telemetry), telemetry, LIMITS)
    weight = next(models["points"].networks["G"].parameters())
    monkeypatch.setattr(weight, "data", weight.data * float("nan"))
    with running(app) as client:
        reply = client.get("/sample")
    assert reply.status == 500
    assert "are not finite numbers (NaN or infinity began in" in reply.error


def test_a_full_queue_says_when_to_retry(models: dict[str, Model], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise QueueFullError(7)

    monkeypatch.setattr(Batcher, "submit", refuse)
    telemetry = Telemetry()
    with running(create_app(start({"points": models["points"]}, telemetry), telemetry, LIMITS)) as client:
        reply = client.get("/sample")
        assert (reply.status, reply.headers["retry-after"]) == (429, "7")
        assert reply.error == "the queue is full; retry in 7 s"


def test_a_stopped_worker_is_unhealthy(models: dict[str, Model]) -> None:
    telemetry = Telemetry()
    served = start({"points": models["points"]}, telemetry)
    with running(create_app(served, telemetry, LIMITS)) as client:
        served[0].batcher.close()
        for path in ("/health", "/sample"):
            assert (client.get(path).status, client.get(path).error) == (503, "the server is stopping")


def test_pydantic_errors_become_sentences() -> None:
    for error, sentence in (
        ({"type": "missing", "loc": ("body", "images"), "msg": "Field required"}, "images is missing"),
        ({"type": "int", "loc": ("seed", 0), "msg": "Input is bad"}, "seed.0: input is bad"),
        ({"type": "json", "loc": ("body",), "msg": "Bad"}, "body: bad"),
    ):
        assert describe_invalid([error]) == sentence
