from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from ganbench.experiment.stop import StopRequest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_old_handlers_come_back(number: signal.Signals) -> None:
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    stop = StopRequest()
    with stop.catch_signals():
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        assert stop.signal == number
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == before


def test_handlers_come_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyError), StopRequest().catch_signals():
        raise KeyError
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_nothing_listens() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with StopRequest().catch_signals() as stop:
            seen.extend([signal.getsignal(signal.SIGTERM), stop()])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before, False]


def test_a_second_signal_ends_the_process_at_once() -> None:
    child = os.fork()
    if child == 0:
        with StopRequest().catch_signals():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 143


def test_torchrun_answers_ctrl_c_with_a_second_signal_which_is_the_same_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    child = os.fork()
    if child == 0:
        with StopRequest().catch_signals() as stop:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            stop.signal == signal.SIGINT or os._exit(1)
            signal.raise_signal(signal.SIGINT)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130


@pytest.mark.parametrize("started_by_torchrun", [True, False])
def test_a_process_whose_torchrun_has_ended_stops(
    monkeypatch: pytest.MonkeyPatch, started_by_torchrun: bool
) -> None:
    if started_by_torchrun:
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    stop = StopRequest()
    assert not stop()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert stop() == started_by_torchrun
    assert stop.signal == (signal.SIGTERM if started_by_torchrun else None)


def test_stopping_needs_no_torch() -> None:
    code = "import sys, ganbench.experiment.stop; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
