"""What each setting of a training step is worth in time: a recipe with one setting changed, and as it is.

    python -m benchmarks.step_settings [--rounds 3] [--threads 1] [--only CHANGE] [--out results/step_settings.json]

Every measurement is a process of its own, since memory settings last as long as a process; all changes take turns,
round after round, so that a machine that slows down does so for all. Time is that of a step by pictures, so that steps
of other sizes can be compared. ``expected`` was written down before measuring; ``decision`` says what came of it.
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
AS_IT_IS = "as it is"
_STEPS, _WARM_UP = 40, 8


@dataclass(frozen=True)
class Change:
    """Settings of the recipe that are changed, how much more time a picture was expected to take, and the decision."""

    expected: float
    decision: str
    changes: dict[str, Any] = field(default_factory=dict)


CHANGES = {
    AS_IT_IS: Change(1.0, ""),
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
    """Measure every change, print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=list(CHANGES), action="append", help="beside the recipe as it is")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", choices=list(CHANGES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(seconds_per_picture(arguments.measure, arguments.threads)))
        return
    names = [AS_IT_IS, *(arguments.only or [name for name in CHANGES if name != AS_IT_IS])]
    report = compared(names, arguments.rounds, arguments.threads)
    for name, row in report["changes"].items():
        print(f"{name}: {row['microseconds']:.0f} us a picture, {row['ratio']:.2f} ({row['by_round']})")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def compared(names: list[str], rounds: int, threads: int) -> dict[str, Any]:
    """Measure changes in turn, and return medians and ratios to the recipe as it is of the same round."""
    from benchmarks.quality import machine

    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            taken[name].append(_in_process(name, threads))
    return {
        "recipe": RECIPE,
        "machine": {**machine(), "threads": threads, "rounds": rounds},
        "changes": {name: _row(name, seconds, taken[AS_IT_IS]) for name, seconds in taken.items()},
    }


def _row(name: str, seconds: list[float], as_it_is: list[float]) -> dict[str, Any]:
    ratios = [one / base for one, base in zip(seconds, as_it_is, strict=True)]
    return {
        "microseconds": round(1e6 * statistics.median(seconds), 1),
        "ratio": round(statistics.median(ratios), 3),
        "by_round": [round(ratio, 3) for ratio in ratios],
        "expected": CHANGES[name].expected,
        "decision": CHANGES[name].decision,
    }


def _in_process(name: str, threads: int) -> float:
    command = [sys.executable, "-m", "benchmarks.step_settings", "--measure", name, "--threads", str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def seconds_per_picture(name: str, threads: int, steps: int = _STEPS) -> float:
    """Return the wall seconds of a step of the recipe so changed, by the real pictures in it."""
    from benchmarks.ours import sections_per_step
    from benchmarks.trainer import data_at_hand
    from ganbench.recipes.registry import find_recipe

    recipe = find_recipe(RECIPE, "laptop").override({"machine.threads": threads, **CHANGES[name].changes})
    recipe = recipe.override(data_at_hand(recipe.data.target.__name__))
    return sections_per_step(recipe, steps, _WARM_UP)["total"] / recipe.schedule.batch


if __name__ == "__main__":
    main()
