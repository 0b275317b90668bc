"""Compare the time of training several seeds at once with that of training them one by one.

    python -m benchmarks.vectorized [RECIPE ...] [--seeds 5] [--rounds 5] [--out results/vectorized.json]

Both take turns in one process on one thread, so that a machine that slows down affects both. The CPU seconds of a step
are per seed; the ratio is that of the medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import torch

from ganbench.experiment.build_trainer import make_trainer
from ganbench.inference.build import make_dataset
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine, processor
from ganbench.training.settings import Machine
from ganbench.training.trainer import Trainer
from ganbench.training.vectorized.trainer import VectorizedTrainer

RECIPES = (
    *("gan-ring8", "lsgan-ring8", "wgan-ring8", "wgan-gp-ring8", "sngan-ring8"),
    *("gan-r1-ring8", "r3gan-ring8", "pacgan-ring8", "veegan-ring8"),
)
_STEPS, _WARMUP = 20, 5


def main() -> None:
    """Measure and print the ratios; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with Engine(Machine(threads=1)) as engine:
        rows = {
            name: measure_recipe(name, engine, arguments.seeds, arguments.rounds)
            for name in arguments.recipes
        }
    report = {
        "seeds": arguments.seeds,
        "recipes": rows,
        "machine": {
            "processor": processor(),
            "platform": platform.platform(),
            "torch": torch.__version__,
            "threads": 1,
            "rounds": arguments.rounds,
        },
    }
    for name, row in rows.items():
        print(f"{name}: {row}")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure_recipe(name: str, engine: Engine, seeds: int, rounds: int) -> dict[str, Any]:
    """Return the CPU milliseconds of a step and seed, alone and at once, and their ratio."""
    recipe = find_recipe(name, "laptop").override({"machine.threads": 1})
    dataset = make_dataset(recipe)
    alone = make_trainer(recipe, dataset, engine, seed=0)
    together = VectorizedTrainer(
        [make_trainer(recipe, dataset, engine, seed=seed) for seed in range(seeds)],
        lambda network, parameters: engine.optimizer(recipe.optimizers[network], parameters),
    )
    times: dict[str, list[float]] = {"alone": [], "at once": []}
    for trainer in (alone, together):
        seconds_of_steps(trainer, _WARMUP)
    for _ in range(rounds):
        times["alone"].append(seconds_of_steps(alone, _STEPS))
        times["at once"].append(seconds_of_steps(together, _STEPS) / seeds)
    medians = {key: statistics.median(values) for key, values in times.items()}
    return {
        "milliseconds_alone": round(1e3 * medians["alone"], 2),
        "milliseconds_at_once": round(1e3 * medians["at once"], 2),
        "ratio": round(medians["alone"] / medians["at once"], 2),
    }


def seconds_of_steps(trainer: Trainer, steps: int) -> float:
    """Return the CPU seconds of a step."""
    start = time.process_time()
    for _ in range(steps):
        trainer.train_step()
    return (time.process_time() - start) / steps


if __name__ == "__main__":
    main()
