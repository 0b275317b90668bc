"""How near forward and backward passes come to what the machine's convolutions can do.

    python -m benchmarks.passes [RECIPE ...] [--rounds 5] [--threads 1] [--out results/passes.json]

The peak is the best rate of forward and backward passes of single convolutions of usual sizes, 3x3 in channels-last
layout, measured in the same run. Of each recipe, at laptop size, floating-point operations of a whole step are counted
by torch (two for a multiplication and an addition) and divided by the time of its passes, without data, optimizers and
averages. Rounds take turns, so that a machine that slows down does so for all; the median counts. The rate of
convolutions and matrix products alone, by torch's profiler, is what passes would reach if all else took no time.
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
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.trainer import data_at_hand
from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine, processor
from ganbench.training.trainer import Trainer
from ganbench.utils.malloc import keep_pages

RECIPES = ("sndcgan-cifar10", "sndcgan-acgan-cifar10", "dcgan-cifar10", "sngan-cifar10")
#: Channels and side of single convolutions; 64 pictures each.
PEAK = ((32, 32), (64, 16), (128, 16), (256, 8))
_BATCH, _STEPS, _WARM_UP = 64, 5, 3
_MATRIX_PRODUCTS = ("aten::addmm", "aten::mm", "aten::bmm")


def main() -> None:
    """Measure, print a table, and with ``--out`` keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_pages()
    report = measured(arguments.recipes, arguments.rounds, arguments.threads)
    _print(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measured(recipes: list[str], rounds: int, threads: int) -> dict[str, Any]:
    """Return the peak and each recipe's rate, in GFLOP/s, and what share of the peak that is."""
    singles = {f"{channels} channels at {side}x{side}": single(channels, side) for channels, side in PEAK}
    trainers = {name: trainer_of(name, threads) for name in recipes}
    work = {name: operations(trainer) for name, trainer in trainers.items()}
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


def single(channels: int, side: int) -> Callable[[], float]:
    """Return what measures the GFLOP/s of one 3x3 convolution, forward and backward."""
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


def trainer_of(name: str, threads: int) -> Trainer:
    """Return the recipe's trainer at laptop size, warmed up."""
    recipe = find_recipe(name, "laptop").override({"machine.threads": threads})
    recipe = recipe.override(data_at_hand(recipe.data.target.__name__))
    trainer = make_trainer(recipe, make_dataset(recipe), Engine(recipe.machine), seed=0)
    for _ in range(_WARM_UP):
        trainer.train_step()
    return trainer


def operations(trainer: Trainer) -> int:
    """Return the floating-point operations of one step's convolutions and matrix products."""
    with FlopCounterMode(display=False) as counter:
        trainer.train_step()
    return int(counter.get_total_flops())


def seconds_of_passes(trainer: Trainer) -> float:
    """Return the wall seconds that one step spends in its phases' passes."""
    trainer.clock.take()
    for _ in range(_STEPS):
        trainer.train_step()
    taken = trainer.clock.take()
    return sum(taken[phase.name] for phase in trainer.phases) / _STEPS


def seconds_of_products(trainer: Trainer) -> float:
    """Return the seconds that one step spends in convolutions and matrix products."""
    with profile(activities=[ProfilerActivity.CPU]) as kept:
        for _ in range(_STEPS):
            trainer.train_step()
    times = [
        event.self_cpu_time_total
        for event in kept.key_averages()
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
