"""Stopping a process: by signals here, and by events of the console where the system says that it is Windows."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ganbench.utils.child_process import ask_to_stop, own_group, stop_signals, was_stopped

#: Numbers that the modules have on Windows.
CTRL_BREAK_EVENT, SIGBREAK, CREATE_NEW_PROCESS_GROUP, CONTROL_C_EXIT = 1, 21, 512, 0xC000013A


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", CTRL_BREAK_EVENT, raising=False)
    monkeypatch.setattr(signal, "SIGBREAK", SIGBREAK, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", CREATE_NEW_PROCESS_GROUP, raising=False)


def stop_calls() -> list[Any]:
    calls: list[Any] = []
    process = SimpleNamespace(terminate=lambda: calls.append("terminate"), send_signal=calls.append)
    ask_to_stop(cast("subprocess.Popen[str]", process))
    return calls


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_process_is_asked_by_a_signal() -> None:
    assert own_group() == {"process_group": 0}
    assert stop_calls() == ["terminate"]
    assert stop_signals() == (signal.SIGINT, signal.SIGTERM)


@pytest.mark.usefixtures("windows")
def test_a_process_on_windows_is_asked_by_an_event() -> None:
    assert own_group() == {"creationflags": CREATE_NEW_PROCESS_GROUP}
    assert stop_calls() == [CTRL_BREAK_EVENT]
    assert stop_signals() == (signal.SIGINT, signal.SIGTERM, SIGBREAK)


@pytest.mark.parametrize("code", [-signal.SIGTERM, -9, 130, 143, 128 + SIGBREAK, CONTROL_C_EXIT])
def test_codes_of_processes_that_were_stopped(code: int) -> None:
    assert was_stopped(code)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 137])
def test_codes_of_processes_that_ended_by_themselves(code: int) -> None:
    assert not was_stopped(code)
