"""Train variants of a recipe for the same time, and score their samples.

    python -m benchmarks.ablation [--out runs/bench-ablation] [--seeds 2] [--seconds 150] [--only VARIANT] [--jobs 2]

Each of :data:`VARIANTS` plans its number of steps with a short trial and trains on one thread. ``--jobs`` variants run
side by side, so that all get the same share of the machine. Then 10,000 samples are scored. A variant that differs
only in sampling is scored with the networks of its base. Each variant and seed gets one file in ``--out`` once it is
scored, and those with a file are not trained again. ``summary.json`` in that folder summarizes all of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from benchmarks.ablation_summary import summarize
from benchmarks.ablation_variants import VARIANTS, Variant
from benchmarks.quality import FINAL_SAMPLES, machine, make_scorer, read_records, record_path
from benchmarks.quality_arms import BudgetedTraining, Stopwatch, draw_samples
from ganbench.data.images import ImageDataset
from ganbench.utils.files import write_json

#: The share of the time that a plan's trial takes. It is longer than the default, because a plan that misjudges the
#: speed gives a variant more or less training time than the others.
TRIAL_SHARE = 1 / 20
TRAINED_VARIANTS = [name for name, variant in VARIANTS.items() if variant.truncation is None]


def main() -> None:
    """Train and score all missing variants or, in a process started by this one, a single variant and seed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bench-ablation"))
    parser.add_argument(
        "--only", choices=TRAINED_VARIANTS, action="append", help="a variant; may be repeated"
    )
    parser.add_argument("--seeds", type=int, default=2, help="number of seeds, from 0")
    parser.add_argument("--seed", type=int, help="train only this seed, of one variant, in this process")
    parser.add_argument("--seconds", type=float, default=150, help="seconds of training")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="number of variants that train side by side"
    )
    parser.add_argument("--data", default="cifar10-jpeg")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.seed is not None:
        (name,) = arguments.only
        for record in train_and_score(name, arguments.seed, arguments.seconds, arguments.data):
            write_json(record_path(arguments.out, record["variant"], arguments.seed), record)
        return
    check_comparable(arguments.out, arguments.seconds)
    make_scorer(arguments.data)  # caches the reference statistics before several processes need them
    failed = train_all(arguments)
    write_json(arguments.out / "summary.json", summarize(read_records(arguments.out)))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def check_comparable(out: Path, seconds: float) -> None:
    """Exit before any training if a folder has records that cannot be compared with those of this run."""
    here = (seconds, machine()["processor"])
    for record in read_records(out):
        there = (record["budget_seconds"], record["machine"]["processor"])
        if there != here:
            sys.exit(
                f"{out} has records of {there[0]:g} s on {there[1]}, which cannot be compared with {here[0]:g} s "
                f"on {here[1]}; give another folder with --out"
            )


def train_all(arguments: argparse.Namespace) -> list[str]:
    """Train everything that has no file yet, all variants of one seed before the next; return what failed."""
    missing = [
        (name, seed)
        for seed in range(arguments.seeds)
        for name in arguments.only or TRAINED_VARIANTS
        if not record_path(arguments.out, name, seed).exists()
    ]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        codes = list(pool.map(lambda job: subprocess.call(command(job[0], job[1], arguments)), missing))
    return [f"{name} seed {seed}" for (name, seed), code in zip(missing, codes, strict=True) if code]


def command(name: str, seed: int, arguments: argparse.Namespace) -> Sequence[str]:
    """Return the command that trains one variant with one seed."""
    options = {
        "--only": name,
        "--seed": seed,
        "--out": arguments.out,
        "--seconds": arguments.seconds,
        "--data": arguments.data,
    }
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "benchmarks.ablation", *words]


def train_and_score(name: str, seed: int, seconds: float, data: str) -> list[dict[str, Any]]:
    """Train a variant and score it.

    Returns:
        The records of the variants that sample the same networks differently, then the record of the variant itself.
    """
    torch.set_num_threads(1)
    variant = VARIANTS[name]
    training = BudgetedTraining(variant.recipe_for(data), seed, seconds, trial_share=TRIAL_SHARE)
    if variant.train_images is not None:
        training.dataset = first_images(training.dataset, variant.train_images)
    watch = Stopwatch()
    with watch.running():
        training.begin()
        training.train(lambda: False)
    common = {
        "seed": seed,
        "budget_seconds": seconds,
        "seconds": round(watch.wall, 2),
        "processor_seconds": round(watch.cpu, 2),
        "steps": training.steps,
        "pictures": training.dataset.info.size,
        "n": FINAL_SAMPLES,
        "recipe": training.recipe.to_dict(),
        "machine": machine(),
    }
    records = []
    for scored_name, scored in {**sampling_variants(name), name: variant}.items():
        samples = draw_samples(training.model(), FINAL_SAMPLES, scored.truncation)
        score = make_scorer(data)(samples)
        print(
            f"{scored_name} seed {seed}: {score['value']} after {training.steps} steps",
            file=sys.stderr,
            flush=True,
        )
        records.append({"variant": scored_name, "truncation": scored.truncation, **common, **score})
    return records


def sampling_variants(name: str) -> dict[str, Variant]:
    """Return the variants that have the networks of variant ``name`` and sample them differently."""
    return {
        other: variant
        for other, variant in VARIANTS.items()
        if variant.truncation is not None and variant.base == name
    }


def first_images(dataset: Any, count: int) -> ImageDataset:
    """Return the first images of a data set in memory, without their classes."""
    if not isinstance(dataset, ImageDataset):
        raise TypeError(f"only an ImageDataset can be cut, not a {type(dataset).__name__}")
    info = dataset.info
    name = f"{info.name}, first {count}"
    return ImageDataset(name, dataset.pixels[:count], split=info.split, flip=dataset.flip)


if __name__ == "__main__":
    main()
