"""Progress lines, the terminal bar, and consoles that never stop a run."""

from __future__ import annotations

import io
import sys

import pytest

from ganbench.utils.console import (
    LineConsole,
    QuietConsole,
    SilentConsole,
    TerminalConsole,
    console_for_stderr,
    format_rate,
)

TERMS = {"D/adversarial": 1.23456, "G/adversarial": 0.5}


def test_a_line_has_the_step_speed_time_left_and_terms(capsys: pytest.CaptureFixture[str]) -> None:
    with LineConsole().progress(0, 1000, 64) as show:
        show(100, TERMS, 640.0)
        show(1000, TERMS, 0.0)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "step 100/1000  640 images/s  1:30 left  D/adversarial 1.235  G/adversarial 0.5",
        "step 1000/1000  0 images/s  0:00 left  D/adversarial 1.235  G/adversarial 0.5",
    ]


def test_slow_steps_print_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    time = 0.0
    with LineConsole(clock=lambda: time).progress(0, 100, 2) as show:
        for step in range(1, 14):
            time += 4.0
            show(step, TERMS if step == 5 else {}, 0.5)
    steps = [int(line.split()[1].partition("/")[0]) for line in capsys.readouterr().err.splitlines()]
    assert steps == [3, 5, 8, 11]


@pytest.mark.parametrize(
    ("rate", "text"), [(0.0, "0"), (0.0123, "0.012"), (1.26, "1.3"), (12.6, "13"), (1234.5, "1,234")]
)
def test_slow_rates_keep_two_digits(rate: float, text: str) -> None:
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("steps", "left"), [(1, "0:00"), (60, "1:00"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_time_left(capsys: pytest.CaptureFixture[str], steps: int, left: str) -> None:
    with LineConsole().progress(0, steps, 10) as show:
        show(0 if steps > 1 else 1, TERMS, 10.0)
    assert f"  {left} left" in capsys.readouterr().err


def test_notes_and_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    for console in (LineConsole(), TerminalConsole()):
        console.note("a")
        console.warn("b")
    assert capsys.readouterr().err == "a\nwarning: b\n" * 2


def test_the_silent_console_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with SilentConsole().progress(0, 10, 1) as show:
        show(1, TERMS, 1.0)
    SilentConsole().note("a")
    SilentConsole().warn("b")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Tty())
    monkeypatch.setenv("COLUMNS", "80")
    console = console_for_stderr()
    assert isinstance(console, TerminalConsole)
    with console.progress(5, 120_000, 64) as show:
        show(119_999, TERMS, 640.0)
    for whole in ("119999/120000", "640 images/s", "0:00 left"):
        assert whole in sys.stderr.getvalue()  # type: ignore[attr-defined]
    with console.progress(5, 10, 64) as show:
        show(9, TERMS, 640.0)
        show(10, {}, 640.0)
    assert "D/adversarial" in sys.stderr.getvalue().rpartition("10/10")[2]  # type: ignore[attr-defined]
    assert "10/10" in sys.stderr.getvalue()  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(console_for_stderr()) is LineConsole


@pytest.mark.parametrize(("setting", "kind"), [("1", QuietConsole), ("0", LineConsole), ("", LineConsole)])
def test_the_quiet_console_prints_warnings_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, kind: type
) -> None:
    monkeypatch.setenv("GANBENCH_QUIET", setting)
    console = console_for_stderr()
    assert type(console) is kind
    with console.progress(0, 10, 1) as show:
        show(1, TERMS, 1.0)
    console.note("a")
    console.warn("b")
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "warning: b"
    assert len(lines) == (1 if kind is QuietConsole else 3)


def test_only_the_first_process_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    assert isinstance(console_for_stderr(), SilentConsole)
    monkeypatch.setenv("RANK", "0")
    assert not isinstance(console_for_stderr(), SilentConsole)


def test_a_closed_pipe_does_not_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class ClosedPipe(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stderr", ClosedPipe())
    with LineConsole().progress(0, 10, 1) as show:
        show(1, TERMS, 1.0)
    LineConsole().note("a")
    LineConsole().warn("b")
