"""One run of a study in progress: the commands that train, resume and score it, one after the other."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Sequence
from typing import Literal

from ganbench.studies.backends.base import Backend, Job, SubmitError
from ganbench.studies.plan import Plan
from ganbench.studies.rows import StudyFolder
from ganbench.utils.child_process import was_stopped
from ganbench.utils.file_lock import is_locked

Outcome = Literal["finished", "failed", "cut"]
_MAX_ERROR_LINES = 10


class Task:
    """Takes one run from its current state to its final score; :meth:`poll` never waits.

    A command that fails is recorded as the run's result. A command that a signal ended is not: the run's outcome is
    ``cut``, and it resumes when it is submitted again. A job that a killed study has left is taken over.
    """

    def __init__(
        self, folder: StudyFolder, plan: Plan, label: str, seed: int, threads: int, backend: Backend
    ) -> None:
        self.label, self.seed = label, seed
        self._start_time = time.monotonic()
        self._folder, self._plan, self._threads, self._backend = folder, plan, threads, backend
        self._log = folder.log(label, seed)
        self._log.parent.mkdir(exist_ok=True)
        self._job = backend.recover(self._job_for([])) or backend.submit(self._job_for(self._next_command()))

    @property
    def seconds(self) -> float:
        """The elapsed time."""
        return time.monotonic() - self._start_time

    def poll(self) -> Outcome | None:
        """Submit the next command if one has succeeded; return the run's outcome once it is over, else None."""
        ended = self._backend.poll(self._job)
        if ended is None:
            return None
        if was_stopped(ended.code):
            return "cut"
        if ended.code != 0:
            if is_locked(self._folder.run(self.label, self.seed)):  # by a job that was believed dead
                return "cut"
            return self._record_failure(ended.code, "")
        if self._job.job.command[0] == "evaluate":
            return self._record_scores(ended.stdout)
        command = self._next_command()
        if command[0] != "evaluate":
            reason = f"it ended without an error before step {self._plan.steps(self.label)}"
            return self._record_failure(ended.code, reason)
        try:
            self._job = self._backend.submit(self._job_for(command))
        except SubmitError:
            return "cut"
        return None

    def stop(self) -> None:
        """Ask the run to save a checkpoint and end."""
        self._backend.cancel(self._job)

    def wait(self) -> None:
        """Wait until the command has ended."""
        while self._backend.poll(self._job) is None:
            time.sleep(self._backend.poll_seconds)

    def _job_for(self, command: Sequence[str]) -> Job:
        return Job(
            folder=self._folder.jobs(self.label, self.seed),
            command=tuple(command),
            threads=self._threads,
            log=self._log,
        )

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

    def _record_scores(self, stdout: str) -> Outcome:
        try:
            scores = json.loads(stdout)
        except ValueError:
            return self._record_failure(0, "its scores cannot be read")
        self._folder.record_scores(self.label, self.seed, scores)
        return "finished"

    def _record_failure(self, code: int, reason: str) -> Outcome:
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._job.log_offset)
            output = [line.rstrip() for line in log if line.strip()]
        output = [*output, *([reason] if reason else [])][-_MAX_ERROR_LINES:]
        command = f"ganbench {shlex.join(self._job.job.command)}"
        self._folder.record_failure(self.label, self.seed, command=command, code=code, output=output)
        return "failed"


def default_jobs(plan: Plan, backend: Backend) -> int:
    """Return the backend's number of parallel runs for a plan."""
    threads = [recipe["machine"]["threads"] or 1 for recipe in plan.recipes.values()]
    return backend.default_jobs(threads, len(plan.recipes) * plan.seeds)


def threads_per_run(plan: Plan, label: str, jobs: int, backend: Backend) -> int:
    """Return a run's number of threads: what the backend grants, limited by the recipe's ``machine.threads``."""
    share = backend.threads(jobs)
    return min(share, plan.recipes[label]["machine"]["threads"] or share)
