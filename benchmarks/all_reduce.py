"""Compare one flat all-reduce of all gradients with torch's DistributedDataParallel, in two processes.

    python -m benchmarks.all_reduce [RECIPE ...] [--rounds 5] [--out results/all_reduce.json]

Both backpropagate through the same networks with the same batch, in turn. The time of a pass without any exchange is
measured as well, so that what each adds is known. Both send every gradient once; DDP exchanges buckets while the rest
is still computed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from benchmarks.plan import benchmark_recipe
from ganbench.inference.build import assemble, make_dataset
from ganbench.training.engine import Engine, processor
from ganbench.training.settings import Machine

RECIPES = ("gan-ring8", "dcgan-cifar10", "sndcgan-cifar10")
_PASSES, _WARMUP, _BATCH = 10, 3, 16


def main() -> None:
    """Measure and print the times; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        with Engine(Machine(threads=1)) as engine:
            rows = {name: measure(name, engine, arguments.rounds) for name in arguments.recipes}
            if engine.is_main_process:
                print(json.dumps(rows), flush=True)
        return
    launch = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "-m",
        "benchmarks.all_reduce",
    ]
    command = [sys.executable, *launch, "--measure", "--rounds", str(arguments.rounds), *arguments.recipes]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    rows = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    print(json.dumps(rows, indent=1))
    if arguments.out:
        machine = {"processor": processor(), "platform": platform.platform(), "cores": os.cpu_count()}
        report = {"recipes": rows, "machine": {**machine, "torch": torch.__version__}}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure(name: str, engine: Engine, rounds: int) -> dict[str, Any]:
    """Return the milliseconds of a pass of G forward and backward: alone, with one flat all-reduce, and with DDP."""
    recipe = benchmark_recipe(name)
    parts = assemble(recipe, make_dataset(recipe).info, 0)
    generator = parts.networks["G"].train()
    wrapped = DistributedDataParallel(generator)
    z = torch.randn(_BATCH, parts.latent.size)
    parameters = list(generator.parameters())

    def flat() -> None:
        _backward(generator, z)
        engine.reduce_gradients(parameters)

    passes: dict[str, Callable[[], None]] = {
        "alone": lambda: _backward(generator, z),
        "flat": flat,
        "ddp": lambda: _backward(wrapped, z),
    }
    times: dict[str, list[float]] = {key: [] for key in passes}
    for _ in range(rounds):
        for key, run in passes.items():
            times[key].append(_seconds(run, parameters))
    medians = {key: statistics.median(values) for key, values in times.items()}
    return {
        "gradient_mb": round(4e-6 * sum(p.numel() for p in parameters), 3),
        **{f"{key}_ms": round(1e3 * value, 2) for key, value in medians.items()},
        "flat_adds_ms": round(1e3 * (medians["flat"] - medians["alone"]), 2),
        "ddp_adds_ms": round(1e3 * (medians["ddp"] - medians["alone"]), 2),
    }


def _backward(network: nn.Module, z: Tensor) -> None:
    network(z).square().mean().backward()


def _seconds(run: Callable[[], None], parameters: list[nn.Parameter]) -> float:
    for count in (_WARMUP, _PASSES):
        dist.barrier()
        start = time.perf_counter()
        for _ in range(count):
            for parameter in parameters:
                parameter.grad = None
            run()
    return (time.perf_counter() - start) / _PASSES


if __name__ == "__main__":
    main()
