"""One run of a study in progress: the processes that train, resume and score it, one after the other."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Literal

from ganbench.studies.plan import Plan
from ganbench.studies.rows import StudyFolder
from ganbench.utils.child_process import ask_to_stop, own_group, was_stopped
from ganbench.utils.cores import threads_per_process, usable_cores

Outcome = Literal["finished", "failed", "cut"]
#: Runs a ``ganbench`` command that ends with its parent; the first argument is the parent's process id.
WORKER = (sys.executable, "-m", "ganbench.cli.study_worker")
_MAX_ERROR_LINES = 10


class Task:
    """Takes one run from its current state to its final score; :meth:`poll` never waits.

    A command that fails is recorded as the run's result. A command that a signal ended is not: the run's outcome is
    ``cut``, and it resumes when the study does.
    """

    def __init__(self, folder: StudyFolder, plan: Plan, label: str, seed: int, threads: int) -> None:
        self.label, self.seed = label, seed
        self._start_time = time.monotonic()
        self._folder, self._plan, self._threads = folder, plan, threads
        self._log = folder.log(label, seed)
        self._log.parent.mkdir(exist_ok=True)
        self._log_offset = 0
        self._start(self._next_command())

    @property
    def seconds(self) -> float:
        """The elapsed time."""
        return time.monotonic() - self._start_time

    def poll(self) -> Outcome | None:
        """Start the next command if one has succeeded; return the run's outcome once it is over, else None."""
        code = self._process.poll()
        if code is None:
            return None
        stdout = self._read_stdout()
        if was_stopped(code):
            return "cut"
        if code != 0:
            return self._record_failure(code, "")
        if self._command[0] == "evaluate":
            return self._record_scores(stdout)
        command = self._next_command()
        if command[0] != "evaluate":
            reason = f"it ended without an error before step {self._plan.steps(self.label)}"
            return self._record_failure(code, reason)
        self._start(command)
        return None

    def stop(self) -> None:
        """Ask the process to save a checkpoint and end."""
        if self._process.poll() is None:
            ask_to_stop(self._process)

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._process.wait()
        self._stdout.close()

    def _next_command(self) -> list[str]:
        """Return the arguments of the ``ganbench`` command that the run needs next."""
        label, seed, plan, folder = self.label, self.seed, self._plan, self._folder
        path, step = folder.run(label, seed), folder.step(label, seed)
        modules = [word for module in plan.modules for word in ("--module", module)]
        if step is None:
            recipe = str(folder.path / "recipes" / f"{label}.json")
            threads = f"machine.threads={self._threads}"
            return ["train", recipe, threads, "--seed", str(seed), "--out", str(path), *modules]
        if step < plan.steps(label):
            return ["resume", str(path), *modules]
        options = ["--json", "--step", str(plan.steps(label)), "--threads", str(self._threads)]
        options += ["--metrics", ",".join(plan.metrics)] if plan.metrics else []
        options += ["--n", str(plan.n)] if plan.n else []
        return ["evaluate", str(path), *options, *modules]

    def _start(self, command: list[str]) -> None:
        self._command = command
        self._stdout: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (open as long as the process)
        with self._log.open("a", encoding="utf-8") as log:
            self._log_offset = log.tell()
            self._process = start_worker(command, threads=self._threads, stdout=self._stdout, stderr=log)

    def _read_stdout(self) -> str:
        with self._stdout:
            self._stdout.seek(0)
            return self._stdout.read()

    def _record_scores(self, stdout: str) -> Outcome:
        try:
            scores = json.loads(stdout)
        except ValueError:
            return self._record_failure(0, "its scores cannot be read")
        self._folder.record_scores(self.label, self.seed, scores)
        return "finished"

    def _record_failure(self, code: int, reason: str) -> Outcome:
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._log_offset)
            output = [line.rstrip() for line in log if line.strip()]
        output = [*output, *([reason] if reason else [])][-_MAX_ERROR_LINES:]
        command = f"ganbench {shlex.join(self._command)}"
        self._folder.record_failure(self.label, self.seed, command=command, code=code, output=output)
        return "failed"


def start_worker(
    command: Sequence[str], *, threads: int, stdout: IO[str], stderr: IO[str]
) -> subprocess.Popen[str]:
    """Start a ``ganbench`` command in a new process group, so that Ctrl-C reaches it only through the study."""
    count = str(threads)
    return subprocess.Popen(
        [*WORKER, str(os.getpid()), *command],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env={
            **os.environ,
            "OMP_NUM_THREADS": count,
            "MKL_NUM_THREADS": count,
            "PYTHONIOENCODING": "utf-8",
        },
        **own_group(),
    )


def default_jobs(plan: Plan) -> int:
    """Return the number of parallel runs: one per core, or fewer if a recipe sets ``machine.threads`` above 1."""
    threads = [recipe["machine"]["threads"] or 1 for recipe in plan.recipes.values()]
    return max(1, min(usable_cores() // max(threads), len(plan.recipes) * plan.seeds))


def threads_per_run(plan: Plan, label: str, jobs: int) -> int:
    """Return a run's equal share of the cores, limited by ``OMP_NUM_THREADS`` and the recipe's ``machine.threads``."""
    share = min(max(1, usable_cores() // jobs), threads_per_process(jobs))
    return min(share, plan.recipes[label]["machine"]["threads"] or share)
