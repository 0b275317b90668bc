"""Measure the time that each setting of a training step saves: a recipe with one setting changed, and unchanged.

    python -m benchmarks.step_settings [--rounds 3] [--threads 1] [--only CHANGE] [--out results/step_settings.json]

Each measurement runs in a separate process, because settings of memory last as long as the process. All changes take
turns, round after round, so that a machine that slows down affects all. The time of a step is divided by its number of
images, so that different batch sizes can be compared. ``expected`` is the ratio expected before measuring; ``decision``
is what was decided after it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RECIPE = "sndcgan-cifar10"
UNCHANGED = "as it is"
_STEPS, _WARMUP = 40, 8


@dataclass(frozen=True)
class Change:
    """Changed settings of the recipe, the expected ratio of time per image to that of the recipe, and the decision."""

    expected: float
    decision: str
    changes: dict[str, Any] = field(default_factory=dict)


CHANGES = {
    UNCHANGED: Change(1.0, ""),
    "channels first in memory": Change(1.4, "channels last is kept", {"machine.channels_last": False}),
    "pages given back to the system": Change(1.1, "pages are kept", {"machine.keep_pages": False}),
    "denormal numbers worked out": Change(1.0, "they are flushed", {"machine.flush_denormals": False}),
    "real and fake pictures in two passes": Change(1.05, "one pass is kept", {"algorithm.one_pass": False}),
    "fakes made anew for G's update": Change(1.15, "reuse is kept", {"algorithm.reuse_fakes": False}),
    "bfloat16": Change(1.5, "dropped on processors", {"machine.precision": "bf16"}),
    "batch 32": Change(0.95, "16 is kept, for twice the updates", {"schedule.batch": 32}),
    "batch 64": Change(0.9, "16 is kept, for four times the updates", {"schedule.batch": 64}),
    "D folded": Change(
        0.6,
        "dropped: samples are worse for the same time",
        {"networks.D.patch_size": 2, "networks.D.width": 32},
    ),
    "both folded": Change(
        0.55,
        "dropped: samples are worse for the same time",
        {f"networks.{n}.{k}": v for n in "GD" for k, v in (("patch_size", 2), ("width", 32))},
    ),
}


def main() -> None:
    """Measure all changes and print the times; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--only",
        choices=list(CHANGES),
        action="append",
        help="measure only this change and the unchanged recipe; may be repeated",
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", choices=list(CHANGES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(seconds_per_image(arguments.measure, arguments.threads)))
        return
    names = [UNCHANGED, *(arguments.only or [name for name in CHANGES if name != UNCHANGED])]
    report = measure_changes(names, arguments.rounds, arguments.threads)
    for name, row in report["changes"].items():
        print(f"{name}: {row['microseconds']:.0f} us per image, {row['ratio']:.2f} ({row['by_round']})")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure_changes(names: list[str], rounds: int, threads: int) -> dict[str, Any]:
    """Measure changes in turn; return median times and their ratios to the unchanged recipe of the same round."""
    from benchmarks.quality import machine

    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            times[name].append(_measure_in_process(name, threads))
    return {
        "recipe": RECIPE,
        "machine": {**machine(), "threads": threads, "rounds": rounds},
        "changes": {name: _row(name, seconds, times[UNCHANGED]) for name, seconds in times.items()},
    }


def _row(name: str, seconds: list[float], unchanged: list[float]) -> dict[str, Any]:
    ratios = [one / base for one, base in zip(seconds, unchanged, strict=True)]
    return {
        "microseconds": round(1e6 * statistics.median(seconds), 1),
        "ratio": round(statistics.median(ratios), 3),
        "by_round": [round(ratio, 3) for ratio in ratios],
        "expected": CHANGES[name].expected,
        "decision": CHANGES[name].decision,
    }


def _measure_in_process(name: str, threads: int) -> float:
    command = [sys.executable, "-m", "benchmarks.step_settings", "--measure", name, "--threads", str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def seconds_per_image(name: str, threads: int, steps: int = _STEPS) -> float:
    """Return the wall seconds of a step of the changed recipe, divided by the batch size."""
    from benchmarks.ours import sections_per_step
    from benchmarks.trainer import available_data
    from ganbench.recipes.registry import find_recipe

    recipe = find_recipe(RECIPE, "laptop").override({"machine.threads": threads, **CHANGES[name].changes})
    recipe = recipe.override(available_data(recipe.data.target.__name__))
    return sections_per_step(recipe, steps, _WARMUP)["total"] / recipe.schedule.batch


if __name__ == "__main__":
    main()
