"""Processes of this machine, which end with the study."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

from ganbench.studies.backends import worker
from ganbench.studies.backends.base import LOST, Ended, Job, Submission
from ganbench.studies.backends.record import withdraw
from ganbench.utils.child_process import ask_to_stop, own_group
from ganbench.utils.cores import threads_per_process, usable_cores


@dataclass
class LocalBackend:
    """Each command is a process in a group of its own, so that Ctrl-C reaches it only through the study."""

    name: ClassVar[str] = "local"
    max_restarts: ClassVar[int] = 0
    lock_seconds: ClassVar[float] = 60.0  # a process that a killed study left behind saves its checkpoint
    poll_seconds: float = 0.05
    _processes: dict[str, tuple[subprocess.Popen[Any], IO[str]]] = field(default_factory=dict, init=False)

    def default_jobs(self, threads: list[int], runs: int) -> int:
        """Return one per core, or fewer if a recipe sets ``machine.threads`` above 1."""
        return max(1, min(usable_cores() // max(threads), runs))

    def threads(self, jobs: int) -> int:
        """Return an equal share of the cores, limited by ``OMP_NUM_THREADS``."""
        return min(max(1, usable_cores() // jobs), threads_per_process(jobs))

    def submit(self, job: Job) -> Submission:
        """Start a process."""
        withdraw(job.folder)
        stdout = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (open as long as the process)
        with job.log.open("a", encoding="utf-8") as log:
            offset = log.tell()
            process = subprocess.Popen(
                [*worker.WORKER, str(os.getpid()), *job.command],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=log,
                env=worker.worker_environment(job.threads),
                **own_group(),
            )
        key = job.folder.name
        self._processes[key] = process, stdout
        return Submission(job=job, id=key, log_offset=offset)

    def has_job(self, folder: Path) -> bool:
        """Return False: processes end with their study."""
        return False

    def recover(self, job: Job) -> Submission | None:
        """Return None, likewise."""
        return None

    def poll(self, submission: Submission) -> Ended | None:
        """Return the exit code and the output of a process that has ended."""
        if submission.id not in self._processes:  # it has been reported
            return Ended(LOST, "")
        process, stdout = self._processes[submission.id]
        code = process.poll()
        if code is None:
            return None
        del self._processes[submission.id]
        with stdout:
            stdout.seek(0)
            return Ended(code, stdout.read())

    def cancel(self, submission: Submission) -> None:
        """Ask a process to save a checkpoint and end, once: a second signal would end it at once."""
        if submission.id in self._processes and self._processes[submission.id][0].poll() is None:
            ask_to_stop(self._processes[submission.id][0])

    def close(self) -> None:
        """Wait for all processes."""
        for process, stdout in self._processes.values():
            process.wait()
            stdout.close()
        self._processes.clear()
