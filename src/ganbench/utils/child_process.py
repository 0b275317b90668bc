"""Processes that Ctrl-C does not reach, and how their parent asks them to stop; Windows has no signals for that."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

_CONTROL_C_EXIT = 0xC000013A  # how Windows ends a process that does not handle the event
#: In the environment of a process that a batch system may signal and its parent, too, with another signal.
FORWARDED_SIGNALS = "GANBENCH_FORWARDED_SIGNALS"
_BREAK = 21  # SIGBREAK, which only Windows has


def own_group() -> dict[str, Any]:
    """Return the arguments of ``subprocess.Popen`` for a process in a group of its own."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def ask_to_stop(process: subprocess.Popen[Any]) -> None:
    """Ask a process of its own group to save its work and end: by SIGTERM, on Windows by Ctrl-Break.

    There, ``Popen.terminate`` would end it at once.
    """
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.terminate()


def was_stopped(code: int) -> bool:
    """Return whether an exit code says that a signal or an event of the console ended the process."""
    stopped = {128 + int(number) for number in (signal.SIGINT, signal.SIGTERM, _BREAK)}
    return code < 0 or code in stopped or code == _CONTROL_C_EXIT


def stop_signals() -> tuple[int, ...]:
    """Return the signals that ask a process to stop: SIGINT, SIGTERM and, on Windows, SIGBREAK."""
    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))
