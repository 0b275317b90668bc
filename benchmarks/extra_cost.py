"""Measure what metrics cost in addition to the features of the samples: CPU seconds of kd, swd and spectrum.

    python -m benchmarks.extra_cost [--rounds 3] [--count 10000] [--out results/extra_cost.json]

``kd`` compares ``count`` random feature vectors of 1,280 dimensions with as many; ``swd`` and ``spectrum`` compare
``count`` random images of 3x32x32 with as many. The time to prepare the reference is not counted. For ``swd`` and
``spectrum``, which read pixels, the time to add the samples and to compute the score is counted; for ``kd``, only the
time to compute the score. The metrics take turns; medians over the rounds are reported. Times are CPU seconds of one
thread, which depend little on other load of the machine.
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

BATCH, DIMS = 250, 1280


class PrecomputedFeatures:
    """Features that cost almost nothing: a row of a table, whose number is in the first two pixels of the image."""

    name, dims, weights_sha256 = "known", DIMS, "0" * 64
    preprocessing: Mapping[str, JSON] = {"none": True}

    def __init__(self, count: int) -> None:
        self._rows = torch.randn(count, DIMS, generator=torch.Generator().manual_seed(0))

    def __call__(self, images: Tensor) -> Tensor:
        return self._rows[_row_numbers(images) % len(self._rows)]


def main() -> None:
    """Measure and print the times; ``--out`` stores them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_pages()
    report = measure_metrics(arguments.rounds, arguments.count)
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure_metrics(rounds: int, count: int) -> dict[str, JSON]:
    """Return the CPU seconds of each metric by round, and their medians."""
    metrics: dict[str, Callable[[], Metric]] = {
        "kd": lambda: KernelDistance(PrecomputedFeatures(2 * count)),
        "swd": SlicedWasserstein,
        "spectrum": SpectrumDistance,
    }
    reference, samples = ImageDataset("random", random_images(count, 0)), random_images(count, count)
    times: dict[str, list[float]] = {name: [] for name in metrics}
    for _ in range(rounds):
        for name, make_metric in metrics.items():
            times[name].append(
                round(cpu_seconds(make_metric(), reference, samples, time_adding=name != "kd"), 3)
            )
    return {
        "of": f"{count} random pictures of 3x32x32 and {DIMS} dimensions, against as many",
        "seconds": {name: round(statistics.median(each), 3) for name, each in times.items()},
        "seconds_by_round": times,
        "machine": {"platform": platform.platform(), "threads": 1, "rounds": rounds},
        "versions": versions("ganbench", "torch"),
    }


def cpu_seconds(metric: Metric, reference: ImageDataset, samples: Tensor, *, time_adding: bool) -> float:
    """Return the CPU seconds to compute a score, with ``time_adding`` also those to add the samples."""
    measurement = metric.begin(reference)
    start = time.process_time()
    for part in torch.split(samples, BATCH):
        measurement.add(SampleBatch(part))
    if not time_adding:
        start = time.process_time()
    measurement.score()
    return time.process_time() - start


def random_images(count: int, first: int) -> Tensor:
    """Return random images, uint8 ``[count, 3, 32, 32]``, numbered from ``first`` in their first two pixels."""
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=torch.Generator().manual_seed(first))
    number = torch.arange(first, first + count)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = number % 256, number // 256
    return images.to(torch.uint8)


def _row_numbers(images: Tensor) -> Tensor:
    return images[:, 0, 0, 0].long() + 256 * images[:, 0, 0, 1].long()


if __name__ == "__main__":
    main()
