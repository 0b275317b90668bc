"""Run the command line in real processes, forked from a server process that has already imported torch.

``python command_line.py`` is the server: it reads requests as lines of JSON and answers each with a line. A forked
process behaves exactly like ``ganbench ARGUMENTS`` (signals, limits, environment, exit code), but starts in
milliseconds instead of seconds.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass
class Process:
    """A running command line and its output so far."""

    server: CommandLine
    pid: int
    output: Path

    @property
    def out(self) -> str:
        return (self.output / "out").read_text()

    @property
    def err(self) -> str:
        return (self.output / "err").read_text()

    def wait(self) -> int:
        """Return the exit code, or minus the number of the signal that ended the process."""
        return int(self.server.request(wait=self.pid))

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait_for(self, text: str, seconds: float = 30.0) -> None:
        """Wait until the text appears on standard error."""
        end = time.monotonic() + seconds
        while text not in self.err:
            assert time.monotonic() < end, f"{text!r} never appeared in: {self.err}"
            time.sleep(0.001)


class CommandLine:
    """Starts command lines."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def request(self, **request: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        largest_file: int | None = None,
        more_memory: int | None = None,
        stdout: str | None = None,
        coding: str | None = None,
        script: Path | None = None,
        fork_workers: bool = False,
    ) -> Process:
        """Start ``ganbench ARGUMENTS``.

        Args:
            cwd: The working folder.
            env: Variables of the environment besides those of this process.
            largest_file: The bytes that a file cannot grow beyond.
            more_memory: The bytes that the process cannot grow by.
            stdout: The file for standard output.
            coding: The coding of the terminal, as ``PYTHONIOENCODING`` sets it.
            script: A Python script to run in place of ganbench.
            fork_workers: Whether the workers of a study are forked, too, and so need not import torch.
        """
        self.count += 1
        output = self.folder / str(self.count)
        output.mkdir()
        for name in ("out", "err"):
            (output / name).touch()
        request = {"arguments": [str(a) for a in arguments], "output": str(output), "cwd": str(cwd or output)}
        limits = {"largest_file": largest_file, "more_memory": more_memory}
        special = {
            "stdout": stdout,
            "coding": coding,
            "script": script and str(script),
            "fork_workers": fork_workers,
        }
        return Process(self, self.request(**request, env=env or {}, **limits, **special), output)

    def run(self, *arguments: str | Path, **options: Any) -> tuple[int, str, str]:
        """Run ``ganbench ARGUMENTS`` and return its exit code, standard output and standard error."""
        process = self.start(*arguments, **options)
        code = process.wait()
        return code, process.out, process.err

    def close(self) -> None:
        self.process.communicate()


def _serve(requests: Iterable[str]) -> None:
    # These are files of tests/support, as this file runs as a script.
    import workers  # noqa: F401 (used by the processes)
    from shapes import remember_shapes

    from ganbench.data.registry import find_dataset
    from ganbench.experiment.train import train
    from ganbench.utils.openmp import restart_threads
    from training import tiny_recipe

    # Many modules are imported on first use, so use everything once. A single thread can be forked safely.
    _use("recipes")
    _use("train", "--help")
    with tempfile.TemporaryDirectory() as folder:
        run = f"{folder}/run"
        schedule = {"schedule.steps": 1, "schedule.evaluate_every": 1}
        train(
            tiny_recipe("gan-ring8", schedule),
            out=run,
            track=["tensorboard"] if find_spec("tensorboard") else [],
        )
        _use("sample", run, "--out", f"{folder}/samples.png")
        _use("report", run)
        _use("compare", run, run)
        _use("data", "check", folder)
    # Collected as garbage, these objects would be written to, and their memory copied, in every forked process.
    gc.collect()
    gc.freeze()
    with remember_shapes():
        find_dataset("shapes")[0]()
        restart_threads()  # a forked process has only this thread, and would wait for OpenMP's for ever
        _answer(requests)


def _answer(requests: Iterable[str]) -> None:
    for line in requests:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                _run_command_line(request)
        print(answer, flush=True)


def _use(*arguments: str) -> None:
    from ganbench.cli.main import main

    sys.argv = ["ganbench", *arguments]
    ignored = io.StringIO()
    with (
        contextlib.redirect_stdout(ignored),
        contextlib.redirect_stderr(ignored),
        contextlib.suppress(SystemExit),
    ):
        main()


def _run_command_line(request: dict[str, Any]) -> None:
    from workers import ForkedWorker, use_workers  # tests/support/workers.py

    from ganbench.cli.main import main

    code: Any = 1
    try:
        for number, name in ((1, "out"), (2, "err")):
            given = request["stdout"] if name == "out" else None
            os.dup2(os.open(given or Path(request["output"]) / name, os.O_WRONLY), number)
        os.chdir(request["cwd"])
        os.environ |= request["env"]
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding=request["coding"])  # type: ignore[union-attr]
        if request["largest_file"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest_file"], request["largest_file"]))
        if request["more_memory"] is not None:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            limit = pages * os.sysconf("SC_PAGE_SIZE") + request["more_memory"]
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        sys.argv = ["ganbench", *request["arguments"]]
        with use_workers(ForkedWorker) if request["fork_workers"] else contextlib.nullcontext():
            runpy.run_path(request["script"], run_name="__main__") if request["script"] else main()
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
