"""How many CPU cores this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Return the number of cores that the process may use: its CPU affinity, limited by a container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def threads_per_process(processes: int = 1) -> int:
    """Return the number of threads for each of several processes: ``OMP_NUM_THREADS``, or an equal share of the cores.

    ``OMP_NUM_THREADS`` may be a list, one number for each level of nesting; the first one counts. A value that is not a
    number is ignored, as by OpenMP itself.
    """
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first) > 0:
        return int(first)
    return max(1, usable_cores() // processes)


def cpu_quota(cgroup: Path = _CGROUP) -> float | None:
    """Return how many cores' worth of time the process's control group grants; None without a limit."""
    try:
        quota, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()  # version 2
    except (OSError, ValueError):
        files = (cgroup / "cpu" / f"cpu.cfs_{name}_us" for name in ("quota", "period"))
        try:
            quota, period = (file.read_text(encoding="ascii") for file in files)
        except OSError:
            return None
    return float(quota) / float(period) if quota.strip().isdecimal() else None  # "max" and -1 are no limit
