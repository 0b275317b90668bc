"""What buys quality per second: variants of a recipe, each trained for the same time, over seeds.

    python -m benchmarks.ablation [--out runs/bench-ablation] [--seeds 2] [--seconds 150] [--only VARIANT] [--jobs 2]

Each of :data:`VARIANTS` plans its steps for the time by a short trial, and trains on one thread; ``--jobs`` of them run
side by side, so that all have the same share of the machine. Then 10,000 samples are scored; a variant that but draws
its samples otherwise is scored with the networks of what it is compared with. A variant and seed is a file in
``--out``, written when it is scored; those that are there are not trained again. ``summary.json`` there says what they
come to.
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

from benchmarks.ablation_summary import summary
from benchmarks.ablation_variants import VARIANTS, Variant
from benchmarks.quality import AT_END, against, machine, path_of, records_in
from benchmarks.quality_arms import Planned, Stopwatch, samples_of
from ganbench.data.images import ImageSet
from ganbench.utils.files import write_json

TRIED = 1 / 20  # of the time: a plan's own trial is shorter, and what it misses would be a difference of time
TRAINED = [name for name, variant in VARIANTS.items() if variant.truncation is None]


def main() -> None:
    """Train and score what is missing, or, in a process that this one has started, one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bench-ablation"))
    parser.add_argument("--only", choices=TRAINED, action="append", help="a variant; may be repeated")
    parser.add_argument("--seeds", type=int, default=2, help="how many, from 0")
    parser.add_argument("--seed", type=int, help="this one alone, of one variant, in this process")
    parser.add_argument("--seconds", type=float, default=150, help="of training")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many side by side")
    parser.add_argument("--data", default="cifar10-jpeg")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.seed is not None:
        (name,) = arguments.only
        for record in trained(name, arguments.seed, arguments.seconds, arguments.data):
            write_json(path_of(arguments.out, record["variant"], arguments.seed), record)
        return
    check_same(arguments.out, arguments.seconds)
    against(arguments.data)  # so that the reference's statistics are there before several want them
    failed = train_all(arguments)
    write_json(arguments.out / "summary.json", summary(records_in(arguments.out)))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def check_same(out: Path, seconds: float) -> None:
    """Exit, before hours are spent, if a folder has records that could not be compared with those of this run."""
    here = (seconds, machine()["processor"])
    for record in records_in(out):
        there = (record["budget_seconds"], record["machine"]["processor"])
        if there != here:
            sys.exit(
                f"{out} has records of {there[0]:g} s on {there[1]}, and this run is one of {here[0]:g} s "
                f"on {here[1]}, which are not compared; give another folder with --out"
            )


def train_all(arguments: argparse.Namespace) -> list[str]:
    """Train what has no file yet, the first seed of all before any second; return what failed."""
    wanted = [
        (name, seed)
        for seed in range(arguments.seeds)
        for name in arguments.only or TRAINED
        if not path_of(arguments.out, name, seed).exists()
    ]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        codes = list(pool.map(lambda job: subprocess.call(command(job[0], job[1], arguments)), wanted))
    return [f"{name} seed {seed}" for (name, seed), code in zip(wanted, codes, strict=True) if code]


def command(name: str, seed: int, arguments: argparse.Namespace) -> Sequence[str]:
    """Return the command that trains one."""
    options = {
        "--only": name,
        "--seed": seed,
        "--out": arguments.out,
        "--seconds": arguments.seconds,
        "--data": arguments.data,
    }
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "benchmarks.ablation", *words]


def trained(name: str, seed: int, seconds: float, data: str) -> list[dict[str, Any]]:
    """Train a variant for so many seconds and score it; return its record, after those of other samples of it."""
    torch.set_num_threads(1)
    variant = VARIANTS[name]
    training = Planned(variant.resolved(data), seed, seconds, tried=TRIED)
    if variant.pictures is not None:
        training.dataset = first(training.dataset, variant.pictures)
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
        "n": AT_END,
        "recipe": training.recipe.to_dict(),
        "machine": machine(),
    }
    records = []
    for reading, drawn in {**other_samples(name), name: variant}.items():
        score = against(data)(samples_of(training.model(), AT_END, drawn.truncation))
        print(
            f"{reading} seed {seed}: {score['value']} after {training.steps} steps",
            file=sys.stderr,
            flush=True,
        )
        records.append({"variant": reading, "truncation": drawn.truncation, **common, **score})
    return records


def other_samples(name: str) -> dict[str, Variant]:
    """Return the variants that have a variant's networks, and draw its samples otherwise."""
    return {
        other: variant
        for other, variant in VARIANTS.items()
        if variant.truncation is not None and variant.base == name
    }


def first(dataset: Any, pictures: int) -> ImageSet:
    """Return the first pictures of a set of pictures, without their classes."""
    if not isinstance(dataset, ImageSet):
        raise TypeError(f"only a set of pictures in memory can be cut, not {type(dataset).__name__}")
    info = dataset.info
    name = f"{info.name}, first {pictures}"
    return ImageSet(name, dataset.pixels[:pictures], split=info.split, flip=dataset.flip)


if __name__ == "__main__":
    main()
