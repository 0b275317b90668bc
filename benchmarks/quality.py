"""Measure how good samples get in minutes on this CPU: the Fréchet distance over the seconds of training.

    python -m benchmarks.quality [--out runs/bench-quality] [--seeds 3] [--only ARM] [--seed N] [--threads 2]

The arms (:data:`ARMS`) take turns: each trains up to the next mark of training seconds, so that a machine that gets
slower or faster affects all. At each mark, samples of the arm are scored against the training images, more of them at
its end; the arm's clock does not count this. Each arm and seed has one record in ``--out``, written after each mark,
and a picture of its last samples. Finished ones are not trained again, unfinished ones start over. ``summary.json`` in
that folder summarizes all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from benchmarks.quality_arms import ARMS
from benchmarks.quality_summary import summarize
from ganbench.data.registry import find_dataset
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features
from ganbench.metrics.measure import measure
from ganbench.training.engine import processor
from ganbench.utils.files import write_bytes, write_json
from ganbench.visualization.image_grid import encode_png, image_grid

MARKS = (25, 50, 75, 100, 150, 225, 300, 450, 600)
MARK_SAMPLES, FINAL_SAMPLES = 5_000, 10_000
IMAGE_SIZE, BATCH = 96, 250
GRID_SAMPLES = 100
Scorer = Callable[[Tensor], dict[str, Any]]


class RunningArm(Protocol):
    """An arm that trains on request."""

    about: Mapping[str, Any]

    def train(self, until: float | None, samples: int) -> tuple[dict[str, Any], Tensor]:
        """Train until the clock shows ``until`` seconds (None: to the end of the plan); return its cost and samples."""

    def close(self) -> None:
        """End the arm."""


def main() -> None:
    """Train and score what is missing, and write the summary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bench-quality"))
    parser.add_argument("--only", choices=list(ARMS), action="append", help="an arm; may be repeated")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds, from 0")
    parser.add_argument("--seed", type=int, help="only this seed")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--data", default="cifar10-jpeg")
    parser.add_argument("--marks", type=float, nargs="+", default=MARKS, help="seconds of training")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    names, marks = arguments.only or list(ARMS), sorted(arguments.marks)
    for seed in range(arguments.seeds) if arguments.seed is None else [arguments.seed]:
        missing = [name for name in names if not is_finished(arguments.out, name, seed)]
        if missing:
            scorer = make_scorer(arguments.data)
            train_seed(arguments.out, start_arms(missing, seed, arguments, marks), seed, marks, scorer)
    summary = summarize(read_records(arguments.out))
    write_json(arguments.out / "summary.json", summary)
    print(json.dumps(summary, indent=1))


def read_records(out: Path) -> list[dict[str, Any]]:
    """Return the records in a folder, sorted by file name."""
    return [json.loads(path.read_text()) for path in sorted(out.glob("*-seed*.json"))]


def record_path(out: Path, name: str, seed: int) -> Path:
    """Return the path of the record of an arm or variant and seed."""
    return out / f"{name}-seed{seed}.json"


def is_finished(out: Path, name: str, seed: int) -> bool:
    """Whether the record of an arm and seed exists and is complete."""
    path = record_path(out, name, seed)
    return path.is_file() and json.loads(path.read_text())["finished"]


def marks_of(name: str, marks: Sequence[float]) -> list[float]:
    """Return the marks of an arm: those before its end, and its end."""
    end = ARMS[name].time_share * marks[-1]
    return [*(mark for mark in marks if mark < end), end]


