"""Compare what ``ganbench plan`` predicts for two and four processes of this machine with what they take.

    python -m benchmarks.plan [RECIPE ...] [--rounds 3] [--out results/plan.json]

The constants are measured with one process on one thread, those of gloo by all-reduces. Where there are more processes
than cores, they share them, and the predicted time to compute is multiplied by processes per core.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from benchmarks.trainer import available_data
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.hardware import Hardware
from ganbench.experiment.scale_plan import count_work, measure_this_machine, predict
from ganbench.inference.build import make_dataset
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine, processor

RECIPES = ("gan-ring8", "gan-mnist", "dcgan-cifar10")
_STEPS, _WARMUP, _ALL_REDUCES = 20, 3, 100
_SIZES = (1_000, 1_000_000)  # numbers in the all-reduces whose times give latency and bandwidth


def main() -> None:
    """Measure and print the ratios; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", metavar="RECIPE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure_here(arguments.measure)
        return
    rows = {name: compare(name, arguments.rounds) for name in arguments.recipes}
    machine = {"processor": processor(), "platform": platform.platform(), "cores": os.cpu_count()}
    print(json.dumps(rows, indent=1))
    if arguments.out:
        report = {"recipes": rows, "machine": {**machine, "torch": torch.__version__}}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def benchmark_recipe(name: str) -> Recipe:
    """Return a recipe with its laptop budget, on one thread, with data that are at hand."""
    recipe = find_recipe(name, "laptop").override({"machine.threads": 1})
    return recipe.override(available_data(recipe.data.target.__name__))


def compare(name: str, rounds: int) -> dict[str, Any]:
    """Return the predicted and the measured milliseconds of a step, by the number of processes."""
    recipe = benchmark_recipe(name)
    rows: dict[int, dict[str, Any]] = {}
    for processes in (1, 2, 4):
        predicted, measured, reduced = [], [], []
        for _ in range(rounds):
            with Engine(recipe.machine) as engine:
                dataset = make_dataset(recipe)
                work = count_work(recipe, dataset, engine)
                here = measure_this_machine(recipe, dataset, engine, work)
            found = run_processes(name, processes)
            share = max(1.0, processes / (os.cpu_count() or 1))
            constants = with_network(here, found, share) if processes > 1 else here
            plan = predict(recipe, work, constants, devices=processes)
            predicted.append(plan.step_seconds)
            reduced.append(plan.reduce_seconds)
            measured.append(found["step"])
        rows[processes] = {
            "predicted_ms": round(1e3 * statistics.median(predicted), 2),
            "of_which_reduce_ms": round(1e3 * statistics.median(reduced), 2),
            "measured_ms": round(1e3 * statistics.median(measured), 2),
            "measured_to_predicted": round(
                statistics.median(m / p for m, p in zip(measured, predicted, strict=True)), 2
            ),
        }
    return {str(processes): row for processes, row in rows.items()}


def with_network(here: Hardware, found: dict[str, float], share: float) -> Hardware:
    """Return this machine with gloo's measured constants and the cores shared by the processes.

    A ring of n processes sends 2 (n - 1) messages of an n-th each, so two sizes give latency and bandwidth.
    """
    messages = 2 * (found["processes"] - 1)
    small, large = (4 * size / found["processes"] for size in _SIZES)
    per_byte = max(found["large"] - found["small"], 1e-9) / messages / (large - small)
    return dataclasses.replace(
        here,
        flops=here.flops / share,
        update_seconds=here.update_seconds * share,
        bandwidth=1 / per_byte,
        latency=max(found["small"] / messages - small * per_byte, 0.0),
    )


def run_processes(name: str, processes: int) -> dict[str, float]:
    """Return what :func:`measure_here` measures in so many processes."""
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *launch, "-m", "benchmarks.plan", "--measure", name]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} failed:\n{done.stderr}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    result: dict[str, float] = json.loads(line)
    return result


def measure_here(name: str) -> None:
    """In each process: print the seconds of a step and of all-reduces of two sizes, in the main process only."""
    recipe = benchmark_recipe(name)
    with Engine(recipe.machine) as engine:
        found = {"processes": engine.world_size, "small": 0.0, "large": 0.0}
        if engine.world_size > 1:
            for key, size in zip(("small", "large"), _SIZES, strict=True):
                found[key] = _seconds_of_all_reduce(torch.ones(size))
        trainer = make_trainer(recipe, make_dataset(recipe), engine, seed=0)
        for _ in range(_WARMUP):
            trainer.train_step()
        start = time.perf_counter()
        for _ in range(_STEPS):
            trainer.train_step()
        found["step"] = (time.perf_counter() - start) / _STEPS
        if engine.is_main_process:
            print(json.dumps(found), flush=True)


def _seconds_of_all_reduce(buffer: torch.Tensor) -> float:
    dist.all_reduce(buffer)
    start = time.perf_counter()
    for _ in range(_ALL_REDUCES):
        dist.all_reduce(buffer)
    return (time.perf_counter() - start) / _ALL_REDUCES


if __name__ == "__main__":
    main()
