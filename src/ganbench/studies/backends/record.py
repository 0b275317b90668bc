"""The record of a run's newest job, by which a study that was killed finds it again.

The record is written before the job is submitted, and names it by a random token. A job whose token is not in the
record has been replaced, and does nothing: so no run is started twice, whatever became of the process that submitted
it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ganbench.errors import UserError
from ganbench.utils.files import atomic_file, read_json

_NAME = "job.json"


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """What a job is: a command, and where it runs.

    Attributes:
        backend: The backend's name.
        token: The job's own name.
        id: What the backend calls it; empty while it is being submitted.
        worker: The program that runs the command.
        command: The arguments of ``ganbench``.
        threads: The number of CPU threads.
        cwd: The working folder.
        log: The file for standard error.
        log_offset: The length of the log before.
    """

    backend: str
    token: str
    id: str = ""
    worker: tuple[str, ...]
    command: tuple[str, ...]
    threads: int
    cwd: str
    log: str
    log_offset: int

    def write(self, folder: Path) -> None:
        """Make this the record of a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_file(folder / _NAME) as file:
            file.write((json.dumps(asdict(self), indent=1) + "\n").encode())


def read_record(folder: Path) -> JobRecord | None:
    """Return a folder's record; None if there is none. Raises UserError if it is damaged."""
    if not (folder / _NAME).exists():
        return None
    record = read_json(folder / _NAME)
    try:
        return JobRecord(**{**record, "worker": tuple(record["worker"]), "command": tuple(record["command"])})
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{folder / _NAME} is damaged, or of another version of ganbench; remove it if its job has ended"
        ) from error


def withdraw(folder: Path) -> None:
    """Remove a folder's record, so that a job that has not started yet will do nothing."""
    (folder / _NAME).unlink(missing_ok=True)


def started_file(folder: Path, token: str) -> Path:
    """Return the file whose existence says that a job has started."""
    return folder / f"{token}.started"


def stdout_file(folder: Path, token: str) -> Path:
    """Return the file of a job's standard output."""
    return folder / f"{token}.stdout"


def exit_file(folder: Path, token: str) -> Path:
    """Return the file with a job's exit code, which appears when it has ended by itself."""
    return folder / f"{token}.exit"


def remove_files(folder: Path, *, keep: str) -> None:
    """Remove the files of former jobs."""
    for suffix in ("started", "stdout", "exit"):
        for path in folder.glob(f"*.{suffix}"):
            if path.stem != keep:
                path.unlink(missing_ok=True)
