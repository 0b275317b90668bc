"""What metrics cost beside the pass over the samples: processor seconds, features and reference known already.

    python -m benchmarks.beside_the_pass [--rounds 3] [--count 10000] [--out results/beside_the_pass.json]

``kd`` of ``count`` rows of 1,280 numbers against as many, ``swd`` and ``spectrum`` of ``count`` random pictures of
3x32x32 against as many. What is worked out of the reference before the samples come is not counted; taking in the
samples is, for ``swd`` and ``spectrum``, which look at pixels; for ``kd`` only the score is. Rounds take turns, the
median counts. Seconds are of the processor, of one thread, which others at work on the machine lengthen least.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from ganbench.data.images import ImageDataset
from ganbench.metrics.base import Metric
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.distances.sliced_wasserstein import SlicedWasserstein
from ganbench.metrics.distances.spectrum import SpectrumDistance
from ganbench.metrics.record import versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import JSON
from ganbench.utils.malloc import keep_pages

CHUNK, DIMS = 250, 1280


class Known:
    """Features that cost nothing to speak of: the row of numbers that a picture's first pixels count up to."""

    name, dims, weights_sha256 = "known", DIMS, "0" * 64
    preprocessing: Mapping[str, JSON] = {"none": True}

    def __init__(self, count: int) -> None:
        self._rows = torch.randn(count, DIMS, generator=torch.Generator().manual_seed(0))

    def __call__(self, images: Tensor) -> Tensor:
        return self._rows[_numbers(images) % len(self._rows)]


def main() -> None:
    """Measure, print, and with ``--out`` keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_pages()
    report = measured(arguments.rounds, arguments.count)
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measured(rounds: int, count: int) -> dict[str, JSON]:
    """Return the seconds of each metric by round, and their median."""
    metrics: dict[str, Callable[[], Metric]] = {
        "kd": lambda: KernelDistance(Known(2 * count)),
        "swd": SlicedWasserstein,
        "spectrum": SpectrumDistance,
    }
    reference, samples = ImageDataset("random", pictures(count, 0)), pictures(count, count)
    found: dict[str, list[float]] = {name: [] for name in metrics}
    for _ in range(rounds):
        for name, make in metrics.items():
            found[name].append(round(seconds(make(), reference, samples, count_adding=name != "kd"), 3))
    return {
        "of": f"{count} random pictures of 3x32x32 and {DIMS} dimensions, against as many",
        "seconds": {name: round(statistics.median(each), 3) for name, each in found.items()},
        "seconds_by_round": found,
        "machine": {"platform": platform.platform(), "threads": 1, "rounds": rounds},
        "versions": versions("ganbench", "torch"),
    }


def seconds(metric: Metric, reference: ImageDataset, samples: Tensor, *, count_adding: bool) -> float:
    """Return how long a metric computes its score, and, if that counts, takes in the samples."""
    measurement = metric.begin(reference)
    begun = time.process_time()
    for part in torch.split(samples, CHUNK):
        measurement.add(SampleBatch(part))
    if not count_adding:
        begun = time.process_time()
    measurement.score()
    return time.process_time() - begun


def pictures(count: int, first: int) -> Tensor:
    """Return random pictures, uint8 ``[count, 3, 32, 32]``, that are numbered from ``first`` in their first pixels."""
    made = torch.randint(0, 256, (count, 3, 32, 32), generator=torch.Generator().manual_seed(first))
    number = torch.arange(first, first + count)
    made[:, 0, 0, 0], made[:, 0, 0, 1] = number % 256, number // 256
    return made.to(torch.uint8)


def _numbers(images: Tensor) -> Tensor:
    return images[:, 0, 0, 0].long() + 256 * images[:, 0, 0, 1].long()


if __name__ == "__main__":
    main()
