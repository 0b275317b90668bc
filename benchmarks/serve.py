"""Measure `ganbench serve` under load: its throughput against the bare model, its latencies, and its correctness.

    python -m benchmarks.serve [--rounds 3] [--seconds 10] [--requests 10000] [--cases 2000] [--out results/serve.json]

The server is a process of its own, with a model of 32x32 images: ``dcgan-shapes`` of the published size, trained for
one step, as speed does not depend on the weights. 64 clients, each with one connection, are in this process.

- **Throughput**: in each round, the bare model computes batches of 32 for some seconds, and then the server is loaded
  with requests of n samples. ``ratio`` is the served samples per second by those of the bare model, the median over
  rounds. Both have one thread. ``cpu_ms`` is the CPU time of a sample, which depends less on what else the machine
  does; that of the server includes HTTP. The goal is for requests of 8 samples: those of one sample are limited by
  HTTP, unless the model is larger.
- **Correctness**: 10,000 requests of 1 to 8 samples, of which a tenth breaks off before there is an answer. Each other
  answer must have the very bytes that the model gives alone.
- **Random requests**: 2,000, made by schemathesis after the schema of a server with a model that samples, one that
  encodes and one that translates. None may fail.
- **Stop**: SIGTERM while each client waits for an answer; all must be answered, and the exit code be 0.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch

import ganbench
from benchmarks.serve_fuzz import fuzz
from benchmarks.serve_load import Outcome, Request, load
from ganbench.inference.model import Model
from ganbench.metrics.record import versions
from ganbench.training.engine import processor
from ganbench.utils.files import write_json
from ganbench.visualization.export import encode_npz

GOALS = {"ratio": 0.85, "lost": 0, "wrong": 0, "server_errors": 0}
RECIPE, BATCH, CLIENTS = "dcgan-shapes", 32, 64
SAMPLES = (1, 8)  # of a request, for the throughput
_KINDS = 400  # different requests among those whose bytes are compared
_BROKEN_OFF = 0.1
_FUZZED = ("simsiam-shapes", "stargan-shapes")  # besides the model of the rest


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    busy = [round(value, 1) for value in os.getloadavg()]
    with tempfile.TemporaryDirectory() as folder:
        run = train_one_step(RECIPE, "reference", Path(folder) / "run")
        model = ganbench.load(run)
        with serving(run) as (port, process):
            record: dict[str, Any] = {
                "throughput": throughput(model, port, process.pid, arguments.rounds, arguments.seconds),
                "correctness": correctness(model, port, arguments.requests),
                "stop": stop(port, process),
            }
        others = [train_one_step(name, "laptop", Path(folder) / name) for name in _FUZZED]
        with serving(run, *others) as (port, _):
            record["random_requests"] = fuzz(port, arguments.cases)
    record = {
        "goals": GOALS,
        "recipe": RECIPE,
        "batch": BATCH,
        "clients": CLIENTS,
        "threads": 1,
        **record,
        "load": busy,
        "versions": versions("ganbench", "torch", "fastapi", "uvicorn", "starlette"),
        "machine": {"platform": platform.platform(), "processor": processor(), "cores": os.cpu_count()},
    }
    print(summary(record))
    if arguments.out:
        write_json(arguments.out, record)


def train_one_step(recipe: str, budget: Literal["laptop", "reference"], out: Path) -> Path:
    """Train a recipe for one step, and return the folder of the run."""
    changes = {"schedule.steps": 1, "schedule.checkpoint_every": 1, "schedule.evaluate_every": 0}
    return ganbench.train(recipe, budget=budget, out=out, overrides=changes).path


@contextmanager
def serving(*runs: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Start a server; yield its port and its process, which is killed at the end if it still runs."""
    command = [sys.executable, "-m", "ganbench", "serve", *map(str, runs), "--port", "0", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = re.search(r":(\d+) \(", process.stdout.readline())
        assert port, "the server has not started"
        yield int(port[1]), process
    finally:
        process.kill()
        process.wait()


def throughput(model: Model, port: int, pid: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Return samples per second and CPU time per sample of the bare model and of the server, for each n."""
    load(port, timed(1, 1.0), CLIENTS)  # warm up
    measured: dict[str, list[dict[str, float]]] = {f"n={n}": [] for n in SAMPLES}
    for _ in range(rounds):
        for n in SAMPLES:
            bare = measure_bare(model, seconds)
            before = cpu_seconds(pid)
            outcome = load(port, timed(n, seconds), CLIENTS)
            assert not outcome.lost, outcome.lost[0]
            served = outcome.samples / outcome.seconds
            measured[f"n={n}"].append(
                {
                    "bare": round(bare["samples"], 1),
                    "served": round(served, 1),
                    "ratio": round(served / bare["samples"], 3),
                    "bare_cpu_ms": round(bare["cpu_ms"], 3),
                    "served_cpu_ms": round(1000 * (cpu_seconds(pid) - before) / outcome.samples, 3),
                    "p50_ms": outcome.percentile(0.5),
                    "p99_ms": outcome.percentile(0.99),
                }
            )
    return {
        n: {
            **{key: statistics.median(each[key] for each in values) for key in values[0]},
            "by_round": values,
        }
        for n, values in measured.items()
    }


def timed(n: int, seconds: float) -> Iterator[Request]:
    """Yield requests for so many seconds."""
    end = time.monotonic() + seconds
    for seed in itertools.count():
        if time.monotonic() > end:
            return
        yield Request(f"/sample?n={n}&seed={seed}&format=npz", n)


def measure_bare(model: Model, seconds: float) -> dict[str, float]:
    """Return the samples per second of the model without a server, and the CPU time of each in ms."""
    latents = model.latents(BATCH)
    model.decode(latents)
    count, start, cpu = 0, time.monotonic(), time.process_time()
    while time.monotonic() - start < seconds:
        model.decode(latents, batch=BATCH)
        count += BATCH
    return {
        "samples": count / (time.monotonic() - start),
        "cpu_ms": 1000 * (time.process_time() - cpu) / count,
    }


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def correctness(model: Model, port: int, count: int) -> dict[str, Any]:
    """Compare the answers to requests, of which some break off, with what the model gives alone."""
    chance = random.Random(0)
    kinds = [expected_request(model, chance.randint(1, 8), seed) for seed in range(_KINDS)]
    outcome = load(port, iter([chance.choice(kinds) for _ in range(count)]), CLIENTS, _BROKEN_OFF)
    return {
        "requests": count,
        "broken_off": outcome.broken_off,
        "answered": outcome.answered,
        **failures(outcome),
        "p50_ms": outcome.percentile(0.5),
        "p99_ms": outcome.percentile(0.99),
    }


def expected_request(model: Model, n: int, seed: int) -> Request:
    """Return a request with the bytes of its answer: samples computed in a full batch, next to ones of another seed."""
    latents = torch.cat([model.latents(n, seed), model.latents(BATCH - n, seed + 10**6)])
    samples = model.decode(latents, batch=BATCH)[:n]
    body = encode_npz(model, samples, None, compress=False)
    return Request(f"/sample?n={n}&seed={seed}&format=npz", n, body)


def failures(outcome: Outcome) -> dict[str, Any]:
    """Return how many requests were lost or answered wrongly, with an example of each."""
    return {
        "lost": len(outcome.lost),
        "wrong": len(outcome.wrong),
        "examples": outcome.lost[:1] + outcome.wrong[:1],
    }


def stop(port: int, process: subprocess.Popen[str]) -> dict[str, Any]:
    """Stop the server while each client waits for an answer."""
    requests = [Request(f"/sample?n=8&seed={seed}", 8) for seed in range(CLIENTS)]
    outcomes: list[Outcome] = []
    clients = threading.Thread(target=lambda: outcomes.append(load(port, iter(requests), CLIENTS)))
    clients.start()
    time.sleep(0.2)  # all requests are sent, and most wait
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    clients.join()
    code = process.wait()
    return {"exit_code": code, "seconds": round(time.monotonic() - start, 2), **failures(outcomes[0])}


def summary(record: dict[str, Any]) -> str:
    """Return the results as lines."""
    lines = [
        f"{n}: {t['served']:.0f} samples/s of the bare model's {t['bare']:.0f} (ratio {t['ratio']:.2f}, goal "
        f"{GOALS['ratio']}); CPU {t['served_cpu_ms']:.2f} ms by {t['bare_cpu_ms']:.2f} ms a sample; p50 "
        f"{t['p50_ms']:.0f} ms, p99 {t['p99_ms']:.0f} ms"
        for n, t in record["throughput"].items()
    ]
    c, s, f = record["correctness"], record["stop"], record["random_requests"]
    lines.append(
        f"{c['requests']} requests, {c['broken_off']} broken off: {c['lost']} lost, {c['wrong']} wrong; p50 "
        f"{c['p50_ms']:.0f} ms, p99 {c['p99_ms']:.0f} ms"
    )
    lines.append(f"stop: exit code {s['exit_code']} after {s['seconds']} s, {s['lost']} lost")
    lines.append(
        f"{f['cases']} random requests: {f['server_errors']} errors of the server, {f['against_the_schema']} answers "
        "against the schema"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
