"""A process that leaves its group keeps nothing of it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest
from tests.support.ports import free_port

LEAVE = textwrap.dedent(
    """
    import os
    from pathlib import Path

    import torch

    from ganbench.training.engine import Engine
    from ganbench.training.settings import Machine

    def gloo_threads():
        return [p for p in Path("/proc/self/task").glob("*/comm") if "gloo" in p.read_text()]

    with Engine(Machine(threads=1)) as engine:
        import torch._dynamo  # as optimizers do, when a training begins
        engine.broadcast("text")
        assert gloo_threads(), "the test looks for the right threads"
    print(len(gloo_threads()))
    """
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are read from /proc")
def test_leaving_the_group_ends_its_threads() -> None:
    # A thread that is left destroys tensors while the interpreter ends, which aborts the process.
    world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LEAVE],
            env={**os.environ, **world, "OMP_NUM_THREADS": "1", "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs == ["0\n", "0\n"]
