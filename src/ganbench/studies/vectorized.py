"""Train the seeds of each recipe of a study at once, before the queue scores them and trains the rest."""

from __future__ import annotations

import time

from ganbench.errors import Stopped
from ganbench.experiment.stop import StopRequest
from ganbench.studies.backends.base import Backend, Job, SubmitError
from ganbench.studies.plan import Plan
from ganbench.studies.queue import pause
from ganbench.studies.rows import StudyFolder
from ganbench.studies.task import threads_per_run
from ganbench.utils.child_process import was_stopped
from ganbench.utils.console import Console


def train_vectorized(
    folder: StudyFolder, plan: Plan, backend: Backend, *, jobs: int, console: Console
) -> None:
    """Train each recipe with two or more runs that have not begun, all its seeds in one process.

    What cannot be vectorized is left to the queue, with a note. So are runs that were interrupted.

    Raises:
        Stopped: this process was asked to stop; the runs have saved checkpoints.
    """
    waiting = [(label, seeds) for label in plan.recipes if len(seeds := _new_seeds(folder, plan, label)) > 1]
    active: list[_SeedsTask] = []
    stop = StopRequest()
    try:
        with stop.catch_signals():
            while (waiting or active) and not stop():
                if waiting and len(active) < jobs:
                    try:
                        active.append(_SeedsTask(folder, plan, backend, *waiting[0], jobs))
                        waiting.pop(0)
                        continue
                    except SubmitError:  # the cluster may accept it once others have ended
                        if not active:
                            raise
                pause(backend.poll_seconds, stop)
                for task in [*active]:
                    if (line := task.poll()) is not None:
                        active.remove(task)
                        console.note(line)
    finally:
        for task in active:
            task.stop()
        for task in active:
            task.wait()
    if stop.signal is not None:
        message = f"stopped, checkpoints saved; continue with: ganbench study --out {folder.path}"
        raise Stopped(message, stop.signal)


def _new_seeds(folder: StudyFolder, plan: Plan, label: str) -> range:
    """Return the seeds of runs that have not begun, if they follow each other."""
    seeds = [seed for seed in range(plan.seeds) if folder.row(plan, label, seed).status == "waiting"]
    if not seeds or seeds != list(range(seeds[0], seeds[-1] + 1)):
        return range(0)
    return range(seeds[0], seeds[-1] + 1)


class _SeedsTask:
    """The job that trains several seeds of a recipe."""

    def __init__(
        self, folder: StudyFolder, plan: Plan, backend: Backend, label: str, seeds: range, jobs: int
    ) -> None:
        self._name = f"{label} seeds {seeds[0]} to {seeds[-1]}"
        self._start, self._backend = time.monotonic(), backend
        threads = threads_per_run(plan, label, jobs, backend)
        modules = [word for module in plan.modules for word in ("--module", module)]
        out = folder.run(label, seeds[0]).with_name(label)
        recipe = str(folder.path / "recipes" / f"{label}.json")
        command = ["train", recipe, f"machine.threads={threads}", "--seed", str(seeds[0])]
        command += ["--vectorize", str(len(seeds)), "--out", str(out), *modules]
        self._log = folder.path / "logs" / f"{label}-seeds.txt"
        self._log.parent.mkdir(exist_ok=True)
        job_folder = folder.jobs(label, seeds[0]).with_name(f"{label}-seeds")
        job = Job(folder=job_folder, command=tuple(command), threads=threads, log=self._log)
        self._submission = backend.recover(job) or backend.submit(job)

    def poll(self) -> str | None:
        """Return a line on how the job ended; None while it waits or runs."""
        ended = self._backend.poll(self._submission)
        if ended is None:
            return None
        seconds = f"{time.monotonic() - self._start:.0f} s"
        if ended.code == 0:
            return f"{self._name}: trained together, {seconds}"
        if was_stopped(ended.code):
            return f"{self._name}: interrupted after {seconds}; they continue one by one"
        lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        reason = next((line for line in reversed(lines) if line.strip()), f"exit code {ended.code}")
        return f"{self._name}: {reason.strip()}; they are trained one by one"

    def stop(self) -> None:
        """Ask the runs to save checkpoints and end."""
        self._backend.cancel(self._submission)

    def wait(self) -> None:
        """Wait until the runs have ended."""
        while self._backend.poll(self._submission) is None:
            time.sleep(self._backend.poll_seconds)
