"""Runs all training and scoring jobs of a study, several at a time, wherever its backend runs them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence

from ganbench.errors import Stopped
from ganbench.experiment.stop import StopRequest
from ganbench.runs.run import Run
from ganbench.studies.backends.base import Backend, SubmitError
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.task import Task, threads_per_run
from ganbench.utils.console import Console, format_duration
from ganbench.utils.file_lock import is_locked

_SLICE_SECONDS = 0.05  # of a pause, after which a request to stop is noticed


def run_queue(
    folder: StudyFolder,
    plan: Plan,
    backend: Backend,
    *,
    jobs: int,
    max_restarts: int,
    console: Console,
) -> list[Row]:
    """Complete every run that is neither finished nor failed; return the runs that were interrupted too often.

    Raises:
        Stopped: this process was asked to stop; the runs have saved checkpoints.
    """
    queue = Queue(folder, plan, backend, jobs=jobs, max_restarts=max_restarts, console=console)
    queue.add(plan, plan.recipes)
    stop = StopRequest()
    try:
        with stop.catch_signals():
            while queue.is_busy and not stop():
                queue.advance(stop)
    finally:
        queue.close()
    if stop.signal is not None:
        progress = queue.progress
        raise Stopped(
            f"stopped with {progress.done} of {progress.total} runs done, checkpoints saved; "
            f"continue with: ganbench study --out {folder.path}",
            stop.signal,
        )
    return queue.interrupted


def pause(seconds: float, stop: StopRequest) -> None:
    """Sleep, but not much longer than until a signal asks to stop."""
    end = time.monotonic() + seconds
    while not stop() and (remaining := end - time.monotonic()) > 0:
        time.sleep(min(remaining, _SLICE_SECONDS))


class Queue:
    """The runs of a study that wait and that are in progress.

    A run that is interrupted is submitted again, up to ``max_restarts`` times without a new checkpoint in between.

    Attributes:
        interrupted: The runs that were interrupted too often.
        progress: What is done.
    """

    def __init__(
        self,
        folder: StudyFolder,
        plan: Plan,
        backend: Backend,
        *,
        jobs: int,
        max_restarts: int,
        console: Console,
    ) -> None:
        self._folder, self._plan, self._backend, self._console = folder, plan, backend, console
        self._jobs, self._max_restarts = jobs, max_restarts
        self._active: list[Task] = []
        self.interrupted: list[Row] = []
        self._restarts: dict[tuple[str, int], tuple[int, int]] = {}  # the step, and how often it stayed there
        self._blocked_since: float | None = None
        self._withdrawn: set[str] = set()
        self._waiting = deque[Row]()
        self.progress = Progress(total=0, done=0, jobs=jobs, console=console)

    def add(self, plan: Plan, labels: Collection[str]) -> None:
        """Enqueue the unfinished runs of recipes of a plan, which from now on is the queue's."""
        self._plan = plan
        rows = [self._folder.row(plan, label, seed) for label, seed in plan.runs() if label in labels]
        waiting = [row for row in rows if row.status in ("waiting", "cut")]
        # Jobs that a killed study has left are in progress already, so they come first.
        self._waiting.extend(sorted(waiting, key=lambda row: not self._has_job(row)))
        self.progress.total += len(rows)
        self.progress.done += len(rows) - len(waiting)

    def withdraw(self, label: str) -> None:
        """Give up the unfinished runs of a recipe: those in progress save a checkpoint and end."""
        self._withdrawn.add(label)
        self._waiting = deque(row for row in self._waiting if row.recipe != label)
        for task in self._active:
            if task.label == label:
                task.stop()

    def advance(self, stop: StopRequest) -> None:
        """Start one run, or wait a moment and look at those in progress."""
        if not self.start_next():
            pause(self._backend.poll_seconds, stop)
            self.poll(stop)

    @property
    def is_busy(self) -> bool:
        """Whether a run waits or is in progress."""
        return bool(self._waiting or self._active)

    def start_next(self) -> bool:
        """Start a waiting run if there is room and no other process trains it; return whether one has started.

        Raises:
            UserError: nothing but runs that another process has been training for long is left.
            SubmitError: the backend accepts no job, and no other is in progress.
        """
        row = self._next_ready() if len(self._active) < self._jobs else None
        if row is None:
            return False
        threads = threads_per_run(self._plan, row.recipe, self._jobs, self._backend)
        try:
            task = Task(self._folder, self._plan, row.recipe, row.seed, threads, self._backend)
        except SubmitError:
            if not self._active:
                raise
            return False  # there may be room later
        self._waiting.remove(row)
        self._active.append(task)
        return True

    def poll(self, stop: StopRequest) -> None:
        """Look at each run in progress; report those that have ended, and enqueue interrupted ones again."""
        for task in [*self._active]:
            outcome = task.poll()
            if outcome is None:
                continue
            self._active.remove(task)
            row = self._folder.row(self._plan, task.label, task.seed)
            if task.label in self._withdrawn:
                continue
            if outcome == "cut" and not stop():
                (self._waiting if self._may_restart(row) else self.interrupted).append(row)
            self.progress.report(row, task.seconds, [r.recipe for r in self._waiting], self._active)

    def close(self) -> None:
        """Ask the runs in progress to save their checkpoints, and wait until they have."""
        for task in self._active:
            task.stop()
        for task in self._active:
            task.wait()

    def _has_job(self, row: Row) -> bool:
        return self._backend.has_job(self._folder.jobs(row.recipe, row.seed))

    def _next_ready(self) -> Row | None:
        """Return the first waiting run that no process of a killed study still trains; None if there is none yet."""
        for row in self._waiting:
            path = self._folder.run(row.recipe, row.seed)
            if row.status != "cut" or self._has_job(row) or not is_locked(path):
                self._blocked_since = None
                return row
        if self._waiting and not self._active:
            self._blocked_since = self._blocked_since or time.monotonic()
            if time.monotonic() - self._blocked_since > self._backend.lock_seconds:
                first = self._waiting[0]
                with Run(self._folder.run(first.recipe, first.seed)).lock():  # raises, naming the process
                    pass
        return None

    def _may_restart(self, row: Row) -> bool:
        step, times = self._restarts.get((row.recipe, row.seed), (row.step, 0))
        times = times + 1 if row.step == step else 1
        self._restarts[row.recipe, row.seed] = row.step, times
        return times <= self._max_restarts


