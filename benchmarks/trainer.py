"""Compare the speed of ganbench's trainer with that of a plain loop on the same networks, batches and updates.

    python -m benchmarks.trainer [--rounds 5] [--out results/benchmark.json]

Each measurement runs in a separate process, so that neither loop inherits the memory or thread settings of the other.
The loops take turns; medians over the rounds are reported. The plain loop is measured with 0, 2 and 4 DataLoader
workers. ``ratio`` compares with 4, the number in the configurations of GANs-Implementations.
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
LOOPS = {"ours": 0, "plain, 0 workers": 0, "plain, 2 workers": 2, "plain, 4 workers": 4}
BASELINE = "plain, 4 workers"


def main() -> None:
    """Measure all workloads and print the times; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=sorted(WORKLOADS), action="append")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs=2, metavar=("WORKLOAD", "LOOP"), help=argparse.SUPPRESS)
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
    """Run all loops in turn, round after round, and return medians in milliseconds per step."""
    times: dict[str, list[dict[str, Any]]] = {loop: [] for loop in LOOPS}
    for _ in range(rounds):
        for loop in LOOPS:
            command = [sys.executable, "-m", "benchmarks.trainer", "--measure", name, loop]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            times[loop].append(json.loads(done.stdout.splitlines()[-1]))
    total = {loop: statistics.median(run["total"] for run in runs) for loop, runs in times.items()}
    sections = {key: statistics.median(run[key] for run in times["ours"]) for key in times["ours"][0]}
    ratios = [times[BASELINE][i]["total"] / times["ours"][i]["total"] for i in range(rounds)]
    return {
        "ms_per_step": {loop: round(1000 * value, 2) for loop, value in total.items()},
        "ratio": round(total[BASELINE] / total["ours"], 2),
        "ratio_by_round": [round(r, 2) for r in ratios],
        "goal": WORKLOADS[name]["goal"],
        "ours_ms": {key: round(1000 * value, 3) for key, value in sections.items()},
    }


def _measure(name: str, loop: str) -> dict[str, Any]:
    from benchmarks.ours import sections_per_step
    from benchmarks.reference import seconds_per_step
    from ganbench.recipes.registry import find_recipe

    workload = WORKLOADS[name]
    recipe = find_recipe(workload["recipe"], "laptop").override(workload["changes"])
    recipe = recipe.override(available_data(recipe.data.target.__name__))
    steps, warmup = workload["steps"], workload["warmup"]
    if loop == "ours":
        return dict(sections_per_step(recipe, steps, warmup))
    return {"total": seconds_per_step(recipe, steps, warmup, LOOPS[loop])}


def available_data(name: str) -> dict[str, str]:
    """Override CIFAR-10 by its JPEG copy, which has the same sizes and speed, if that is there."""
    root = os.environ.get("GANBENCH_DATA", "")
    jpeg = name == "cifar10" and (Path(root) / "cifar10-jpeg").is_dir()
    return {"data": "cifar10-jpeg"} if jpeg else {}


def _print(report: dict[str, dict[str, Any]]) -> None:
    for name, row in report.items():
        times = "  ".join(f"{loop} {ms:.1f} ms" for loop, ms in row["ms_per_step"].items())
        print(f"{name}: {times}  ratio {row['ratio']} (goal {row['goal']})")
        total = row["ours_ms"]["total"]
        shares = ", ".join(f"{k} {100 * v / total:.1f} %" for k, v in row["ours_ms"].items() if k != "total")
        rest = total - sum(v for k, v in row["ours_ms"].items() if k != "total")
        print(f"  our time: {shares}, the rest {100 * rest / total:.1f} %")


if __name__ == "__main__":
    main()
