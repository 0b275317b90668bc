"""One run of a study at work: the processes that train it, go on with it and score it, one after the other."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO, Literal

from ganbench.studies.plan import Plan
from ganbench.studies.rows import StudyFolder

Outcome = Literal["finished", "failed", "cut"]
#: Starts a ``ganbench`` command that ends with its parent, whose number comes first.
PROGRAM = (sys.executable, "-m", "ganbench.cli.study_worker")
_LAST_LINES = 10
_STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)


class Task:
    """Takes one run from where it is to its final score; :meth:`poll` never waits.

    A command that fails is recorded as the run's result. One that a signal ended is not: the run is ``cut``, and
    goes on when the study does.
    """

    def __init__(self, folder: StudyFolder, plan: Plan, label: str, seed: int, threads: int) -> None:
        self.label, self.seed = label, seed
        self.begun = time.monotonic()
        self._folder, self._plan, self._threads = folder, plan, threads
        self._log = folder.log(label, seed)
        self._log.parent.mkdir(exist_ok=True)
        self._said_from = 0
        self._start(self._next())

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self.begun

    def poll(self) -> Outcome | None:
        """Start the next command if one has ended well; return what became of the run once it is over."""
        code = self._process.poll()
        if code is None:
            return None
        answer = self._answer()
        if code < 0 or code in _STOPPED:
            return "cut"
        if code != 0:
            return self._failed(code, "")
        if self._command[0] == "evaluate":
            return self._record(answer)
        following = self._next()
        if following[0] != "evaluate":
            return self._failed(code, f"it ended without an error before step {self._plan.steps(self.label)}")
        self._start(following)
        return None

    def stop(self) -> None:
        """Ask the process to save a checkpoint and end."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._process.wait()
        self._answers.close()

    def _next(self) -> list[str]:
        """Return the arguments of the ``ganbench`` command that takes the run further."""
        label, seed, plan, folder = self.label, self.seed, self._plan, self._folder
        path, step = folder.run(label, seed), folder.step(label, seed)
        modules = [word for module in plan.modules for word in ("--module", module)]
        if step is None:
            recipe = str(folder.path / "recipes" / f"{label}.json")
            threads = f"machine.threads={self._threads}"
            return ["train", recipe, threads, "--seed", str(seed), "--out", str(path), *modules]
        if step < plan.steps(label):
            return ["resume", str(path), *modules]
        how = ["--json", "--step", str(plan.steps(label)), "--threads", str(self._threads)]
        how += ["--metrics", ",".join(plan.metrics)] if plan.metrics else []
        how += ["--n", str(plan.n)] if plan.n else []
        return ["evaluate", str(path), *how, *modules]

    def _start(self, command: list[str]) -> None:
        """Start a command in a process group of its own, so that Ctrl-C reaches it through the study only."""
        self._command = command
        self._answers: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 (open as long as the process)
        threads = str(self._threads)
        with self._log.open("a") as log:
            self._said_from = log.tell()
            self._process = subprocess.Popen(
                [*PROGRAM, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=self._answers,
                stderr=log,
                env={**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
                process_group=0,
            )

    def _answer(self) -> str:
        with self._answers:
            self._answers.seek(0)
            return self._answers.read()

    def _record(self, answer: str) -> Outcome:
        try:
            scores = json.loads(answer)
        except ValueError:
            return self._failed(0, "its scores cannot be read")
        self._folder.record_scores(self.label, self.seed, scores)
        return "finished"

    def _failed(self, code: int, why: str) -> Outcome:
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._said_from)
            said = [line.rstrip() for line in log if line.strip()]
        command = f"ganbench {shlex.join(self._command)}"
        lines = [*said, *([why] if why else [])][-_LAST_LINES:]
        self._folder.record_failure(self.label, self.seed, command=command, code=code, said=lines)
        return "failed"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usual_jobs(plan: Plan) -> int:
    """Return how many runs fit on the cores side by side: one each, unless a recipe asks for more threads."""
    asked = [recipe["machine"]["threads"] or 1 for recipe in plan.recipes.values()]
    return max(1, min(cores() // max(asked), len(plan.recipes) * plan.seeds))


def threads_for(plan: Plan, label: str, jobs: int) -> int:
    """Return a run's share of the cores, or the fewer that its recipe asks for."""
    share = max(1, cores() // jobs)
    return min(share, plan.recipes[label]["machine"]["threads"] or share)
