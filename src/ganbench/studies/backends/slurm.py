"""Jobs of Slurm, through ``sbatch``, ``squeue`` and ``scancel``.

Jobs are found by their name, the token of their record, so nothing depends on Slurm's accounting, which many clusters
and all small ones lack. Slurm's own requeueing is off: it would repeat the command, while the study submits the one
that continues the run.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ganbench.errors import UserError
from ganbench.studies.backends.base import Job, SubmitError
from ganbench.studies.backends.recorded import RecordedBackend

_COMMANDS = ("sbatch", "squeue", "scancel")
_TIMEOUT = 60.0  # seconds for an answer of Slurm
#: The states in which a job has ended, though squeue may list it for a while.
_ENDED_STATES = {
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY"),
    *("PREEMPTED", "REVOKED", "TIMEOUT"),
}


@dataclass(kw_only=True)
class SlurmBackend(RecordedBackend):
    """Submits each command as a job of one task.

    Attributes:
        partition: The partition; default the cluster's.
        time: The time limit of a job, as ``sbatch --time`` reads it; default the partition's.
        notice: Seconds before the limit at which a run saves its checkpoint and makes room.
        memory: The memory of a job, as ``sbatch --mem`` reads it.
        account: The account to charge.
        sbatch: Further options of ``sbatch``, as in "--qos=low --exclude=node7".

    Raises:
        UserError: Slurm is not installed here.
    """

    name: ClassVar[str] = "slurm"
    partition: str = ""
    time: str = ""
    notice: int = 120
    memory: str = ""
    account: str = ""
    sbatch: str = ""
    _listed: set[str] = field(default_factory=set, init=False, repr=False)
    _listed_at: float = field(default=float("-inf"), init=False, repr=False)
    _answers: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        missing = [command for command in _COMMANDS if shutil.which(command) is None]
        if missing:
            raise UserError(
                f"--backend slurm needs {', '.join(missing)} on the PATH; run the study where you submit jobs"
            )

    def _start(self, job: Job, token: str) -> str:
        log = os.path.abspath(job.log).replace("%", "%%")  # sbatch fills in %j and the like
        options = [
            "--parsable",
            "--no-requeue",
            "--ntasks=1",
            f"--job-name={token}",
            f"--output={log}",
            "--open-mode=append",
            f"--cpus-per-task={self.cpus}",
            f"--signal=B:TERM@{self.notice}",
        ]
        optional = {
            "partition": self.partition,
            "time": self.time,
            "mem": self.memory,
            "account": self.account,
            "gpus": self.gpus,
        }
        options += [f"--{name}={value}" for name, value in optional.items() if value]
        command = [sys.executable, "-m", "ganbench.cli.study_job", str(Path(job.folder).absolute()), token]
        # ``exec``, since Slurm sends its signals to the process of the script
        script = f"#!/bin/sh\nexec {shlex.join(command)}\n"
        done = _call(["sbatch", *options, *shlex.split(self.sbatch)], script)
        if done.returncode != 0:
            raise SubmitError(f"sbatch accepts no job: {_last_line(done.stderr)}")
        self._listed.add(token)
        return done.stdout.strip().partition(";")[0]

    def _is_active(self, token: str) -> bool:
        """Whether squeue lists the job, as of the last ``poll_interval`` seconds."""
        if time.monotonic() - self._listed_at >= self.poll_interval / 2:
            done = _call(["squeue", "--noheader", "--me", "--states=all", "--format=%j|%T"])
            self._listed_at = time.monotonic()
            self._answers = done.returncode == 0
            if self._answers:
                jobs = [line.strip().partition("|") for line in done.stdout.splitlines()]
                self._listed = {name for name, _, state in jobs if state not in _ENDED_STATES}
        if not self._answers:
            return True  # the controller is away, or busy; the job's own files count all the same
        return token in self._listed

    def _cancel(self, token: str) -> None:
        """A signal to the script's process saves a checkpoint; without one, Slurm would kill all processes soon."""
        _call(["scancel", "--me", f"--name={token}", "--state=PENDING"])
        _call(["scancel", "--me", f"--name={token}", "--state=RUNNING", "--batch", "--signal=TERM"])


def _call(command: list[str], script: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, input=script, capture_output=True, text=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer in {_TIMEOUT:.0f} s")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it gave no reason"])[-1]
