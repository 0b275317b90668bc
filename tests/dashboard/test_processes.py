"""Starting processes: nothing that a browser sends becomes an option, a path outside the root, or code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ganbench.dashboard.processes import LOGS, Processes, TrainRequest
from ganbench.dashboard.sanitize import folder_id
from ganbench.errors import UserError

GOOD: dict[str, Any] = {"recipe": "gan-ring8", "name": "a", "budget": "laptop", "seed": 0, "threads": 1}


class Popen(subprocess.Popen[bytes]):
    """Starts a Python program of the test in place of ganbench."""

    commands: ClassVar[list[list[str]]] = []
    program = "pass"

    def __init__(self, command: list[str], **options: Any) -> None:
        assert options["start_new_session"]
        assert "GANBENCH_TOKEN" not in options["env"]
        self.commands.append(command)
        super().__init__([sys.executable, "-c", self.program], **options)


@pytest.fixture
def popen(monkeypatch: pytest.MonkeyPatch) -> type[Popen]:
    monkeypatch.setattr(subprocess, "Popen", Popen)
    monkeypatch.setattr(Popen, "commands", [])
    monkeypatch.setenv("GANBENCH_TOKEN", "secret")
    return Popen


def wait(processes: Processes, id_: str) -> None:
    processes._processes[id_].wait()


def test_a_run_is_started_below_the_root(tmp_path: Path, popen: type[Popen]) -> None:
    processes = Processes(tmp_path)
    id_ = processes.train(TrainRequest(**{**GOOD, "overrides": "  schedule.steps=3 \n\n"}))
    assert id_ == folder_id(Path("a"))
    (command,) = popen.commands
    assert command[:4] == [sys.executable, "-P", "-m", "ganbench"]
    assert command[4:] == [
        "train", "--budget", "laptop", "--seed", "0", "--threads", "1", "--out", str(tmp_path / "a"),
        "--", "gan-ring8", "schedule.steps=3",
    ]  # fmt: skip
    assert processes.starting() in (["a"], [])
    wait(processes, id_)
    assert (processes.is_active(id_), processes.problem(id_), dict(processes.failed())) == (False, "", {})


def test_the_last_line_of_a_process_that_fails_is_shown(
    tmp_path: Path, popen: type[Popen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        popen, "program", "print('first'); print('error: no \\x1b disk'); raise SystemExit(2)"
    )
    processes = Processes(tmp_path)
    id_ = processes.train(TrainRequest(**GOOD))
    wait(processes, id_)
    assert processes.failed() == {"a": "error: no \ufffd disk"}
    assert (tmp_path / LOGS / f"{id_}.txt").stat().st_mode & 0o077 == 0
    monkeypatch.setattr(popen, "program", "raise SystemExit(143)")
    processes.train(TrainRequest(**GOOD))
    wait(processes, id_)
    assert processes.failed() == {}, "a stop is no failure"


def test_a_run_that_exists_is_not_started_again(tmp_path: Path, popen: type[Popen]) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="there is a run or file 'a' already"):
        Processes(tmp_path).train(TrainRequest(**GOOD))
    assert popen.commands == []


def test_a_run_is_resumed_once(tmp_path: Path, popen: type[Popen], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(popen, "program", "import sys; sys.stdin.read(); import time; time.sleep(60)")
    processes = Processes(tmp_path)
    id_ = processes.resume(tmp_path / "-b", 1)
    assert popen.commands[0][4:] == ["resume", "--threads", "1", "--", str(tmp_path / "-b")]
    try:
        assert processes.is_active(id_)
        with pytest.raises(UserError, match="trains this run already"):
            processes.resume(tmp_path / "-b", 1)
        with pytest.raises(UserError, match="the number of threads must be from 1 to"):
            processes.resume(tmp_path / "c", 10**6)
    finally:
        processes._processes[id_].kill()
        wait(processes, id_)
    assert processes.problem(id_) == "the process ended with code -9"


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        *(("recipe", value, "there is no recipe") for value in ("", "x.py:f", "/etc/passwd", "--help", "gan-ring9")),
        *(("name", value, "the name of a run has letters") for value in
          ("", ".", "..", "../a", "a/b", "-a", ".a", "a b", "a\0", "é", "a" * 101, "a\n")),
        ("budget", "--seed", "a budget is 'laptop'"),
        ("budget", "", "a budget is 'laptop'"),
        ("seed", -1, "the seed must be"),
        ("threads", 0, "the number of threads"),
        ("overrides", "--module=evil.py", "'--module=evil.py' is not KEY=VALUE"),
        ("overrides", "-o=x", "is not KEY=VALUE"),
        ("overrides", "schedule.steps", "is not KEY=VALUE"),
        ("overrides", "a=1\na=2", "a is given twice"),
        ("overrides", "\n".join(f"a{i}=1" for i in range(101)), "at most 100 overrides"),
    ],
)  # fmt: skip
def test_what_is_wrong_starts_nothing(key: str, value: object, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        TrainRequest(**{**GOOD, key: value})


def test_a_log_is_not_written_through_a_link(tmp_path: Path, popen: type[Popen]) -> None:
    (tmp_path / LOGS).mkdir()
    (tmp_path / "private").write_text("mine")
    (tmp_path / LOGS / f"{folder_id(Path('a'))}.txt").symlink_to(tmp_path / "private")
    with pytest.raises(UserError, match="the process cannot be started"):
        Processes(tmp_path).train(TrainRequest(**GOOD))
    assert (tmp_path / "private").read_text() == "mine"
    assert popen.commands == []
