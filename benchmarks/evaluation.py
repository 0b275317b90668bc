"""Measure the cost of a Fréchet distance, compared with bare forward passes and with torch-fidelity.

    python -m benchmarks.evaluation [--rounds 5] [--count 10000] [--out results/evaluation_speed.json]

The ``fd`` of ``count`` images in the features of EfficientNet-Lite0 at 96 pixels, with cached reference statistics:

- ``bare``: the forward passes of the network on preprocessed images, in batches of 32, and nothing else;
- ``ours``: from building the network to the score with its interval and noise floor;
- ``torch-fidelity``: ``calculate_metrics(fid=True)`` with the published network as feature extractor;
- ``torch-fidelity, our network``: the same with the network of ``ours``, whose batch norms are folded.

Each measurement runs in a separate process, and the methods take turns. ``peak`` is the peak resident memory of a
process that computes precision and recall of ``count`` images against as many.
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

IMAGE_SIZE, BARE_BATCH, BATCH = 96, 32, 250
GOALS = {"ours_to_bare": 1.1, "torch_fidelity_to_ours": 1.5, "peak_mib": 1536}


def main() -> None:
    """Measure all methods in turn and print the times; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--data", default="cifar10-jpeg")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", choices=[*METHODS, "peak"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        torch.set_num_threads(arguments.threads)
        print(json.dumps(_measure(arguments.measure, arguments.data, arguments.count)))
        return
    report = _compare(arguments)
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def _compare(arguments: argparse.Namespace) -> dict[str, Any]:
    options = [f"--{name}={getattr(arguments, name)}" for name in ("count", "data", "threads")]
    with tempfile.TemporaryDirectory() as cache:

        def run(method: str) -> dict[str, float]:
            command = [sys.executable, "-m", "benchmarks.evaluation", "--measure", method, *options]
            environment = {**os.environ, "GANBENCH_CACHE": os.environ.get("GANBENCH_CACHE", cache)}
            done = subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                env={**environment, "FIDELITY_CACHE": cache},
            )
            times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            return times

        for method in METHODS:  # fills the caches of the reference
            run(method)
        rounds = [{method: run(method) for method in METHODS} for _ in range(arguments.rounds)]
        peak = run("peak")
    seconds = {method: [one[method]["seconds"] for one in rounds] for method in METHODS}
    ratios = {
        "ours_to_bare": _divide(seconds["ours"], seconds["bare"]),
        "torch_fidelity_to_ours": _divide(seconds["torch-fidelity"], seconds["ours"]),
        "torch_fidelity_with_our_network_to_ours": _divide(
            seconds["torch-fidelity, our network"], seconds["ours"]
        ),
    }
    machine = {"platform": platform.platform(), "threads": arguments.threads, "rounds": arguments.rounds}
    return {
        "pictures": f"{arguments.count} of {arguments.data} (test) against {arguments.count} (train), "
        f"at {IMAGE_SIZE} pixels",
        "seconds": {method: round(statistics.median(each), 2) for method, each in seconds.items()},
        "ratio": {name: round(statistics.median(each), 3) for name, each in ratios.items()},
        "ratio_by_round": {name: [round(r, 3) for r in each] for name, each in ratios.items()},
        "fd": {method: rounds[0][method]["fd"] for method in METHODS if "fd" in rounds[0][method]},
        "precision_and_recall": {name: round(value, 1) for name, value in peak.items()},
        "goals": GOALS,
        "machine": machine,
        "versions": versions("torch", "torch-fidelity", "efficientnet-lite-pytorch"),
    }


def _divide(a: list[float], b: list[float]) -> list[float]:
    return [x / y for x, y in zip(a, b, strict=True)]


class FirstImages:
    """The first images of a data set, as a data set."""

    def __init__(self, name: str, split: str, count: int) -> None:
        function, arguments = find_dataset(name)
        self._dataset: Dataset = function(**arguments, split=split)
        info = self._dataset.info
        size = min(count, info.size)
        fields = {**info.to_dict(), "size": size, "fingerprint": f"{info.fingerprint}-first-{size}"}
        self.info = type(info).from_dict(fields)
        self.items, self.labels, self.batch = self._dataset.items, self._dataset.labels, self._dataset.batch

    def images(self) -> Tensor:
        """Return all images, uint8 ``[N, C, H, W]``."""
        return self.items(torch.arange(self.info.size))


def _measure(method: str, data: str, count: int) -> dict[str, float]:
    reference, images = FirstImages(data, "train", count), FirstImages(data, "test", count).images()
    return _peak(reference, images) if method == "peak" else METHODS[method](reference, images)


def _bare(reference: FirstImages, images: Tensor) -> dict[str, float]:
    keep_pages()
    network, seconds = EfficientNetLite0Features(IMAGE_SIZE)._network, 0.0
    with torch.no_grad():
        for part in torch.split(images, BARE_BATCH):
            inputs = resize_bicubic(part.expand(-1, 3, -1, -1), IMAGE_SIZE).sub_(127).div_(128)
            start = time.perf_counter()
            network(inputs)
            seconds += time.perf_counter() - start
    return {"seconds": seconds}


def _ours(reference: FirstImages, images: Tensor) -> dict[str, float]:
    keep_pages()
    start = time.perf_counter()
    metric = FrechetDistance(EfficientNetLite0Features(IMAGE_SIZE))
    (score,) = measure([metric], torch.split(images, BATCH), reference, expected=len(images))
    return {"seconds": time.perf_counter() - start, "fd": score.value}


def _peak(reference: FirstImages, images: Tensor) -> dict[str, float]:
    keep_pages()
    before = _peak_mib()
    metric = PrecisionRecall(EfficientNetLite0Features(IMAGE_SIZE))
    start = time.perf_counter()
    measure([metric], torch.split(images, BATCH), reference)
    return {"before_mib": before, "peak_mib": _peak_mib(), "seconds": time.perf_counter() - start}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _torch_fidelity(folded: bool) -> Callable[[FirstImages, Tensor], dict[str, float]]:
    def run(reference: FirstImages, images: Tensor) -> dict[str, float]:
        cache = Path(os.environ["FIDELITY_CACHE"]) / ("folded" if folded else "published")
        return torch_fidelity_fd(reference.images(), images, IMAGE_SIZE, cache, folded=folded)

    return run


METHODS: dict[str, Callable[[FirstImages, Tensor], dict[str, float]]] = {
    "bare": _bare,
    "ours": _ours,
    "torch-fidelity": _torch_fidelity(folded=False),
    "torch-fidelity, our network": _torch_fidelity(folded=True),
}

if __name__ == "__main__":
    main()
