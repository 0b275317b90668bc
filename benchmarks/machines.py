"""Train over two machines, kill processes and cut the link between them, and measure how long recovery takes.

    python -m benchmarks.machines [--kills 10] [--cuts 5] [--out results/machines.json]

The machines are two network namespaces of this one, joined by a virtual cable, each with a torchrun that starts one
process. They share the file system, as the machines of a cluster do. Needs root on Linux and the command ``ip``. The
time of a recovery runs from the kill, or from when the cable is whole again, to the first logged step that is new.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench.runs.run import Run
from ganbench.training.engine import processor

HOSTS = {"ganbench-a": ("gba", "10.77.0.1"), "ganbench-b": ("gbb", "10.77.0.2")}
PORT = 29577
TIMEOUT = 10  # seconds that a process waits for the other
_CUT_SECONDS, _GIVE_UP = 15.0, 180.0


def main() -> None:
    """Measure the recoveries and print them; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--cuts", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, two_hosts():
        report = measure(Path(folder), arguments.kills, arguments.cuts)
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


@contextmanager
def two_hosts() -> Iterator[None]:
    """Create two network namespaces with a cable between them; remove them at the end."""
    (a, (cable_a, _)), (b, (cable_b, _)) = HOSTS.items()
    try:
        for name in HOSTS:
            _ip("netns", "add", name)
        _ip("link", "add", cable_a, "type", "veth", "peer", "name", cable_b)
        for name, (cable, address) in HOSTS.items():
            _ip("link", "set", cable, "netns", name)
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", cable)
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", cable, "up")
        yield
    finally:
        for name in (a, b):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(
            f"error: `ip {' '.join(words)}` failed: {done.stderr.strip()}; it needs root and network namespaces"
        )


def measure(folder: Path, kills: int, cuts: int) -> dict[str, Any]:
    """Return the seconds of every recovery."""
    run = folder / "run"
    agents = [_start_agent(name, rank, run, folder) for rank, name in enumerate(HOSTS)]
    rows: dict[str, list[float | None]] = {"rank 0 killed": [], "rank 1 killed": [], "cable cut": []}
    try:
        _wait_for_step(run, 20)
        for trial in range(kills):
            rank = trial % 2
            step = _last_step(run)
            os.kill(_trainer_of(agents[rank].pid), signal.SIGKILL)
            rows[f"rank {rank} killed"].append(_wait_for_step(run, step + 1))
            print(rows, flush=True)
        for _ in range(cuts):
            (name, (cable, _)) = next(iter(HOSTS.items()))
            _ip("-n", name, "link", "set", cable, "down")
            time.sleep(_CUT_SECONDS)
            step = _last_step(run)
            _ip("-n", name, "link", "set", cable, "up")
            rows["cable cut"].append(_wait_for_step(run, step + 1))
            print(rows, flush=True)
    finally:
        for agent in agents:
            agent.send_signal(signal.SIGTERM)
        for agent in agents:
            agent.wait()
    return {
        "seconds": rows,
        "recovered": {key: sum(value is not None for value in values) for key, values in rows.items()},
        "cut_seconds": _CUT_SECONDS,
        "timeout": TIMEOUT,
        "machine": {"processor": processor(), "platform": platform.platform(), "cores": os.cpu_count()},
    }


def _start_agent(name: str, rank: int, run: Path, folder: Path) -> subprocess.Popen[bytes]:
    cable = HOSTS[name][0]
    first = next(iter(HOSTS.values()))[1]
    command = [
        *("ip", "netns", "exec", name, sys.executable, "-m", "torch.distributed.run"),
        *("--nnodes", "2", "--node-rank", str(rank), "--nproc-per-node", "1", "--max-restarts", "1000"),
        *("--rdzv-backend", "c10d", "--rdzv-id", "ganbench", "--rdzv-endpoint", f"{first}:{PORT}"),
        *(
            "--rdzv-conf",
            f"is_host={int(rank == 0)},keep_alive_interval=5,keep_alive_max_attempt=12",
        ),
        *("--local-addr", HOSTS[name][1], "--monitor-interval", "0.5"),
        *("-m", "ganbench", "train", "gan-r1-ring8", "--budget", "laptop", "--out", str(run)),
        *(
            "schedule.steps=10000000",
            "schedule.log_every=10",
            "schedule.sample_every=0",
            "schedule.evaluate_every=0",
        ),
        *("schedule.checkpoint_every=50", "machine.threads=1", f"machine.timeout={TIMEOUT}"),
    ]
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": cable, "OMP_NUM_THREADS": "1"}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def _trainer_of(agent: int) -> int:
    """Return the process id of the trainer that an agent has started, waiting for it if need be."""
    end = time.monotonic() + _GIVE_UP
    while time.monotonic() < end:
        children = Path(f"/proc/{agent}/task/{agent}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.1)
    raise RuntimeError("the agent has no process")


def _last_step(run: Path) -> int:
    last = 0
    for event in Run(run).events.read("scalars"):
        last = event["step"]
    return last


def _wait_for_step(run: Path, step: int) -> float | None:
    """Return the seconds until the log holds a step; None if it does not come in time."""
    start = time.monotonic()
    while time.monotonic() - start < _GIVE_UP:
        if run.exists() and _last_step(run) >= step:
            return round(time.monotonic() - start, 1)
        time.sleep(0.2)
    return None


if __name__ == "__main__":
    main()
