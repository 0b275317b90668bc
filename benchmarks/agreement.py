"""How far scores of real pictures are from torch-fidelity's, given the same features.

    python -m benchmarks.agreement [--count 1400] [--out results/agreement.json]

Seven pairs of sets of real pictures are scored by this package's metrics, pictures in and score out, in the 1,280
features of EfficientNet-Lite0 (at 32 pixels, which is fast) and its 1,000 logits. The very same features are given to
torch-fidelity's functions, with its own settings but for the kernel distance's subsets, of which there are fewer and
smaller ones on either side. For every score the relative difference is kept: ``in_double`` of the same functions given
the same features in double precision, ``as_it_is`` as torch-fidelity has them, in single precision, whose rounding
is most of what there is where a distance is near 0 or a picture on the border of a neighbourhood.
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

SIZE, CHUNK = 32, 250
SUBSETS, SUBSET_SIZE = 20, 500
GOALS = {"fd": 1e-4, "kd": 1e-3, "is": 1e-4, "precision": 1e-4, "recall": 1e-4}


class Features(EfficientNetLite0Features):
    """The same features, with the published network's last layer for logits."""

    def __init__(self) -> None:
        super().__init__(SIZE)
        state = load_weights(weights_path())
        self._weight, self._bias = state["_fc.weight"], state["_fc.bias"]

    def logits_from_features(self, features: Tensor) -> Tensor:
        """Return ``[N, 1000]``."""
        return features @ self._weight.T + self._bias

    def logits(self, images: Tensor) -> Tensor:
        """Return ``[N, 1000]``."""
        return self.logits_from_features(self(images))


def main() -> None:
    """Measure all pairs and print a table; ``--out`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1400)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    features, found = Features(), {}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["GANBENCH_CACHE"] = cache
        for name, (samples, reference) in pairs(arguments.count):
            found[name] = compared(features, samples, reference)
            print(
                f"{name:45}",
                {k: f"{v['in_double']:.1e} {v['as_it_is']:.1e}" for k, v in found[name].items()},
                flush=True,
            )
    report = {
        "features": f"{features.name}, and the published network's 1,000 logits for is",
        "pictures_of_each": arguments.count,
        "pairs": found,
        "largest_difference": {
            kind: {score: max(pair[score][kind] for pair in found.values()) for score in GOALS}
            for kind in ("in_double", "as_it_is")
        },
        "goals": GOALS,
        "versions": versions("ganbench", "torch", "torch-fidelity", "efficientnet-lite-pytorch"),
    }
    print(json.dumps(report["largest_difference"]))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def pairs(count: int) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
    """Yield a name, and samples and reference, uint8 ``[count, C, H, W]``."""
    for name in ("cifar10-jpeg", "mnist", "imagenette64"):
        yield f"{name}: test against train", (some(name, "test", count), some(name, "train", count))
    cifar, digits = (some(name, "train", count) for name in ("cifar10-jpeg", "mnist"))
    yield "cifar10-jpeg: blurred against as they are", (gaussian_blur(cifar, 3, 0.7), cifar)
    yield "cifar10-jpeg: half overlapping", (some("cifar10-jpeg", "train", count, count // 2), cifar)
    yield "cifar10-jpeg: one class against all", (some("cifar10-jpeg", "train", count, 0, 3), cifar)
    yield "mnist: darker against as they are", ((digits.float() * 0.8).round().to(torch.uint8), digits)


def some(name: str, split: str, count: int, start: int = 0, label: int | None = None) -> Tensor:
    """Return so many pictures of a set, in a random order that is always the same; or of one class."""
    function, arguments = find_dataset(name)
    whole: Dataset = function(**arguments, split=split)
    order = torch.randperm(whole.info.size, generator=torch.Generator().manual_seed(0))
    if label is not None:
        labels = whole.labels(order)
        assert labels is not None, "the set has classes"
        order = order[labels == label]
    return whole.items(order[start : start + count])


def compared(features: Features, samples: Tensor, real: Tensor) -> dict[str, dict[str, float]]:
    """Return each score by both, and their relative difference."""
    reference = ImageDataset("real", real)
    ours = by_us(features, samples, reference)
    rows = torch.cat([features(part) for part in torch.split(samples, CHUNK)])
    given = rows, reference_features(reference, features), features.logits_from_features(rows)
    single, double = by_torch_fidelity(*given), by_torch_fidelity(*(x.double() for x in given))
    return {
        name: {
            "ours": ours[name],
            "torch_fidelity": single[name],
            "torch_fidelity_in_double": double[name],
            "as_it_is": _relative(ours[name], single[name]),
            "in_double": _relative(ours[name], double[name]),
        }
        for name in GOALS
    }


def _relative(ours: float, theirs: float) -> float:
    return 0.0 if ours == theirs else abs(ours - theirs) / abs(theirs)


def by_us(features: Features, samples: Tensor, reference: Dataset) -> dict[str, float]:
    """Return the scores of pictures."""
    metrics: tuple[Metric, ...] = (
        FrechetDistance(features, extras=False),
        KernelDistance(features, SUBSETS, SUBSET_SIZE),
        InceptionScore(features),
        PrecisionRecall(features),
    )
    fd, kd, inception, pr = measure(metrics, torch.split(samples, CHUNK), reference)
    details: Mapping[str, Any] = pr.details
    values = {"fd": fd.value, "kd": kd.value, "is": inception.value}
    return {**values, "precision": details["precision"], "recall": details["recall"]}


def by_torch_fidelity(rows: Tensor, real: Tensor, logits: Tensor) -> Mapping[str, float]:
    """Return its scores of features ``[N, D]`` and ``[M, D]`` and of logits ``[N, K]``."""
    of_both = [metric_fid.fid_features_to_statistics(x) for x in (rows, real)]
    quiet = {"verbose": False}
    kid = metric_kid.kid_features_to_metric(
        rows, real, kid_subsets=SUBSETS, kid_subset_size=SUBSET_SIZE, **quiet
    )
    precision_recall = metric_prc.prc_features_to_metric(rows, real, **quiet)
    return {
        "fd": metric_fid.fid_statistics_to_metric(*of_both, **quiet)["frechet_inception_distance"],
        "kd": kid["kernel_inception_distance_mean"],
        "is": metric_isc.isc_features_to_metric(logits)["inception_score_mean"],
        "precision": precision_recall["precision"],
        "recall": precision_recall["recall"],
    }


if __name__ == "__main__":
    main()
