"""Works off a study: so many runs side by side, each in processes of its own, until all are over or it is stopped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

from ganbench.errors import Stopped, UserError
from ganbench.experiment.stop import StopRequest
from ganbench.runs.run import Run
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.task import Task, threads_for
from ganbench.utils.console import Console, duration

_POLL = 0.05
_PATIENCE = 60.0  # seconds for a process that a killed study left behind to save its checkpoint


def work_off(folder: StudyFolder, plan: Plan, *, jobs: int, console: Console) -> list[Row]:
    """Take every run that is neither finished nor failed to its end; return those that a signal has cut.

    Raises:
        Stopped: this process was asked to stop; the runs have saved checkpoints.
    """
    rows = [folder.row(plan, label, seed) for label, seed in plan.jobs()]
    waiting = deque(row for row in rows if row.status in ("waiting", "cut"))
    progress = Progress(total=len(rows), done=len(rows) - len(waiting), jobs=jobs, console=console)
    working: list[Task] = []
    cut: list[Row] = []
    stop = StopRequest()
    try:
        with stop.listening():
            while (waiting or working) and not stop():
                if waiting and len(working) < jobs:
                    working.append(_start(folder, plan, waiting.popleft(), jobs, stop))
                    continue
                time.sleep(_POLL)
                for task in [*working]:
                    outcome = task.poll()
                    if outcome is None:
                        continue
                    working.remove(task)
                    row = folder.row(plan, task.label, task.seed)
                    if outcome == "cut" and not stop():
                        cut.append(row)
                    progress.tell(row, task.seconds, [r.recipe for r in waiting], working)
    finally:
        for task in working:
            task.stop()
        for task in working:
            task.wait()
    if stop.signal is not None:
        raise Stopped(
            f"stopped with {progress.done} of {len(rows)} runs done, checkpoints saved; "
            f"go on with: ganbench study --out {folder.path}",
            stop.signal,
        )
    return cut


def _start(folder: StudyFolder, plan: Plan, row: Row, jobs: int, stop: StopRequest) -> Task:
    """Start a run, once no process of a killed study trains it any more."""
    path, begun = folder.run(row.recipe, row.seed), time.monotonic()
    while row.status == "cut" and not stop():
        try:
            with Run(path).lock():
                break
        except UserError:
            if time.monotonic() - begun > _PATIENCE:
                raise
            time.sleep(_POLL)
    return Task(folder, plan, row.recipe, row.seed, threads_for(plan, row.recipe, jobs))


class Progress:
    """Tells each run's end in a line, with an estimate of what remains."""

    def __init__(self, *, total: int, done: int, jobs: int, console: Console) -> None:
        self.total, self.done = total, done
        self._jobs, self._console = jobs, console
        self._seconds: dict[str, list[float]] = {}

    def tell(self, row: Row, seconds: float, waiting: Sequence[str], working: Sequence[Task]) -> None:
        """Tell that a run has ended after so many seconds, with those that wait (by recipe) and work now."""
        if row.status in ("finished", "failed"):
            self.done += 1
        if row.status == "finished":
            self._seconds.setdefault(row.recipe, []).append(seconds)
        left = remaining(self._seconds, waiting, [(t.label, t.seconds) for t in working], self._jobs)
        words = "" if left is None or self.done == self.total else f", about {duration(left)} left"
        self._console.note(
            f"{row.recipe} seed {row.seed}: {in_words(row)}, {seconds:.0f} s  "
            f"[{self.done} of {self.total} runs done{words}]"
        )


def remaining(
    seconds: Mapping[str, Sequence[float]],
    waiting: Sequence[str],
    working: Sequence[tuple[str, float]],
    jobs: int,
) -> float | None:
    """Estimate the seconds that remain from those that finished runs took; None if none has finished.

    ``waiting`` are recipes; ``working`` are recipes and the seconds that they have been at work.
    """
    means = {label: sum(taken) / len(taken) for label, taken in seconds.items() if taken}
    if not means:
        return None
    usual = sum(means.values()) / len(means)
    left = [means.get(label, usual) for label in waiting]
    left += [max(0.0, means.get(label, usual) - spent) for label, spent in working]
    return max([sum(left) / jobs, *left])


def in_words(row: Row) -> str:
    """Say what became of a run."""
    if row.status == "finished":
        return "; ".join(f"{score.name} {score.value:.4g}" for score in row.scores)
    if row.status == "failed":
        return f"failed after step {row.step}: {row.error}"
    return f"cut at step {row.step} of {row.steps}"
