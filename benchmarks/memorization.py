"""Count how often the metric `memorization` reports copies, in samples with planted copies and without any.

    python -m benchmarks.memorization [--data mnist] [--draws 100] [--out results/memorization.json]

Real images stand in for the samples of an honest generator. In each draw, 2,000 images of the test split are the
samples and the others are the held-out images. For planted copies, some samples are replaced by random training images.
Blurred and faint images stand in for honest but imperfect generators. Distances are computed once for all images, and
each draw selects from them; the metric's own code does the rest.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from ganbench.data.base import Dataset
from ganbench.data.registry import find_dataset
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.features.feature_cache import all_features
from ganbench.metrics.features.nearest import find_nearest
from ganbench.metrics.features.reference import random_order
from ganbench.metrics.memorization.cells import assign_cells, kmeans_centres
from ganbench.metrics.memorization.data_copying import SampleDistances, near_copies, three_sample_test
from ganbench.metrics.memorization.memorization import SIGNIFICANCE_LEVEL
from ganbench.metrics.record import versions
from ganbench.metrics.registry import create_extractor

SAMPLES = 2000
COPY_SOURCES = 2000  # training images from which copies are drawn
NEIGHBOURS = 30  # nearest test images stored for each image, so that one of them is held out in any draw
CELLS = 10


@dataclass(frozen=True)
class Neighbours:
    """The nearest training image, the nearest test images and the cell of each image."""

    to_train: Tensor
    nearest_train: Tensor
    to_test: Tensor
    nearest_test: Tensor
    cells: Tensor


def main() -> None:
    """Measure all data sets and print a table; ``--out`` stores it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--features", default="pixels@16")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    extractor = create_extractor(arguments.features)
    counts = {
        name: measure(name, extractor, arguments.draws)
        for name in arguments.data or ["cifar10-jpeg", "mnist"]
    }
    report = {
        "samples": SAMPLES,
        "draws": arguments.draws,
        "features": extractor.name,
        "level": SIGNIFICANCE_LEVEL,
        "versions": versions("ganbench", "torch"),
        "flagged": counts,
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure(name: str, extractor: FeatureExtractor, draws: int) -> dict[str, Any]:
    """Return for each kind of samples the number of draws in which each p-value is below the level."""
    function, arguments = find_dataset(name)
    train, test = function(**arguments, split="train"), function(**arguments, split="test")
    rows, held_out = all_features(train, extractor), all_features(test, extractor)
    centres = kmeans_centres(rows[random_order(len(rows))[:10_000]], CELLS)

    def find(images: Tensor) -> Neighbours:
        queries = torch.cat([extractor(part) for part in torch.split(images, 500)])
        to_train, to_test = find_nearest(queries, [rows]), find_nearest(queries, [held_out], NEIGHBOURS)
        return Neighbours(
            to_train.distances[:, 0],
            to_train.indices[:, 0],
            to_test.distances,
            to_test.indices,
            assign_cells(queries, centres),
        )

    planted = _random_items(train, COPY_SOURCES)
    real = test.items(torch.arange(test.info.size))
    honest = find(real)
    plain, moved = find(planted), find(planted.roll(1, 3))
    faint = ((real.float() - 127) * 0.7 + 127).round().to(torch.uint8)
    kinds: dict[str, tuple[Neighbours, Neighbours | None, float]] = {
        "honest": (honest, None, 0),
        "honest, blurred": (find(gaussian_blur(real, 5, 1.0)), None, 0),
        "honest, faint": (find(faint), None, 0),
        **{f"{share:.0%} copies": (honest, plain, share) for share in (0.01, 0.02, 0.05)},
        "5% copies, moved by a pixel": (honest, moved, 0.05),
    }
    results: dict[str, Any] = {}
    for kind, (samples, copies, share) in kinds.items():
        counts = {"p": 0, "c_t_p": 0, "near_copies_p": 0}
        copied = 0.0
        for seed in range(draws):
            distances = draw(samples, honest, copies, round(share * SAMPLES), train.info.size, seed)
            near, three = near_copies(distances), three_sample_test(distances)
            for key, p in zip(counts, (near.p, three.p, near.share_p), strict=True):
                counts[key] += p < SIGNIFICANCE_LEVEL
            copied += near.copied_share / draws
        results[kind] = {**counts, "copied": round(copied, 4)}
        print(f"{name:14} {kind:28} {results[kind]}", flush=True)
    return results


def draw(
    samples: Neighbours, real: Neighbours, copies: Neighbours | None, planted: int, training: int, seed: int
) -> SampleDistances:
    """Draw samples from the test split, the first ``planted`` of them copies; hold out the rest of the split."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(real.to_train), generator=generator)
    kept, held_out = order[planted:SAMPLES], order[SAMPLES:]
    is_held_out = torch.zeros(len(order), dtype=torch.bool)
    is_held_out[held_out] = True
    parts = [(samples, kept)]
    if copies is not None:
        parts.append((copies, torch.randperm(len(copies.to_train), generator=generator)[:planted]))
    to_held_out, nearest_held_out = zip(
        *(_nearest_held_out(part, index, is_held_out) for part, index in parts), strict=True
    )
    return SampleDistances(
        training_images=training,
        to_train=torch.cat([part.to_train[index] for part, index in parts]),
        nearest_train=torch.cat([part.nearest_train[index] for part, index in parts]),
        to_held_out=torch.cat(to_held_out),
        nearest_held_out=torch.cat(nearest_held_out),
        held_out_to_train=real.to_train[held_out],
        cells=torch.cat([part.cells[index] for part, index in parts]),
        held_out_cells=real.cells[held_out],
    )


def _nearest_held_out(neighbours: Neighbours, index: Tensor, is_held_out: Tensor) -> tuple[Tensor, Tensor]:
    """Return distance and index of the nearest held-out test image, or of the last neighbour if none is held out."""
    indices = neighbours.nearest_test[index]
    usable = is_held_out[indices]
    usable[:, -1] = True
    first = usable.int().argmax(1, keepdim=True)
    return neighbours.to_test[index].gather(1, first)[:, 0], indices.gather(1, first)[:, 0]


def _random_items(train: Dataset, count: int) -> Tensor:
    return train.items(torch.randperm(train.info.size, generator=torch.Generator().manual_seed(0))[:count])


if __name__ == "__main__":
    main()
