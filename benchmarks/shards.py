"""Measure data beyond memory: the keyed order, huge sets, kills, a failing store, and steps against images in memory.

    python -m benchmarks.shards [--only order huge kills store steps] [--work DIR] [--out results/shards.json]

``kills`` trains a small GAN on shards, kills it 20 times at random points, and compares the items of all its batches,
and the last checkpoint, with those of a run that nobody killed. ``store`` trains the same from a loopback server that
is slow and fails in three of ten answers. ``steps`` needs CIFAR-10 (JPEG) in ``$GANBENCH_DATA`` and alternates, in one
process, between images in memory and the same images in shards. ``memory`` loads that set in two processes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganbench.data.audit.prepare_shards import prepare_shards

SIZES = (
    1,
    2,
    3,
    5,
    7,
    10,
    16,
    17,
    31,
    64,
    100,
    257,
    1000,
    1009,
    4096,
    10_000,
    65_537,
    100_003,
    10**6,
    1_000_003,
)
HUGE, LATE = 10**9, 9 * 10**8
KILLS, STEPS, STORE_STEPS = 20, 400, 50
ROUNDS, STEPS_IN_A_ROW = 12, 12


def main() -> None:
    """Measure the parts and print the numbers; ``--out`` stores them."""
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "order": order,
        "huge": huge,
        "kills": kills,
        "store": store,
        "steps": steps,
        "memory": memory,
    }
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--work", type=Path, default=Path("shards-benchmark"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    machine = {"platform": platform.platform(), "cores": os.cpu_count()}
    for name in arguments.only:
        numbers = parts[name](arguments.work)
        print(name, json.dumps(numbers), flush=True)
        if arguments.out:
            known = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
            report = {**known, "machine": machine, name: numbers}
            arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def order(work: Path) -> dict[str, Any]:
    """Test the permutation at 20 sizes, and time 1,024 indices of 10^9."""
    import numpy as np

    from ganbench.data.keyed_permutation import permute

    whole = sum(bool((np.sort(permute(np.arange(size), size, 5)) == np.arange(size)).all()) for size in SIZES)

    def milliseconds(start: int) -> float:
        positions, times = np.arange(start, start + 1024), []
        for _ in range(200):
            before = time.perf_counter()
            permute(positions, HUGE, 5)
            times.append(1000 * (time.perf_counter() - before))
        return round(statistics.median(times), 3)

    return {
        "sizes": len(SIZES),
        "bijections": whole,
        "ms_per_1024_of_1e9": {"position 0": milliseconds(0), "position 9e8": milliseconds(LATE)},
    }


def huge(work: Path) -> dict[str, Any]:
    """Read the first batches of a set of 10^9 items whose index is a file with holes, in a fresh process."""
    return _child("huge", str(work / "huge"), str(HUGE), str(LATE))


def kills(work: Path) -> dict[str, Any]:
    """Kill a training 20 times; count lost and repeated items, and compare the last checkpoint."""
    data = _small_shards(work)
    whole, killed = work / "whole", work / "killed"
    _run_to_the_end(whole, f"shards:{data}")
    rng, count = random.Random(0), 0
    while count < KILLS:
        process = _start(killed, f"shards:{data}")
        begun = _lines(killed)
        target = begun + rng.randint(1, 3 * STEPS // (2 * KILLS))
        while process.poll() is None and _lines(killed) < target:
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            count += 1
        if process.wait() == 0:
            break
    _run_to_the_end(killed, f"shards:{data}")
    expected, got = _items(whole), _items(killed)
    lost = sum(len(set(items) - set(got.get(batch, []))) for batch, items in expected.items())
    again = sum(len(set(got.get(batch, [])) - set(items)) for batch, items in expected.items())
    return {
        "kills": count,
        "batches": len(expected),
        "batches_trained_with_repeats": _lines(killed),
        "items_lost": lost,
        "items_repeated": again,
        "last_checkpoint_equal": _digest(whole) == _digest(killed),
    }


def store(work: Path) -> dict[str, Any]:
    """Train from a slow, failing server, and from one that dies."""
    from benchmarks.range_server import serve_ranges

    data, whole, remote = _small_shards(work), work / "short", work / "remote"
    _run_to_the_end(whole, f"shards:{data}", steps=STORE_STEPS)
    faults = ["500", "", "", "short", "", "", "cut", "", "", ""]

    def slow(number: int, name: str) -> str:
        time.sleep(0.02)
        return faults[number % len(faults)]

    with serve_ranges(data) as server:
        server.faults = slow
        extra = ("data.cache_gb=0.0005",)
        before = time.perf_counter()
        _run_to_the_end(remote, f"shards:{server.url}", *extra, steps=STORE_STEPS)
        seconds = time.perf_counter() - before
        requests = len(server.requests)
        server.faults = lambda number, name: "" if "index" in name or number < requests + 20 else "500"
        dead = _start(work / "dead", f"shards:{server.url}", *extra, "data.tries=3")
        _, text = dead.communicate()
    return {
        "requests": requests,
        "failed": sum(bool(faults[number % len(faults)]) for number in range(requests)),
        "seconds": round(seconds, 1),
        "last_checkpoint_equal": _digest(whole) == _digest(remote),
        "dead_server": {"exit_code": dead.returncode, "last_line": text.strip().splitlines()[-1]},
    }


def steps(work: Path) -> dict[str, Any]:
    """Alternate between CIFAR-10 (JPEG) in memory and in shards; return milliseconds per step."""
    data = work / "cifar"
    if not data.exists():
        prepare_shards("cifar10-jpeg", data)
    return _child("steps", str(data), str(ROUNDS), str(STEPS_IN_A_ROW))


def memory(work: Path) -> dict[str, Any]:
    """Load CIFAR-10 (JPEG) in two processes, and return the MiB that each holds, once the decoded images are cached."""
    command = [sys.executable, "-m", "benchmarks.shards_child", "hold"]
    subprocess.run(command, check=True, input="", capture_output=True, text=True)
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    rows = []
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
        values = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
        rows.append({key: round(values[key]) for key in ("Rss", "Pss", "Pss_Anon", "Pss_File")})
    for process in processes:
        process.communicate("\n")
    return {"images_mib": round(50_000 * 3 * 32 * 32 / 2**20), "processes": rows}


def _small_shards(work: Path) -> Path:
    data = work / "small"
    if not data.exists():
        prepare_shards("shapes", data, items_per_shard=1000, split="test")
    return data


def _command(run: Path, data: str, *changes: str, steps: int = STEPS) -> list[str]:
    return [sys.executable, "-m", "benchmarks.shards_child", "train", str(run), data, str(steps), *changes]


def _start(run: Path, data: str, *changes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _command(run, data, *changes), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _run_to_the_end(run: Path, data: str, *changes: str, steps: int = STEPS) -> None:
    subprocess.run(
        _command(run, data, *changes, steps=steps),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _child(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.shards_child", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _lines(run: Path) -> int:
    path = run.with_suffix(".jsonl")
    return len(path.read_text().splitlines()) if path.exists() else 0


def _items(run: Path) -> dict[int, list[int]]:
    """Return the items of each batch as they were trained last."""
    lines = [json.loads(line) for line in run.with_suffix(".jsonl").read_text().splitlines()]
    return {line["batch"]: line["items"] for line in lines}


def _digest(run: Path) -> str:
    """Return a hash of the last checkpoint's networks."""
    path = max(run.glob("checkpoints/step-*"))
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.name != "manifest.json":
            digest.update(file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
