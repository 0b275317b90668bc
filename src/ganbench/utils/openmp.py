"""How the OpenMP threads of this process wait for work, and the floating-point mode that they inherit."""

from __future__ import annotations

import ctypes
import os
from collections.abc import MutableMapping

_WAIT_SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
_PAUSE_SOFT = 1  # omp_pause_soft in <omp.h>: threads end, settings stay


def wait_passively(environ: MutableMapping[str, str] = os.environ) -> None:
    """Make idle OpenMP threads sleep instead of spin, unless the environment already says how they wait.

    Call it before torch is imported; OpenMP reads the environment when it is loaded. Threads that spin take the cores
    from other processes: with more work than cores on a machine, a training step took four times as long with two
    spinning threads. On a quiet machine the difference is within the noise.
    """
    if not any(name in environ for name in _WAIT_SETTINGS):
        environ["OMP_WAIT_POLICY"] = "PASSIVE"


def restart_threads() -> None:
    """End the OpenMP threads that work for this thread; new ones start when needed, with its floating-point mode.

    A thread takes over the mode of its creator, such as whether denormals are flushed, and keeps it. OpenMP runtimes
    older than version 5 cannot end their threads; there, those that run already keep their mode.
    """
    try:
        pause = ctypes.CDLL(None).omp_pause_resource_all
    except (AttributeError, OSError, TypeError):  # an old OpenMP runtime, or Windows
        return
    pause(_PAUSE_SOFT)
