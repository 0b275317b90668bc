"""What backends have in common whose jobs run elsewhere: records, and files instead of exit codes."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from ganbench.studies.backends import worker
from ganbench.studies.backends.base import LOST, Ended, Job, Submission
from ganbench.studies.backends.record import (
    JobRecord,
    exit_file,
    read_record,
    remove_files,
    stdout_file,
    withdraw,
)
from ganbench.utils.lease import STALE_SECONDS

_MAX_JOBS = 100  # that wait or run at the same time by default


@dataclass(kw_only=True)
class RecordedBackend:
    """Jobs on machines that share the study's folder.

    A job leaves its exit code in a file. One that is neither waiting nor running and has left none was killed, after
    ``grace`` seconds, in which a file may still arrive from another machine.

    Attributes:
        cpus: Cores, and threads, of a run.
        gpus: GPUs of a run.
        poll_interval: Seconds between two polls.
        grace: Seconds to wait for the files of a job that has ended.
    """

    name: ClassVar[str]
    max_restarts: ClassVar[int] = 5
    lock_seconds: ClassVar[float] = STALE_SECONDS + 60
    cpus: int = 1
    gpus: int = 0
    poll_interval: float = 5.0
    grace: float = 10.0
    _missing_since: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    @property
    def poll_seconds(self) -> float:
        """The pause between two polls of all jobs."""
        return self.poll_interval

    def default_jobs(self, threads: list[int], runs: int) -> int:
        """Return as many as there are runs, up to 100: the batch system decides how many run."""
        return min(runs, _MAX_JOBS)

    def threads(self, jobs: int) -> int:
        """Return the cores of a run."""
        return self.cpus

    def submit(self, job: Job) -> Submission:
        """Record a job, then submit it."""
        token = f"ganbench-{secrets.token_hex(8)}"
        offset = job.log.stat().st_size if job.log.exists() else 0
        record = JobRecord(
            backend=self.name,
            token=token,
            worker=worker.WORKER,
            command=job.command,
            threads=job.threads,
            cwd=os.getcwd(),
            log=os.path.abspath(job.log),
            log_offset=offset,
        )
        record.write(job.folder)
        remove_files(job.folder, keep=token)
        try:
            number = self._start(job, token)
        except BaseException:
            withdraw(job.folder)
            raise
        replace(record, id=number).write(job.folder)
        return Submission(job=job, id=token, log_offset=offset)

    def has_job(self, folder: Path) -> bool:
        """Whether the run's record names a job of this backend."""
        record = read_record(folder)
        return record is not None and record.backend == self.name

    def recover(self, job: Job) -> Submission | None:
        """Return the job in the run's record."""
        record = read_record(job.folder)
        if record is None or record.backend != self.name:
            return None
        return Submission(
            job=replace(job, command=record.command), id=record.token, log_offset=record.log_offset
        )

    def poll(self, submission: Submission) -> Ended | None:
        """Return the exit code that a job has left."""
        folder, token = submission.job.folder, submission.id
        # Asked first: a job that ends in between has left its files.
        active = self._is_active(token)
        code = _read_exit_code(exit_file(folder, token))
        if code is None:
            if active:
                self._missing_since.pop(token, None)
                return None
            since = self._missing_since.setdefault(token, time.monotonic())
            if time.monotonic() - since < self.grace:
                return None
        self._missing_since.pop(token, None)
        withdraw(folder)
        if code is None:
            return Ended(LOST, "")
        return Ended(code, stdout_file(folder, token).read_text(encoding="utf-8", errors="replace"))

    def cancel(self, submission: Submission) -> None:
        """Ask a job to save its work and end."""
        self._cancel(submission.id)

    def close(self) -> None:
        """Do nothing."""

    def _start(self, job: Job, token: str) -> str:
        """Submit ``run_job(job.folder, token)`` and return the backend's number for it."""
        raise NotImplementedError

    def _is_active(self, token: str) -> bool:
        """Whether a job waits or runs."""
        raise NotImplementedError

    def _cancel(self, token: str) -> None:
        """Withdraw a waiting job; send a signal to a running one."""
        raise NotImplementedError


def _read_exit_code(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
