"""Compare the throughput of forward and backward passes with the peak of single convolutions on this machine.

    python -m benchmarks.passes [RECIPE ...] [--rounds 5] [--threads 1] [--out results/passes.json]

The peak is the highest rate of the forward and backward passes of single 3x3 convolutions of typical sizes in
channels-last layout, measured in the same run. For each recipe with its laptop budget, torch counts the floating-point
operations of a step (two for a multiplication and an addition). They are divided by the time of the step's passes,
without data, optimizers and EMA. All take turns, so that a machine that slows down affects all; medians over the rounds
are reported. The rate of convolutions and matrix products alone, by torch's profiler, is what the passes would reach if
everything else took no time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from benchmarks.trainer import available_data
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine, processor
from ganbench.training.flop_counter import FlopCounter
from ganbench.training.settings import Machine
from ganbench.training.trainer import Trainer

RECIPES = ("sndcgan-cifar10", "sndcgan-acgan-cifar10", "dcgan-cifar10", "sngan-cifar10")
#: Channels and image size of the single convolutions; 64 images each.
CONVOLUTIONS = ((32, 32), (64, 16), (128, 16), (256, 8))
_BATCH, _STEPS, _WARMUP = 64, 5, 3
_MATRIX_PRODUCTS = ("aten::addmm", "aten::mm", "aten::bmm")


def main() -> None:
    """Measure and print the rates; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with Engine(Machine(threads=arguments.threads)):
        report = measure_recipes(arguments.recipes, arguments.rounds, arguments.threads)
    _print(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure_recipes(recipes: list[str], rounds: int, threads: int) -> dict[str, Any]:
    """Return the peak and the rate of each recipe in GFLOP/s, and the recipe's share of the peak."""
    singles = {
        f"{channels} channels at {side}x{side}": make_convolution_benchmark(channels, side)
        for channels, side in CONVOLUTIONS
    }
    trainers = {name: make_warm_trainer(name, threads) for name in recipes}
    work = {name: count_operations(trainer) for name, trainer in trainers.items()}
    rates: dict[str, list[float]] = {name: [] for name in (*singles, *trainers)}
    alone: dict[str, list[float]] = {name: [] for name in trainers}
    for _ in range(rounds):
        for name, run in singles.items():
            rates[name].append(run())
        for name, trainer in trainers.items():
            rates[name].append(work[name] / seconds_of_passes(trainer) / 1e9)
            alone[name].append(work[name] / seconds_of_products(trainer) / 1e9)
    medians = {name: round(statistics.median(each), 1) for name, each in rates.items()}
    peak = max(medians[name] for name in singles)
    return {
        "peak_gflops": peak,
        "single_gflops": {name: medians[name] for name in singles},
        "recipes": {
            name: {
                "gflop_per_step": round(work[name] / 1e9, 2),
                "gflops": medians[name],
                "share_of_peak": round(medians[name] / peak, 3),
                "products_alone_share_of_peak": round(statistics.median(alone[name]) / peak, 3),
            }
            for name in trainers
        },
        "machine": {
            "processor": processor(),
            "platform": platform.platform(),
            "torch": torch.__version__,
            "threads": threads,
            "rounds": rounds,
        },
    }


def make_convolution_benchmark(channels: int, side: int) -> Callable[[], float]:
    """Return a function that measures the GFLOP/s of a 3x3 convolution, forward and backward."""
    layer = nn.Conv2d(channels, channels, 3, padding=1).to(memory_format=torch.channels_last)
    x = torch.randn(_BATCH, channels, side, side).to(memory_format=torch.channels_last).requires_grad_()
    gradient = torch.randn_like(layer(x))
    work = 3 * 2 * 9 * channels**2 * side**2 * _BATCH

    def run() -> float:
        layer(x).backward(gradient)
        start = time.perf_counter()
        for _ in range(_STEPS):
            layer(x).backward(gradient)
        return work * _STEPS / (time.perf_counter() - start) / 1e9

    return run


def make_warm_trainer(name: str, threads: int) -> Trainer:
    """Return the trainer of a recipe with its laptop budget, after a few steps."""
    recipe = find_recipe(name, "laptop").override({"machine.threads": threads})
    recipe = recipe.override(available_data(recipe.data.target.__name__))
    trainer = make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), seed=0)
    for _ in range(_WARMUP):
        trainer.train_step()
    return trainer


def count_operations(trainer: Trainer) -> int:
    """Return the number of floating-point operations of one step's convolutions and matrix products."""
    totals = []
    for _ in range(3):  # on a busy machine, a counter once missed a product of a step
        with FlopCounter() as counter:
            trainer.train_step()
        totals.append(counter.flop)
    return max(totals)


def seconds_of_passes(trainer: Trainer) -> float:
    """Return the wall seconds of the passes of one step."""
    trainer.clock.take()
    for _ in range(_STEPS):
        trainer.train_step()
    times = trainer.clock.take()
    return sum(times[phase.name] for phase in trainer.phases) / _STEPS


def seconds_of_products(trainer: Trainer) -> float:
    """Return the CPU seconds of the convolutions and matrix products of one step."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(_STEPS):
            trainer.train_step()
    times = [
        event.self_cpu_time_total
        for event in profiler.key_averages()
        if "convolution" in event.key or event.key in _MATRIX_PRODUCTS
    ]
    return sum(times) / 1e6 / _STEPS


def _print(report: dict[str, Any]) -> None:
    print(f"peak of single convolutions: {report['peak_gflops']} GFLOP/s {report['single_gflops']}")
    for name, row in report["recipes"].items():
        print(
            f"{name}: {row['gflop_per_step']} GFLOP a step at {row['gflops']} GFLOP/s, "
            f"{100 * row['share_of_peak']:.0f} % of the peak "
            f"({100 * row['products_alone_share_of_peak']:.0f} % in convolutions and matrix products alone)"
        )


if __name__ == "__main__":
    main()
