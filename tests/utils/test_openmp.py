from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ganbench.utils.openmp import restart_threads, wait_passively


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"OMP_WAIT_POLICY": "PASSIVE"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"}),
        ({"GOMP_SPINCOUNT": "100"}, {"GOMP_SPINCOUNT": "100"}),
        ({"KMP_BLOCKTIME": "200"}, {"KMP_BLOCKTIME": "200"}),
    ],
)
def test_idle_threads_sleep_unless_the_user_says_otherwise(
    before: dict[str, str], after: dict[str, str]
) -> None:
    environ = dict(before)
    wait_passively(environ)
    assert environ == after


PROGRAM = """
import os, runpy, sys

class Loader:
    def find_spec(self, name, *rest):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Loader())
sys.argv = ["ganbench", *sys.argv[2:]]
"""
EVALUATE = ["evaluate", "ring8", "--against", "ring8"]
STARTS = {
    "command line": ("from ganbench.cli.main import main; main()", EVALUATE),
    "module": ("runpy.run_module('ganbench', run_name='__main__')", EVALUATE),
    "study's worker": (
        "runpy.run_module('ganbench.cli.study_worker', run_name='__main__')",
        [str(os.getpid()), *EVALUATE],
    ),
    "tests": (f"runpy.run_path({str(Path(__file__).parents[1] / 'conftest.py')!r}); import torch", []),
}


@pytest.mark.parametrize("start", STARTS)
def test_it_is_set_before_torch_is_loaded(start: str) -> None:
    """OpenMP reads its settings when torch loads it."""
    line, arguments = STARTS[start]
    environ = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    command = [sys.executable, "-c", PROGRAM + line, "-", *arguments]
    process = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert process.stdout == "PASSIVE\n", process.stderr


def test_new_threads_take_over_the_treatment_of_denormals() -> None:
    """Threads keep the mode in which they were created; half of these numbers are another thread's work."""
    tiny = torch.full((1 << 20,), 1e-40)
    torch.set_num_threads(2)
    counts = []
    for flush in (False, True, False):
        torch.set_flush_denormal(flush)
        restart_threads()
        counts.append(int(((tiny * 1.0).view(torch.int32) != 0).sum()))
    assert counts == [len(tiny), 0, len(tiny)]
