"""The process that runs a ``ganbench`` command of a study."""

from __future__ import annotations

import os
import sys

#: Runs a ``ganbench`` command that ends with its parent; the first argument is the parent's process id.
WORKER = (sys.executable, "-m", "ganbench.cli.study_worker")


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment of a worker with this number of threads."""
    number = str(threads)
    return {
        **os.environ,
        "OMP_NUM_THREADS": number,
        "MKL_NUM_THREADS": number,
        "PYTHONIOENCODING": "utf-8",
    }
