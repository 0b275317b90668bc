"""The command ``playground``: what it prints, opens and serves; tests/browser has it as a process."""

from __future__ import annotations

import importlib.util
import re
import socket
import webbrowser
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner

import ganbench.serve.server
from ganbench.cli.main import app
from ganbench.errors import UserError


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[FastAPI, dict[str, Any]]]:
    """The applications that would be served, with the options."""
    monkeypatch.delenv("GANBENCH_TOKEN", raising=False)
    applications: list[tuple[FastAPI, dict[str, Any]]] = []

    def run_app(application: FastAPI, listener: socket.socket, limits: Any, **options: Any) -> None:
        applications.append((application, options))

    monkeypatch.setattr(ganbench.serve.server, "run_app", run_app)
    return applications


def test_this_machine_needs_no_token(served: list[tuple[FastAPI, dict[str, Any]]]) -> None:
    result = CliRunner().invoke(app, ["playground", "--port", "0"])
    assert re.fullmatch(
        r"The 2-D playground is at http://127.0.0.1:\d+/ \(press Ctrl-C to stop\)\n", result.output
    )
    ((application, options),) = served
    assert options == {"message_bytes": 2**17}
    with TestClient(application, base_url="http://localhost") as client:
        assert client.get("/").status_code == 200
        assert client.get("/", headers={"Host": "other.example"}).status_code == 403
        with client.websocket_connect("ws://localhost/session") as page:
            assert page.receive_json()["type"] == "hello"


def test_other_machines_need_the_token_that_it_prints(
    served: list[tuple[FastAPI, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    result = CliRunner().invoke(app, ["playground", "--host", "0.0.0.0", "--port", "0", "--browser"])
    token = re.fullmatch(r"token: (\S{40,})\n", result.stderr)
    assert token
    (address,) = opened
    assert re.fullmatch(rf"http://0.0.0.0:\d+/#token={token[1]}", address)
    assert token[1] not in result.stdout
    ((application, _),) = served
    with TestClient(application, base_url="http://machine.example") as client:
        address = "ws://machine.example/session"
        headers = {"Authorization": f"Bearer {token[1]}"}
        with client.websocket_connect(address, headers=headers) as page:
            assert page.receive_json()["type"] == "hello"


def test_what_is_missing_is_said_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "websockets" else find(name)
    )
    result = CliRunner().invoke(app, ["playground"])
    assert isinstance(result.exception, UserError)
    assert str(result.exception) == "`ganbench playground` needs websockets: pip install 'ganbench[serve]'"


def test_a_port_in_use_is_refused(served: list[tuple[FastAPI, dict[str, Any]]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["playground", "--port", str(port)])
    assert "give another --port" in str(result.exception)
    assert served == []
