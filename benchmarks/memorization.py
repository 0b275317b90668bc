"""How often `memorization` says "copies", of samples with planted copies and of honest ones.

    python -m benchmarks.memorization [--data mnist] [--draws 100] [--out results/memorization.json]

Real held-out pictures stand in for an honest generator. In each draw, 2,000 of the test split are the samples and the
others are the held-out pictures; for planted copies, some samples are replaced by random training pictures. Distances
are worked out once for all pictures, and each draw picks its own; all that is made of them is the metric's own code.
Blurred and faint pictures stand in for honest generators that are not perfect.
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
PLANTED = 2000  # training pictures from which copies are drawn
OTHERS = 30  # nearest held-out pictures of each test picture, so that one is not among the samples
CELLS = 10


@dataclass(frozen=True)
class Placed:
    """Where pictures lie: nearest training picture, nearest test pictures, and cell."""

    to_train: Tensor
    nearest_train: Tensor
    to_test: Tensor
    nearest_test: Tensor
    cells: Tensor


def main() -> None:
    """Measure every data set asked for and print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--features", default="pixels@16")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    extractor = create_extractor(arguments.features)
    found = {
        name: measure(name, extractor, arguments.draws)
        for name in arguments.data or ["cifar10-jpeg", "mnist"]
    }
    report = {
        "samples": SAMPLES,
        "draws": arguments.draws,
        "features": extractor.name,
        "level": SIGNIFICANCE_LEVEL,
        "versions": versions("ganbench", "torch"),
        "flagged": found,
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def measure(name: str, extractor: FeatureExtractor, draws: int) -> dict[str, Any]:
    """Return, for each kind of samples, in how many draws each p is below the level."""
    function, arguments = find_dataset(name)
    train, test = function(**arguments, split="train"), function(**arguments, split="test")
    rows, held_out = all_features(train, extractor), all_features(test, extractor)
    centres = kmeans_centres(rows[random_order(len(rows))[:10_000]], CELLS)

    def place(pictures: Tensor) -> Placed:
        queries = torch.cat([extractor(part) for part in torch.split(pictures, 500)])
        to_train, to_test = find_nearest(queries, [rows]), find_nearest(queries, [held_out], OTHERS)
        return Placed(
            to_train.distances[:, 0],
            to_train.indices[:, 0],
            to_test.distances,
            to_test.indices,
            assign_cells(queries, centres),
        )

    planted = _chosen(train, PLANTED)
    real = test.items(torch.arange(test.info.size))
    honest = place(real)
    plain, moved = place(planted), place(planted.roll(1, 3))
    faint = ((real.float() - 127) * 0.7 + 127).round().to(torch.uint8)
    kinds: dict[str, tuple[Placed, Placed | None, float]] = {
        "honest": (honest, None, 0),
        "honest, blurred": (place(gaussian_blur(real, 5, 1.0)), None, 0),
        "honest, faint": (place(faint), None, 0),
        **{f"{share:.0%} copies": (honest, plain, share) for share in (0.01, 0.02, 0.05)},
        "5% copies, moved by a pixel": (honest, moved, 0.05),
    }
    found: dict[str, Any] = {}
    for kind, (samples, copies, share) in kinds.items():
        counts = {"p": 0, "c_t_p": 0, "near_copies_p": 0}
        copied = 0.0
        for draw in range(draws):
            distances = drawn(samples, honest, copies, round(share * SAMPLES), train.info.size, draw)
            near, three = near_copies(distances), three_sample_test(distances)
            for key, p in zip(counts, (near.p, three.p, near.share_p), strict=True):
                counts[key] += p < SIGNIFICANCE_LEVEL
            copied += near.copied_share / draws
        found[kind] = {**counts, "copied": round(copied, 4)}
        print(f"{name:14} {kind:28} {found[kind]}", flush=True)
    return found


def drawn(
    samples: Placed, real: Placed, copies: Placed | None, planted: int, training: int, seed: int
) -> SampleDistances:
    """Draw samples from the test split, the first ``planted`` of them copies; the rest of the split is held out."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(real.to_train), generator=generator)
    chosen, held_out = order[planted:SAMPLES], order[SAMPLES:]
    free = torch.zeros(len(order), dtype=torch.bool)
    free[held_out] = True
    parts = [(samples, chosen)]
    if copies is not None:
        parts.append((copies, torch.randperm(len(copies.to_train), generator=generator)[:planted]))
    to_held_out, nearest_held_out = zip(
        *(_first_free(placed, index, free) for placed, index in parts), strict=True
    )
    return SampleDistances(
        training_images=training,
        to_train=torch.cat([placed.to_train[index] for placed, index in parts]),
        nearest_train=torch.cat([placed.nearest_train[index] for placed, index in parts]),
        to_held_out=torch.cat(to_held_out),
        nearest_held_out=torch.cat(nearest_held_out),
        held_out_to_train=real.to_train[held_out],
        cells=torch.cat([placed.cells[index] for placed, index in parts]),
        held_out_cells=real.cells[held_out],
    )


def _first_free(placed: Placed, index: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
    """Return distance and number of the nearest test picture that is held out in this draw (or the farthest known)."""
    places = placed.nearest_test[index]
    known = free[places]
    known[:, -1] = True
    first = known.int().argmax(1, keepdim=True)
    return placed.to_test[index].gather(1, first)[:, 0], places.gather(1, first)[:, 0]


def _chosen(train: Dataset, count: int) -> Tensor:
    return train.items(torch.randperm(train.info.size, generator=torch.Generator().manual_seed(0))[:count])


if __name__ == "__main__":
    main()
