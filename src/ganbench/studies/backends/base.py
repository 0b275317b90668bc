"""The protocol of backends: submit a command, poll it, cancel it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from ganbench.errors import RunError

#: The exit code of a command that ended without one: it was killed, or its machine failed.
LOST = -9


class SubmitError(RunError):
    """A backend accepts no job at the moment."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One ``ganbench`` command of a run.

    Attributes:
        folder: The folder for the files of this run's jobs, whose name is that of the run.
        command: The arguments of ``ganbench``.
        threads: The number of CPU threads.
        log: The file to which standard error is appended.
    """

    folder: Path
    command: tuple[str, ...]
    threads: int
    log: Path


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A job that a backend has accepted, by the backend's name for it; its output begins at ``log_offset``."""

    job: Job
    id: str
    log_offset: int


class Ended(NamedTuple):
    """The exit code of a command, as of ``subprocess.Popen``, and its standard output."""

    code: int
    stdout: str


class Backend(Protocol):
    """Runs commands.

    Attributes:
        name: The name on the command line.
        poll_seconds: The pause between two polls of all jobs.
        max_restarts: How often a run that was interrupted without progress is submitted again by default.
        lock_seconds: How long to wait for another process that still trains a run.
    """

    name: ClassVar[str]
    max_restarts: ClassVar[int]
    lock_seconds: ClassVar[float]

    @property
    def poll_seconds(self) -> float: ...

    def default_jobs(self, threads: list[int], runs: int) -> int:
        """Return the number of parallel runs for recipes with these ``machine.threads``."""

    def threads(self, jobs: int) -> int:
        """Return the number of threads of one of ``jobs`` parallel runs."""

    def submit(self, job: Job) -> Submission:
        """Start or enqueue a command. Raises SubmitError if none is accepted at the moment."""

    def has_job(self, folder: Path) -> bool:
        """Whether a study that was killed has left a job in a run's folder of jobs."""

    def recover(self, job: Job) -> Submission | None:
        """Return the run's last job if a study that was killed submitted it here; ``job.command`` is replaced."""

    def poll(self, submission: Submission) -> Ended | None:
        """Return how a command ended; None while it waits or runs."""

    def cancel(self, submission: Submission) -> None:
        """Ask a command to save its work and end; may be called again."""

    def close(self) -> None:
        """Release what the backend holds."""
