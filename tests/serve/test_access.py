"""The token: when there must be one, and that nothing but the health and the first page is shown without it."""

from __future__ import annotations

import pytest
from tests.serve.conftest import LIMITS, start
from tests.support.serving import Client, running

from ganbench.errors import UserError
from ganbench.inference.model import Model
from ganbench.serve.access import choose_token
from ganbench.serve.app import create_app
from ganbench.serve.telemetry import Telemetry

TOKEN = "correct-horse-battery"


def test_other_machines_need_a_token() -> None:
    assert choose_token("127.0.0.1", {}) == (None, False)
    assert choose_token("localhost", {"GANBENCH_TOKEN": ""}) == (None, False)
    (first, is_new), (second, _) = (choose_token("0.0.0.0", {"GANBENCH_TOKEN": ""}) for _ in range(2))
    assert is_new
    assert first != second
    assert len(first or "") > 40
    for host in ("0.0.0.0", "127.0.0.1"):
        assert choose_token(host, {"GANBENCH_TOKEN": TOKEN}) == (TOKEN, False)


@pytest.mark.parametrize(
    "token", ["short", "with space in it it", "line\nline\nline\nline", "ümläut-ümläut-ümläut"]
)
def test_tokens_that_do_not_do(token: str) -> None:
    with pytest.raises(UserError, match="GANBENCH_TOKEN must have at least 16") as refused:
        choose_token("127.0.0.1", {"GANBENCH_TOKEN": token})
    assert token not in str(refused.value)


def test_requests_need_the_token(models: dict[str, Model]) -> None:
    telemetry = Telemetry()
    app = create_app(start({"images": models["images"]}, telemetry), telemetry, LIMITS, token=TOKEN)
    with running(app) as client:
        assert all(client.get(path).status == 200 for path in ("/", "/health"))
        for path in (
            "/sample",
            "/models",
            "/metrics",
            "/openapi.json",
            "/interpolate",
            "/nothing",
            "//health",
            "/health/",
        ):
            refused = client.get(path)
            assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert "Authorization" in refused.error
        for scheme in ("Bearer", "bearer"):
            assert client.get("/sample", {"Authorization": f"{scheme} {TOKEN}"}).status == 200
        for wrong in (
            TOKEN,
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
            f"Basic {TOKEN}",
            "Bearer ",
            "",
            "Bearer é",
        ):
            assert client.get("/sample", {"Authorization": wrong}).status == 401, wrong
        assert TOKEN not in client.get("/metrics", {"Authorization": f"Bearer {TOKEN}"}).body.decode()


def test_other_sites_are_refused(client: Client) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": f"http://127.0.0.1:{client.port + 1}"},
    ):
        reply = client.get("/health", headers)
        assert (reply.status, reply.headers["content-type"]) == (403, "application/json")
        assert "another" in reply.error
    assert client.get("/health", {"Origin": f"http://127.0.0.1:{client.port}"}).status == 200
    assert client.get("/health").headers["x-frame-options"] == "SAMEORIGIN"
