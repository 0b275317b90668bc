"""Runs all training and scoring jobs of a study, several at a time, each in its own process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

from ganbench.errors import Stopped, UserError
from ganbench.experiment.stop import StopRequest
from ganbench.runs.run import Run
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.task import Task, threads_per_run
from ganbench.utils.console import Console, format_duration

_POLL_SECONDS = 0.05
_LOCK_TIMEOUT = 60.0  # seconds for a process that a killed study left behind to save its checkpoint


def run_queue(folder: StudyFolder, plan: Plan, *, jobs: int, console: Console) -> list[Row]:
    """Complete every run that is neither finished nor failed; return the runs that a signal interrupted.

    Raises:
        Stopped: this process was asked to stop; the runs have saved checkpoints.
    """
    rows = [folder.row(plan, label, seed) for label, seed in plan.runs()]
    waiting = deque(row for row in rows if row.status in ("waiting", "cut"))
    progress = Progress(total=len(rows), done=len(rows) - len(waiting), jobs=jobs, console=console)
    active: list[Task] = []
    interrupted: list[Row] = []
    stop = StopRequest()
    try:
        with stop.catch_signals():
            while (waiting or active) and not stop():
                if waiting and len(active) < jobs:
                    active.append(_start(folder, plan, waiting.popleft(), jobs, stop))
                    continue
                time.sleep(_POLL_SECONDS)
                for task in [*active]:
                    outcome = task.poll()
                    if outcome is None:
                        continue
                    active.remove(task)
                    row = folder.row(plan, task.label, task.seed)
                    if outcome == "cut" and not stop():
                        interrupted.append(row)
                    progress.report(row, task.seconds, [r.recipe for r in waiting], active)
    finally:
        for task in active:
            task.stop()
        for task in active:
            task.wait()
    if stop.signal is not None:
        raise Stopped(
            f"stopped with {progress.done} of {len(rows)} runs done, checkpoints saved; "
            f"continue with: ganbench study --out {folder.path}",
            stop.signal,
        )
    return interrupted


def _start(folder: StudyFolder, plan: Plan, row: Row, jobs: int, stop: StopRequest) -> Task:
    """Start a run, after waiting for any process of a killed study that still trains it."""
    path, start_time = folder.run(row.recipe, row.seed), time.monotonic()
    while row.status == "cut" and not stop():
        try:
            with Run(path).lock():
                break
        except UserError:
            if time.monotonic() - start_time > _LOCK_TIMEOUT:
                raise
            time.sleep(_POLL_SECONDS)
    return Task(folder, plan, row.recipe, row.seed, threads_per_run(plan, row.recipe, jobs))


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
