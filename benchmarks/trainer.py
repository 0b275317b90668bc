"""Our trainer against a plain loop: same networks, batch and updates, alternating in one run, medians.

    python -m benchmarks.trainer [--rounds 5] [--out results/benchmark.json]

Each measurement is a process of its own, so that neither side inherits the other's memory or thread settings.
The plain loop is measured with 0, 2 and 4 DataLoader workers; ``ratio`` compares with 4, which the reference system's
own configurations have, and the others stand beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

WORKLOADS: dict[str, dict[str, Any]] = {
    "ring8": {
        "recipe": "gan-ring8",
        "changes": {"networks.G.width": 256, "networks.D.width": 256},
        "steps": 60,
        "warmup": 10,
        "goal": 5.0,
    },
    "mnist-mlp": {"recipe": "gan-mnist", "changes": {}, "steps": 30, "warmup": 5, "goal": 4.0},
    "cifar10-cnn": {
        "recipe": "dcgan-cifar10",
        "changes": {"networks.G.width": 64, "networks.D.width": 64},
        "steps": 30,
        "warmup": 5,
        "goal": 1.3,
    },
}
SIDES = {"ours": 0, "plain, 0 workers": 0, "plain, 2 workers": 2, "plain, 4 workers": 4}
USUAL = "plain, 4 workers"


def main() -> None:
    """Measure every workload and print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=sorted(WORKLOADS), action="append")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(_measure(*arguments.measure)))
        return
    report = {name: _compare(name, arguments.rounds) for name in arguments.only or WORKLOADS}
    _print(report)
    if arguments.out:
        from ganbench.training.engine import processor

        machine = {
            "platform": platform.platform(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "rounds": arguments.rounds,
        }
        arguments.out.write_text(json.dumps({"machine": machine, "workloads": report}, indent=1) + "\n")


def _compare(name: str, rounds: int) -> dict[str, Any]:
    """Run all sides in turn, round after round, and return medians in milliseconds per step."""
    taken: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side in SIDES:
            command = [sys.executable, "-m", "benchmarks.trainer", "--measure", name, side]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            taken[side].append(json.loads(done.stdout.splitlines()[-1]))
    total = {side: statistics.median(run["total"] for run in runs) for side, runs in taken.items()}
    sections = {key: statistics.median(run[key] for run in taken["ours"]) for key in taken["ours"][0]}
    ratios = [taken[USUAL][i]["total"] / taken["ours"][i]["total"] for i in range(rounds)]
    return {
        "ms_per_step": {side: round(1000 * value, 2) for side, value in total.items()},
        "ratio": round(total[USUAL] / total["ours"], 2),
        "ratio_by_round": [round(r, 2) for r in ratios],
        "goal": WORKLOADS[name]["goal"],
        "ours_ms": {key: round(1000 * value, 3) for key, value in sections.items()},
    }


def _measure(name: str, side: str) -> dict[str, Any]:
    from benchmarks.ours import sections_per_step
    from benchmarks.reference import seconds_per_step
    from ganbench.recipes.registry import find_recipe

    workload = WORKLOADS[name]
    recipe = find_recipe(workload["recipe"], "laptop").override(workload["changes"])
    recipe = recipe.override(data_at_hand(recipe.data.target.__name__))
    steps, warmup = workload["steps"], workload["warmup"]
    if side == "ours":
        return dict(sections_per_step(recipe, steps, warmup))
    return {"total": seconds_per_step(recipe, steps, warmup, SIDES[side])}


def data_at_hand(name: str) -> dict[str, str]:
    """Take the JPEG form of CIFAR-10 where only that is at hand: same sizes, same speed."""
    root = os.environ.get("GANBENCH_DATA", "")
    jpeg = name == "cifar10" and (Path(root) / "cifar10-jpeg").is_dir()
    return {"data": "cifar10-jpeg"} if jpeg else {}


def _print(report: dict[str, dict[str, Any]]) -> None:
    for name, row in report.items():
        times = "  ".join(f"{side} {ms:.1f} ms" for side, ms in row["ms_per_step"].items())
        print(f"{name}: {times}  ratio {row['ratio']} (goal {row['goal']})")
        total = row["ours_ms"]["total"]
        shares = ", ".join(f"{k} {100 * v / total:.1f} %" for k, v in row["ours_ms"].items() if k != "total")
        rest = total - sum(v for k, v in row["ours_ms"].items() if k != "total")
        print(f"  where our time goes: {shares}, the rest {100 * rest / total:.1f} %")


if __name__ == "__main__":
    main()