def train_seed(
    out: Path, arms: Mapping[str, RunningArm], seed: int, marks: Sequence[float], scorer: Scorer
) -> None:
    """Train the arms of one seed in turn, from mark to mark, and write the record of an arm after each of its marks."""
    all_marks = sorted({mark for name in arms for mark in marks_of(name, marks)})
    records: dict[str, dict[str, Any]] = {
        name: {"arm": name, "seed": seed, "finished": False, **arm.about, "machine": machine(), "points": []}
        for name, arm in arms.items()
    }
    try:
        for mark in all_marks:
            for name, arm in arms.items():
                if mark in marks_of(name, marks):
                    last = mark == marks_of(name, marks)[-1]
                    samples = _add_point(records[name], arm, mark, last, scorer)
                    if last:
                        grid = encode_png(image_grid(samples[:GRID_SAMPLES]))
                        write_bytes(record_path(out, name, seed).with_suffix(".png"), grid)
                    write_json(record_path(out, name, seed), records[name])
    finally:
        for arm in arms.values():
            arm.close()


def _add_point(record: dict[str, Any], arm: RunningArm, mark: float, last: bool, scorer: Scorer) -> Tensor:
    """Train to a mark, or at the last one to the end of the plan, and score the samples; return them.

    At the last mark they are scored twice: as many as at the other marks, and all of them.
    """
    to_end_of_plan = last and ARMS[record["arm"]].has_plan
    cost, samples = arm.train(None if to_end_of_plan else mark, FINAL_SAMPLES if last else MARK_SAMPLES)
    record["recipe"] = cost.pop("recipe")
    for n in (MARK_SAMPLES, FINAL_SAMPLES) if last else (MARK_SAMPLES,):
        score = scorer(samples[:n])
        record["measured"] = score.pop("measured")
        record["points"].append({"mark": mark, **cost, "n": n, **score})
        print(f"{record['arm']} seed {record['seed']}: {record['points'][-1]}", file=sys.stderr, flush=True)
    record["finished"] = last
    return samples


def machine() -> dict[str, Any]:
    """Return a description of the machine, on which the times depend."""
    return {
        "platform": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }


def make_scorer(data: str) -> Scorer:
    """Return a function that scores samples against the training images of a data set; cache their statistics."""
    function, arguments = find_dataset(data)
    reference = function(**{**arguments, "split": "train"})
    metric = FrechetDistance(EfficientNetLite0Features(IMAGE_SIZE), extras=False)
    metric.begin(reference)

    def scorer(samples: Tensor) -> dict[str, Any]:
        (score,) = measure([metric], torch.split(samples, BATCH), reference)
        return {"metric": score.name, "value": round(score.value, 2), "measured": dict(score.measured)}

    return scorer


def start_arms(
    names: Sequence[str], seed: int, arguments: argparse.Namespace, marks: Sequence[float]
) -> dict[str, RunningArm]:
    """Start the processes of the arms, and return them once all have loaded their data."""
    arms = {
        name: ArmProcess(name, seed, arguments.threads, marks_of(name, marks)[-1], arguments.data)
        for name in names
    }
    for arm in arms.values():
        arm.about = arm.read_reply()
    return arms


class ArmProcess:
    """An arm in a separate process, so that none inherits the memory or settings of another."""

    def __init__(self, name: str, seed: int, threads: int, seconds: float, data: str) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.quality_arms",
            name,
            *map(str, (seed, threads, seconds)),
            data,
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._name, self.about = name, {}

    def read_reply(self) -> dict[str, Any]:
        """Return the next line of the process's output."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the arm {self._name} exited with code {self._process.wait()}; see its error above"
            )
        reply: dict[str, Any] = json.loads(line)
        return reply

    def train(self, until: float | None, samples: int) -> tuple[dict[str, Any], Tensor]:
        """Train until the clock shows ``until`` seconds (None: to the end of the plan); return its cost and samples."""
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "samples.npy"
            request = {"until": until, "samples": samples, "file": str(file)}
            print(json.dumps(request), file=self._process.stdin, flush=True)
            return self.read_reply(), torch.from_numpy(np.load(file))

    def close(self) -> None:
        """End the process by closing its input."""
        self._process.communicate()


if __name__ == "__main__":
    main()
