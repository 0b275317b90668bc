"""Compare the scores of real images with those of torch-fidelity on the same features.

    python -m benchmarks.agreement [--count 1400] [--out results/agreement.json]

Seven pairs of sets of real images are scored by ganbench's metrics with the 1,280 features of EfficientNet-Lite0 (at 32
pixels, for speed) and its 1,000 logits. The same features are given to torch-fidelity's functions with their default
settings, except that both sides use fewer and smaller subsets for the kernel distance. The relative difference of each
score is recorded twice: ``as_it_is`` with features in single precision, as torch-fidelity computes them, and
``in_double`` with its functions given the same features in double precision. Single precision matters where a distance
is near 0 or an image is on the border of a neighbourhood.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc
from torchvision.transforms.functional import gaussian_blur

from ganbench.data.base import Dataset
from ganbench.data.images import ImageDataset
from ganbench.data.registry import find_dataset
from ganbench.metrics.base import Metric
from ganbench.metrics.coverage.prdc import PrecisionRecall
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.inception_score import InceptionScore
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.extractors.efficientnet_lite0 import (
    EfficientNetLite0Features,
    load_weights,
    weights_path,
)
from ganbench.metrics.features.reference import reference_features
from ganbench.metrics.measure import measure
from ganbench.metrics.record import versions

IMAGE_SIZE, BATCH = 32, 250
SUBSETS, SUBSET_SIZE = 20, 500
GOALS = {"fd": 1e-4, "kd": 1e-3, "is": 1e-4, "precision": 1e-4, "recall": 1e-4}


class Features(EfficientNetLite0Features):
    """EfficientNet-Lite0 features, with the logits of the published network's last layer."""

    def __init__(self) -> None:
        super().__init__(IMAGE_SIZE)
        state = load_weights(weights_path())
        self._weight, self._bias = state["_fc.weight"], state["_fc.bias"]

    def logits_from_features(self, features: Tensor) -> Tensor:
        """Return the logits of features, ``[N, 1000]``."""
        return features @ self._weight.T + self._bias

    def logits(self, images: Tensor) -> Tensor:
        """Return the logits of images, ``[N, 1000]``."""
        return self.logits_from_features(self(images))


def main() -> None:
    """Measure all pairs and print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1400)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    features, rows = Features(), {}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["GANBENCH_CACHE"] = cache
        for name, (samples, reference) in pairs(arguments.count):
            rows[name] = compare(features, samples, reference)
            print(
                f"{name:45}",
                {k: f"{v['in_double']:.1e} {v['as_it_is']:.1e}" for k, v in rows[name].items()},
                flush=True,
            )
    report = {
        "features": f"{features.name}, and the published network's 1,000 logits for is",
        "pictures_of_each": arguments.count,
        "pairs": rows,
        "largest_difference": {
            kind: {score: max(pair[score][kind] for pair in rows.values()) for score in GOALS}
            for kind in ("in_double", "as_it_is")
        },
        "goals": GOALS,
        "versions": versions("ganbench", "torch", "torch-fidelity", "efficientnet-lite-pytorch"),
    }
    print(json.dumps(report["largest_difference"]))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def pairs(count: int) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
    """Yield the name, the samples and the reference of each pair, uint8 ``[count, C, H, W]``."""
    for name in ("cifar10-jpeg", "mnist", "imagenette64"):
        yield (
            f"{name}: test against train",
            (select_images(name, "test", count), select_images(name, "train", count)),
        )
    cifar, digits = (select_images(name, "train", count) for name in ("cifar10-jpeg", "mnist"))
    yield "cifar10-jpeg: blurred against as they are", (gaussian_blur(cifar, 3, 0.7), cifar)
    yield "cifar10-jpeg: half overlapping", (select_images("cifar10-jpeg", "train", count, count // 2), cifar)
    yield "cifar10-jpeg: one class against all", (select_images("cifar10-jpeg", "train", count, 0, 3), cifar)
    yield "mnist: darker against as they are", ((digits.float() * 0.8).round().to(torch.uint8), digits)


def select_images(name: str, split: str, count: int, start: int = 0, label: int | None = None) -> Tensor:
    """Return ``count`` images of a data set, or of one of its classes, from a fixed random order."""
    function, arguments = find_dataset(name)
    dataset: Dataset = function(**arguments, split=split)
    order = torch.randperm(dataset.info.size, generator=torch.Generator().manual_seed(0))
    if label is not None:
        labels = dataset.labels(order)
        assert labels is not None, "the data set has no labels"
        order = order[labels == label]
    return dataset.items(order[start : start + count])


def compare(features: Features, samples: Tensor, real: Tensor) -> dict[str, dict[str, float]]:
    """Return each score by both packages, and their relative differences."""
    reference = ImageDataset("real", real)
    ours = ganbench_scores(features, samples, reference)
    fake = torch.cat([features(part) for part in torch.split(samples, BATCH)])
    inputs = fake, reference_features(reference, features), features.logits_from_features(fake)
    single, double = torch_fidelity_scores(*inputs), torch_fidelity_scores(*(x.double() for x in inputs))
    return {
        name: {
            "ours": ours[name],
            "torch_fidelity": single[name],
            "torch_fidelity_in_double": double[name],
            "as_it_is": _relative_difference(ours[name], single[name]),
            "in_double": _relative_difference(ours[name], double[name]),
        }
        for name in GOALS
    }


def _relative_difference(ours: float, theirs: float) -> float:
    return 0.0 if ours == theirs else abs(ours - theirs) / abs(theirs)


def ganbench_scores(features: Features, samples: Tensor, reference: Dataset) -> dict[str, float]:
    """Return the scores of images by ganbench."""
    metrics: tuple[Metric, ...] = (
        FrechetDistance(features, extras=False),
        KernelDistance(features, SUBSETS, SUBSET_SIZE),
        InceptionScore(features),
        PrecisionRecall(features),
    )
    fd, kd, inception, pr = measure(metrics, torch.split(samples, BATCH), reference)
    details: Mapping[str, Any] = pr.details
    values = {"fd": fd.value, "kd": kd.value, "is": inception.value}
    return {**values, "precision": details["precision"], "recall": details["recall"]}


def torch_fidelity_scores(fake: Tensor, real: Tensor, logits: Tensor) -> Mapping[str, float]:
    """Return the scores of features ``[N, D]`` and ``[M, D]`` and of logits ``[N, K]`` by torch-fidelity."""
    statistics = [metric_fid.fid_features_to_statistics(x) for x in (fake, real)]
    quiet = {"verbose": False}
    kid = metric_kid.kid_features_to_metric(
        fake, real, kid_subsets=SUBSETS, kid_subset_size=SUBSET_SIZE, **quiet
    )
    precision_recall = metric_prc.prc_features_to_metric(fake, real, **quiet)
    return {
        "fd": metric_fid.fid_statistics_to_metric(*statistics, **quiet)["frechet_inception_distance"],
        "kd": kid["kernel_inception_distance_mean"],
        "is": metric_isc.isc_features_to_metric(logits)["inception_score_mean"],
        "precision": precision_recall["precision"],
        "recall": precision_recall["recall"],
    }


if __name__ == "__main__":
    main()
