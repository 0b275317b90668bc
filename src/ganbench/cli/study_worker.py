"""The command line of a study's worker process, which ends with its parent.

``python -m ganbench.cli.study_worker PARENT ARGUMENTS``.

On Linux the system sends SIGTERM when the parent is gone, however it went, so that a killed study leaves no process
behind: a training saves a checkpoint and stops. Elsewhere a training whose parent was killed goes on to its end.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1  # from <sys/prctl.h>


def main() -> None:
    """Run ``ganbench ARGUMENTS``."""
    parent = int(sys.argv.pop(1))
    end_with(parent)
    from ganbench.cli.main import main as command_line

    command_line()


def end_with(parent: int) -> None:
    """Ask for SIGTERM when the parent ends; end at once if it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