class Progress:
    """Prints a line when a run ends, with an estimate of the remaining time."""

    def __init__(self, *, total: int, done: int, jobs: int, console: Console) -> None:
        self.total, self.done = total, done
        self._jobs, self._console = jobs, console
        self._seconds: dict[str, list[float]] = {}

    def report(self, row: Row, seconds: float, waiting: Sequence[str], active: Sequence[Task]) -> None:
        """Report that a run has ended.

        Args:
            row: the run.
            seconds: how long it took.
            waiting: the recipes of the runs that have not started.
            active: the runs in progress.
        """
        if row.status in ("finished", "failed", "changed"):
            self.done += 1
        if row.status == "finished":
            self._seconds.setdefault(row.recipe, []).append(seconds)
        remaining = estimate_remaining(
            self._seconds, waiting, [(task.label, task.seconds) for task in active], self._jobs
        )
        estimate = (
            ""
            if remaining is None or self.done == self.total
            else f", about {format_duration(remaining)} left"
        )
        self._console.note(
            f"{row.recipe} seed {row.seed}: {_describe_outcome(row)}, {seconds:.0f} s  "
            f"[{self.done} of {self.total} runs done{estimate}]"
        )


def estimate_remaining(
    seconds: Mapping[str, Sequence[float]],
    waiting: Sequence[str],
    active: Sequence[tuple[str, float]],
    jobs: int,
) -> float | None:
    """Estimate the remaining seconds from the durations of finished runs; None if none has finished.

    Args:
        seconds: the durations of finished runs, by recipe.
        waiting: the recipes of the runs that have not started.
        active: recipe and elapsed seconds of the runs in progress.
        jobs: the number of parallel runs.
    """
    means = {label: sum(durations) / len(durations) for label, durations in seconds.items() if durations}
    if not means:
        return None
    overall_mean = sum(means.values()) / len(means)
    remaining = [means.get(label, overall_mean) for label in waiting]
    remaining += [max(0.0, means.get(label, overall_mean) - elapsed) for label, elapsed in active]
    return max([sum(remaining) / jobs, *remaining])


def _describe_outcome(row: Row) -> str:
    if row.status == "finished":
        return "; ".join(f"{score.name} {score.value:.4g}" for score in row.scores)
    if row.status == "failed":
        return f"failed after step {row.step}: {row.error}"
    if row.status == "changed":
        return f"not counted: {row.error}"
    return f"interrupted at step {row.step} of {row.steps}"
