"""What a Fréchet distance and precision and recall cost: beside the bare forward passes, and beside torch-fidelity.

    python -m benchmarks.evaluation [--rounds 5] [--count 10000] [--out results/evaluation_speed.json]

``fd`` of ``count`` pictures in EfficientNet-Lite0's features at 96 pixels, the reference's statistics known already, by

- ``bare``: the network alone on pictures that are prepared, in batches of 32; all else is not counted;
- ``ours``: from making the network to the score with its interval and noise floor;
- ``torch-fidelity``: ``calculate_metrics(fid=True)`` with the published network as its feature extractor;
- ``torch-fidelity, our network``: the same with the network that ``ours`` has, whose batch norms are folded.

Each measurement is a process of its own, and the sides take turns. ``peak`` is the resident memory of a process that
measures precision and recall of as many pictures against as many.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.fidelity import torch_fidelity_fd
from ganbench.data.base import Dataset
from ganbench.data.registry import find_dataset
from ganbench.metrics.coverage.prdc import PrecisionRecall
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.extractors.efficientnet_lite0 import EfficientNetLite0Features
from ganbench.metrics.extractors.preprocess import resize_bicubic
from ganbench.metrics.measure import measure
from ganbench.metrics.record import versions
from ganbench.utils.malloc import keep_pages

SIZE, BATCH, CHUNK = 96, 32, 250
GOALS = {"ours_to_bare": 1.1, "torch_fidelity_to_ours": 1.5, "peak_mib": 1536}


def main() -> None:
    """Measure all sides in turn and print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--data", default="cifar10-jpeg")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", choices=[*SIDES, "peak"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        torch.set_num_threads(arguments.threads)
        print(json.dumps(_measured(arguments.measure, arguments.data, arguments.count)))
        return
    report = _compared(arguments)
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def _compared(arguments: argparse.Namespace) -> dict[str, Any]:
    options = [f"--{name}={getattr(arguments, name)}" for name in ("count", "data", "threads")]
    with tempfile.TemporaryDirectory() as cache:

        def run(side: str) -> dict[str, float]:
            command = [sys.executable, "-m", "benchmarks.evaluation", "--measure", side, *options]
            environment = {**os.environ, "GANBENCH_CACHE": os.environ.get("GANBENCH_CACHE", cache)}
            done = subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                env={**environment, "FIDELITY_CACHE": cache},
            )
            found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            return found

        for side in SIDES:  # what is kept of the reference is there afterwards
            run(side)
        rounds = [{side: run(side) for side in SIDES} for _ in range(arguments.rounds)]
        peak = run("peak")
    seconds = {side: [one[side]["seconds"] for one in rounds] for side in SIDES}
    ratios = {
        "ours_to_bare": _ratios(seconds["ours"], seconds["bare"]),
        "torch_fidelity_to_ours": _ratios(seconds["torch-fidelity"], seconds["ours"]),
        "torch_fidelity_with_our_network_to_ours": _ratios(
            seconds["torch-fidelity, our network"], seconds["ours"]
        ),
    }
    machine = {"platform": platform.platform(), "threads": arguments.threads, "rounds": arguments.rounds}
    return {
        "pictures": f"{arguments.count} of {arguments.data} (test) against {arguments.count} (train), at {SIZE} pixels",
        "seconds": {side: round(statistics.median(each), 2) for side, each in seconds.items()},
        "ratio": {name: round(statistics.median(each), 3) for name, each in ratios.items()},
        "ratio_by_round": {name: [round(r, 3) for r in each] for name, each in ratios.items()},
        "fd": {side: rounds[0][side]["fd"] for side in SIDES if "fd" in rounds[0][side]},
        "precision_and_recall": {name: round(value, 1) for name, value in peak.items()},
        "goals": GOALS,
        "machine": machine,
        "versions": versions("torch", "torch-fidelity", "efficientnet-lite-pytorch"),
    }


def _ratios(a: list[float], b: list[float]) -> list[float]:
    return [x / y for x, y in zip(a, b, strict=True)]


class First:
    """The first pictures of a set, as a data set of their own."""

    def __init__(self, name: str, split: str, count: int) -> None:
        function, arguments = find_dataset(name)
        self._whole: Dataset = function(**arguments, split=split)
        whole = self._whole.info
        size = min(count, whole.size)
        described = {**whole.to_dict(), "size": size, "fingerprint": f"{whole.fingerprint}-first-{size}"}
        self.info = type(whole).from_dict(described)
        self.items, self.labels, self.batch = self._whole.items, self._whole.labels, self._whole.batch

    def pictures(self) -> Tensor:
        """All of them, uint8 ``[N, C, H, W]``."""
        return self.items(torch.arange(self.info.size))


def _measured(side: str, data: str, count: int) -> dict[str, float]:
    reference, pictures = First(data, "train", count), First(data, "test", count).pictures()
    return _peak(reference, pictures) if side == "peak" else SIDES[side](reference, pictures)


def _bare(reference: First, pictures: Tensor) -> dict[str, float]:
    keep_pages()
    network, spent = EfficientNetLite0Features(SIZE)._network, 0.0
    with torch.no_grad():
        for part in torch.split(pictures, BATCH):
            prepared = resize_bicubic(part.expand(-1, 3, -1, -1), SIZE).sub_(127).div_(128)
            start = time.perf_counter()
            network(prepared)
            spent += time.perf_counter() - start
    return {"seconds": spent}


def _ours(reference: First, pictures: Tensor) -> dict[str, float]:
    keep_pages()
    start = time.perf_counter()
    metric = FrechetDistance(EfficientNetLite0Features(SIZE))
    (score,) = measure([metric], torch.split(pictures, CHUNK), reference, expected=len(pictures))
    return {"seconds": time.perf_counter() - start, "fd": score.value}


def _peak(reference: First, pictures: Tensor) -> dict[str, float]:
    keep_pages()
    before = _peak_mib()
    metric = PrecisionRecall(EfficientNetLite0Features(SIZE))
    start = time.perf_counter()
    measure([metric], torch.split(pictures, CHUNK), reference)
    return {"before_mib": before, "peak_mib": _peak_mib(), "seconds": time.perf_counter() - start}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _theirs(folded: bool) -> Callable[[First, Tensor], dict[str, float]]:
    def measured(reference: First, pictures: Tensor) -> dict[str, float]:
        cache = Path(os.environ["FIDELITY_CACHE"]) / ("folded" if folded else "published")
        return torch_fidelity_fd(reference.pictures(), pictures, SIZE, cache, folded=folded)

    return measured


SIDES: dict[str, Callable[[First, Tensor], dict[str, float]]] = {
    "bare": _bare,
    "ours": _ours,
    "torch-fidelity": _theirs(folded=False),
    "torch-fidelity, our network": _theirs(folded=True),
}

if __name__ == "__main__":
    main()
