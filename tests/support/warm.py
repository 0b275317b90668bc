"""The command line in real processes of their own, forked from one that has imported torch already.

``python warm.py`` is that process: it reads orders as lines of JSON and answers each with a line. A child is in
every way a process that runs ``ganbench ARGUMENTS`` (signals, limits, environment, exit code), but starts in
milliseconds instead of seconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Child:
    """A command line at work, and what it has said so far."""

    warm: Warm
    pid: int
    said: Path

    @property
    def out(self) -> str:
        return (self.said / "out").read_text()

    @property
    def err(self) -> str:
        return (self.said / "err").read_text()

    def wait(self) -> int:
        """The exit code; minus the signal's number if one killed it."""
        return int(self.warm.order(wait=self.pid))

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait_for(self, text: str, seconds: float = 30.0) -> None:
        """Return as soon as the text stands on its standard error."""
        end = time.monotonic() + seconds
        while text not in self.err:
            assert time.monotonic() < end, f"never said {text!r}, but: {self.err}"
            time.sleep(0.001)


class Warm:
    """Starts command lines."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def order(self, **order: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        largest_file: int | None = None,
    ) -> Child:
        """Start ``ganbench ARGUMENTS``; no file that it writes can grow beyond ``largest_file`` bytes."""
        self.count += 1
        said = self.folder / str(self.count)
        said.mkdir()
        for name in ("out", "err"):
            (said / name).touch()
        order = {"arguments": [str(a) for a in arguments], "said": str(said), "cwd": str(cwd or said)}
        return Child(self, self.order(**order, env=env or {}, largest_file=largest_file), said)

    def run(self, *arguments: str | Path, **how: Any) -> tuple[int, str, str]:
        """Run ``ganbench ARGUMENTS`` and return its exit code, standard output and standard error."""
        child = self.start(*arguments, **how)
        code = child.wait()
        return code, child.out, child.err

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    made = Warm(tmp_path_factory.mktemp("warm"))
    yield made
    made.close()


def _serve(orders: Sequence[str]) -> None:
    from tiny import tiny  # this file is run as a script, beside which tiny.py lies

    from ganbench.cli.main import main
    from ganbench.experiment.train import train

    # Much is imported only when it is first used, so everything is used once. With one thread there is nothing
    # that a child would miss.
    for arguments in (["recipes"], ["train", "--help"], ["evaluate", "no-such-run"]):
        sys.argv = ["ganbench", *arguments]
        silent = io.StringIO()
        with (
            contextlib.redirect_stdout(silent),
            contextlib.redirect_stderr(silent),
            contextlib.suppress(SystemExit),
        ):
            main()
    with tempfile.TemporaryDirectory() as folder:
        schedule = {"schedule.steps": 1, "schedule.evaluate_every": 1}
        train(
            tiny("gan-ring8", schedule),
            out=Path(folder) / "run",
            tensorboard=find_spec("tensorboard") is not None,
        )
    for line in orders:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                _be_the_command_line(order)
        print(answer, flush=True)


def _be_the_command_line(order: dict[str, Any]) -> None:
    from ganbench.cli.main import main

    code: Any = 1
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(Path(order["said"]) / name, os.O_WRONLY), number)
        os.chdir(order["cwd"])
        os.environ |= order["env"]
        if order["largest_file"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], order["largest_file"]))
        sys.argv = ["ganbench", *order["arguments"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 (a child must not return into its parent's loop)
        import traceback

        traceback.print_exc()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(bool(code)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        _serve(sys.stdin)  # type: ignore[arg-type]
