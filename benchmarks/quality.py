"""How good pictures get in minutes on this processor: a Fréchet distance by the seconds that training has taken.

    python -m benchmarks.quality [--out runs/bench-quality] [--seeds 3] [--only ARM] [--seed N] [--threads 2]

The arms (:data:`ARMS`) train in turn, slice by slice, up to each mark of training seconds, so that a machine that
gets slower or faster does so for all. At each mark an arm's samples are scored against the training pictures, which
its clock does not count; at its end more of them are. An arm and seed is a file in ``--out``, written whole after each
mark, with a picture of its last samples beside it; those that are finished are not trained again, others begin anew.
``summary.json`` there says what they come to.
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
from benchmarks.quality_summary import summary
from ganbench.data.registry import find_dataset
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features
from ganbench.metrics.measure import measure
from ganbench.training.engine import processor
from ganbench.utils.files import write_bytes, write_json
from ganbench.visualization.image_grid import encode_png, image_grid

MARKS = (25, 50, 75, 100, 150, 225, 300, 450, 600)
BETWEEN, AT_END = 5_000, 10_000
SIZE, CHUNK = 96, 250
SHOWN = 100
Score = Callable[[Tensor], dict[str, Any]]


class Side(Protocol):
    """An arm that trains when it is asked to."""

    about: Mapping[str, Any]

    def train(self, until: float | None, samples: int) -> tuple[dict[str, Any], Tensor]:
        """Train until so many seconds (None: the plan's end); return what was spent so far, and samples."""

    def close(self) -> None:
        """End it."""


def main() -> None:
    """Train and score what is missing, and write the summary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bench-quality"))
    parser.add_argument("--only", choices=list(ARMS), action="append", help="an arm; may be repeated")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--data", default="cifar10-jpeg")
    parser.add_argument("--marks", type=float, nargs="+", default=MARKS, help="seconds of training")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    arms, marks = arguments.only or list(ARMS), sorted(arguments.marks)
    for seed in range(arguments.seeds) if arguments.seed is None else [arguments.seed]:
        wanted = [arm for arm in arms if not finished(arguments.out, arm, seed)]
        if wanted:
            score = against(arguments.data)
            train_seed(arguments.out, sides(wanted, seed, arguments, marks), seed, marks, score)
    found = summary(records_in(arguments.out))
    write_json(arguments.out / "summary.json", found)
    print(json.dumps(found, indent=1))


def records_in(out: Path) -> list[dict[str, Any]]:
    """Return the records of a folder, in the order of their files' names."""
    return [json.loads(path.read_text()) for path in sorted(out.glob("*-seed*.json"))]


def path_of(out: Path, arm: str, seed: int) -> Path:
    """Return the file of an arm and seed."""
    return out / f"{arm}-seed{seed}.json"


def finished(out: Path, arm: str, seed: int) -> bool:
    """Whether an arm and seed is there, to its end."""
    path = path_of(out, arm, seed)
    return path.is_file() and json.loads(path.read_text())["finished"]


def marks_of(arm: str, marks: Sequence[float]) -> list[float]:
    """Return the marks of an arm: those before its end, and the end."""
    end = ARMS[arm].share * marks[-1]
    return [*(mark for mark in marks if mark < end), end]


def train_seed(out: Path, sides: Mapping[str, Side], seed: int, marks: Sequence[float], score: Score) -> None:
    """Train all arms of a seed in turn from mark to mark, and write each one's record after each of its slices."""
    every = sorted({mark for arm in sides for mark in marks_of(arm, marks)})
    records: dict[str, dict[str, Any]] = {
        arm: {"arm": arm, "seed": seed, "finished": False, **side.about, "machine": machine(), "points": []}
        for arm, side in sides.items()
    }
    try:
        for mark in every:
            for arm, side in sides.items():
                if mark in marks_of(arm, marks):
                    last = mark == marks_of(arm, marks)[-1]
                    samples = _add_point(records[arm], side, mark, last, score)
                    if last:
                        shown = encode_png(image_grid(samples[:SHOWN]))
                        write_bytes(path_of(out, arm, seed).with_suffix(".png"), shown)
                    write_json(path_of(out, arm, seed), records[arm])
    finally:
        for side in sides.values():
            side.close()


def _add_point(record: dict[str, Any], side: Side, mark: float, last: bool, score: Score) -> Tensor:
    """Train to the mark, or a plan to its end at the last one, and score, there twice; return the samples."""
    planned = last and ARMS[record["arm"]].planned
    spent, samples = side.train(None if planned else mark, AT_END if last else BETWEEN)
    record["recipe"] = spent.pop("recipe")
    for n in (BETWEEN, AT_END) if last else (BETWEEN,):
        scored = score(samples[:n])
        record["measured"] = scored.pop("measured")
        record["points"].append({"mark": mark, **spent, "n": n, **scored})
        print(f"{record['arm']} seed {record['seed']}: {record['points'][-1]}", file=sys.stderr, flush=True)
    record["finished"] = last
    return samples


def machine() -> dict[str, Any]:
    """Return what the times depend on."""
    return {
        "platform": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }


def against(data: str) -> Score:
    """Return what scores samples against the training pictures of a data set, whose statistics are ready then."""
    function, arguments = find_dataset(data)
    reference = function(**{**arguments, "split": "train"})
    metric = FrechetDistance(EfficientNetLite0Features(SIZE), extras=False)
    metric.begin(reference)

    def score(samples: Tensor) -> dict[str, Any]:
        (found,) = measure([metric], torch.split(samples, CHUNK), reference)
        return {"metric": found.name, "value": round(found.value, 2), "measured": dict(found.measured)}

    return score


def sides(
    arms: Sequence[str], seed: int, arguments: argparse.Namespace, marks: Sequence[float]
) -> dict[str, Side]:
    """Start the arms' processes, and return them when all have read their data."""
    made = {
        arm: InProcess(arm, seed, arguments.threads, marks_of(arm, marks)[-1], arguments.data) for arm in arms
    }
    for side in made.values():
        side.about = side.answer()
    return made


class InProcess:
    """An arm in a process of its own, so that none inherits another's memory or settings."""

    def __init__(self, arm: str, seed: int, threads: int, seconds: float, data: str) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.quality_arms",
            arm,
            *map(str, (seed, threads, seconds)),
            data,
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._arm, self.about = arm, {}

    def answer(self) -> dict[str, Any]:
        """Return the process's next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the arm {self._arm} ended with code {self._process.wait()}; see its error above"
            )
        told: dict[str, Any] = json.loads(line)
        return told

    def train(self, until: float | None, samples: int) -> tuple[dict[str, Any], Tensor]:
        """Train until so many seconds (None: the plan's end); return what was spent so far, and samples."""
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "samples.npy"
            asked = {"until": until, "samples": samples, "file": str(file)}
            print(json.dumps(asked), file=self._process.stdin, flush=True)
            return self.answer(), torch.from_numpy(np.load(file))

    def close(self) -> None:
        """End the process by ending its input."""
        self._process.communicate()


if __name__ == "__main__":
    main()
