"""Starting the dashboard: local by default, and one clear sentence if it cannot start."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.ports import free_port
from typer.testing import CliRunner

from ganbench.cli.main import app
from ganbench.dashboard import server
from ganbench.errors import UserError


class Started(Exception):
    """Raised in place of replacing the process by Streamlit."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    commands: list[str] = []

    def execute(path: str, command: list[str]) -> None:
        commands.extend(command)
        raise Started

    monkeypatch.setattr(os, "execv", execute)
    return commands


def ui(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["ui", *map(str, arguments)])


def test_the_default_is_local_and_without_telemetry(tmp_path: Path, started: list[str]) -> None:
    port = free_port()
    done = ui(tmp_path, "--port", port)
    assert isinstance(done.exception, Started), done.output
    assert f"Showing {tmp_path.resolve()} at http://127.0.0.1:{port} (press Ctrl-C to stop)" in started
    assert {
        "--server.address=127.0.0.1",
        f"--server.port={port}",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--server.enableCORS=true",
        "--server.enableXsrfProtection=true",
        "--server.enableStaticServing=false",
        f"--server.maxUploadSize={server.MAX_UPLOAD_MB}",
        "--server.allowedHosts=127.0.0.1",
    } <= set(started)
    assert "--server.allowedHosts=*" not in started
    assert started[-3:] == ["--", str(tmp_path.resolve()), "open"]


@pytest.mark.parametrize(
    ("arguments", "token", "controls"),
    [
        ((), "", "open"),
        (("--read-only",), "", "off"),
        ((), "0123456789abcdef", "token"),
        (("--host", "0.0.0.0"), "", "off"),
        (("--host", "0.0.0.0"), "0123456789abcdef", "token"),
        (("--host", "0.0.0.0", "--read-only"), "0123456789abcdef", "off"),
    ],
)
def test_other_machines_see_controls_with_a_token_only(
    tmp_path: Path,
    started: list[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    token: str,
    controls: str,
) -> None:
    monkeypatch.setenv("GANBENCH_TOKEN", token)
    assert isinstance(ui(tmp_path, "--port", free_port(), *arguments).exception, Started)
    assert started[-1] == controls
    assert not token or token not in " ".join(started), "other users can see the command"


def test_a_weak_token_is_refused(tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_TOKEN", "short")
    done = ui(tmp_path, "--port", free_port())
    assert "GANBENCH_TOKEN must have at least 16" in str(done.exception)
    assert started == []
    assert "warning" not in done.stderr


def test_a_public_address_causes_a_warning(tmp_path: Path, started: list[str]) -> None:
    done = ui(tmp_path, "--port", free_port(), "--host", "0.0.0.0")
    assert isinstance(done.exception, Started), done.output
    assert "warning: anyone who can reach 0.0.0.0 can see" in done.stderr


def test_a_port_in_use_is_reported(tmp_path: Path, started: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ui(tmp_path, "--port", taken.getsockname()[1])
    assert isinstance(done.exception, UserError)
    assert "Address already in use); give another --port" in str(done.exception)
    assert started == []


@pytest.mark.parametrize(
    "host", ["203.0.113.1", "no.such.host.invalid", "", "127.0.0.1 --server.address=0.0.0.0"]
)
def test_an_address_of_another_machine_is_rejected(tmp_path: Path, host: str, started: list[str]) -> None:
    done = ui(tmp_path, "--port", free_port(), "--host", host)
    assert isinstance(done.exception, UserError)
    assert started == []


def test_on_windows_the_dashboard_is_a_child_and_has_its_port_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The numbers of Windows mean nothing here, so that of another option stands in.
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    with server.bind("127.0.0.1", 0) as bound:
        assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    commands: list[list[str]] = []

    def call(command: list[str]) -> int:
        commands.append(command)
        return 7

    monkeypatch.setattr(subprocess, "call", call)
    assert ui(tmp_path, "--port", free_port()).exit_code == 7
    assert str(tmp_path.resolve()) in commands[0]


def test_port_0_is_any_that_is_free() -> None:
    with server.bind("127.0.0.1", 0) as first, server.bind("localhost", 0) as second:
        ports = [bound.getsockname()[1] for bound in (first, second)]
    assert all(ports)


def test_the_root_must_exist(tmp_path: Path, started: list[str]) -> None:
    assert "is not a folder" in str(ui(tmp_path / "nothing").exception)


def test_without_streamlit_the_message_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = ui(tmp_path)
    assert isinstance(done.exception, UserError)
    assert "pip install 'ganbench[ui]'" in str(done.exception)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.9.9.9", True),
        ("0.0.0.0", False),
        ("x", False),
    ],
)
def test_local_addresses(host: str, local: bool) -> None:
    assert server.is_local(host) == local
    assert any("allowedHosts" in option for option in server.server_command(Path("/x"), host, 1)) == local


def test_urls() -> None:
    assert server.server_url("127.0.0.1", 80) == "http://127.0.0.1:80"
    assert server.server_url("::1", 80) == "http://[::1]:80"
