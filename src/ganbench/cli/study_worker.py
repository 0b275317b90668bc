"""The command line of a study's worker process, which ends when its parent ends.

Usage: ``python -m ganbench.cli.study_worker PARENT_PID ARGUMENTS``

On Linux the kernel sends SIGTERM to the worker when its parent has ended for any reason. So a killed study leaves no
processes behind: a training run saves a checkpoint and stops. On other systems, a run whose parent was killed continues
to its end.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in <sys/prctl.h>


def main() -> None:
    """Run ``ganbench ARGUMENTS``."""
    parent = int(sys.argv.pop(1))
    terminate_with_parent(parent)
    from ganbench.cli.main import main as command_line

    command_line()


def terminate_with_parent(parent: int) -> None:
    """Request SIGTERM for the end of the parent process; exit at once if it has already ended."""
    if (
        sys.platform == "win32"
    ):  # the ``python`` of an environment starts another, so the parent is not the study
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
