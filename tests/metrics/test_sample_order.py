"""No metric takes the order of the samples for chance: class in turn, class by class and shuffled score the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from tests.metrics.stand_ins import MemoryDataset, Mixture, Projection, digit_classifier, digits, patterns
from torch import Tensor

from ganbench.data.base import Dataset
from ganbench.data.images import ImageDataset
from ganbench.metrics import metric
from ganbench.metrics.base import Metric
from ganbench.metrics.classes.class_balance import ClassBalance
from ganbench.metrics.classes.conditional_accuracy import ConditionalAccuracy
from ganbench.metrics.classes.training import ClassifierTraining
from ganbench.metrics.classes.utility import Utility
from ganbench.metrics.coverage.class_coverage import ClassCoverage
from ganbench.metrics.coverage.diversity import Diversity
from ganbench.metrics.coverage.mode_coverage import Modes
from ganbench.metrics.coverage.prdc import DensityCoverage, PrecisionRecall
from ganbench.metrics.coverage.stacked_modes import StackedModes
from ganbench.metrics.distances.frechet import FrechetDistance
from ganbench.metrics.distances.frechet_infinity import FrechetInfinity
from ganbench.metrics.distances.frechet_per_class import FrechetPerClass
from ganbench.metrics.distances.inception_score import InceptionScore
from ganbench.metrics.distances.kernel import KernelDistance
from ganbench.metrics.distances.one_dimension import kolmogorov_smirnov_metric, wasserstein_1_metric
from ganbench.metrics.distances.sliced_wasserstein import SlicedWasserstein
from ganbench.metrics.distances.spectrum import SpectrumDistance
from ganbench.metrics.measure import measure
from ganbench.metrics.memorization.memorization import Memorization
from ganbench.metrics.registry import METRICS
from ganbench.metrics.requirements import SampleFreeMetric
from ganbench.metrics.sample_batch import LabelledSamples

COUNT = 1000
FEATURES = Projection((1, 8, 8))
SHORT_TRAINING = ClassifierTraining(images=256, shift=0)
WITHOUT_SAMPLES = {"ppl", "probe", "knn", "own-knn"}


def classes(seed: int) -> ImageDataset:
    """Ten classes of digits and patterns, two levels in each: what a class shares is far from what others have."""
    data = patterns(COUNT, seed)
    return ImageDataset("classes", data.pixels, data.labels(torch.arange(COUNT)), data.info.classes)


class Stacked(MemoryDataset):
    """Images whose three channels are digits, with the probability of each of the thousand modes."""

    base_name = "digits"
    mode_probabilities = torch.full((1000,), 1e-3, dtype=torch.float64)

    def __init__(self, items: Tensor) -> None:
        super().__init__(items)
        self.info = replace(self.info, classes=tuple(map(str, range(1000))))


def points(dims: int) -> Tensor:
    centres = torch.arange(8.0)[:, None].expand(8, dims)
    noise = 0.1 * torch.randn(COUNT, dims, generator=torch.Generator().manual_seed(1))
    return centres[torch.arange(COUNT) % 8] + noise


@metric("user", min_samples=2)
def neighbours(samples: Tensor, reference: Dataset) -> float:
    """A metric of the user's that pairs each sample with its neighbour."""
    levels = samples.float().flatten(1).mean(1)
    return float((levels[::2] - levels[1::2]).abs().mean())


def metric_and_samples(name: str) -> tuple[Metric, Dataset, Tensor, Tensor]:
    """Return a metric, its reference, and ``COUNT`` samples of classes in turn with their labels."""
    reference, other = classes(0), classes(1)
    samples = other.pixels // 2 + 100  # far from the reference, so that distances are far from 0
    labels = torch.arange(COUNT) % 10
    levels = digits(COUNT)
    by_name: dict[str, tuple[Metric, Dataset, Tensor]] = {
        "fd": (FrechetDistance(FEATURES), reference, samples),
        "fd-inf": (FrechetInfinity(FEATURES), reference, samples),
        "fd-class": (FrechetPerClass(FEATURES), reference, samples),
        "kd": (KernelDistance(FEATURES, subset_count=10, subset_size=300), reference, samples),
        "is": (InceptionScore(digit_classifier()), levels, levels.pixels),
        "pr": (PrecisionRecall(FEATURES), reference, samples),
        "dc": (DensityCoverage(FEATURES), reference, samples),
        "accuracy": (ConditionalAccuracy(digit_classifier()), levels, levels.pixels),
        "covered-classes": (ClassCoverage(digit_classifier()), levels, levels.pixels),
        "balance": (ClassBalance(digit_classifier()), levels, levels.pixels),
        "memorization": (Memorization(FEATURES).with_held_out(classes(2)), reference, samples),
        "utility": (
            Utility(classes(2), real_images=40, test_images=100, seeds=1, training=SHORT_TRAINING),
            reference,
            samples,
        ),
        "diversity": (Diversity(FEATURES), reference, samples),
        "swd": (SlicedWasserstein(directions=64), reference, samples),
        "spectrum": (SpectrumDistance(), reference, samples),
        "modes": (Modes(), Mixture(torch.arange(8.0)[:, None].expand(8, 2), 0.1), points(2)),
        "stacked-modes": (
            StackedModes(digit_classifier()),
            Stacked(levels.pixels.expand(-1, 3, -1, -1).contiguous()),
            levels.pixels.expand(-1, 3, -1, -1).contiguous(),
        ),
        "w1": (wasserstein_1_metric(), MemoryDataset(points(1)), points(1)),
        "ks": (kolmogorov_smirnov_metric(), MemoryDataset(points(1)), points(1)),
        "user": (neighbours, reference, levels.pixels),
    }
    chosen, reference_of_metric, of_metric = by_name[name]
    return chosen, reference_of_metric, of_metric, labels


#: How far scores may differ between orders: by rounding, or by the random subsets and pairs that a metric draws.
TOLERANCE = {
    "is": 0.05,
    "kd": 0.15,
    "fd-inf": 0.05,
    "diversity": 0.1,
    "user": 0.1,
    "utility": 0.25,
}


def orders() -> Iterator[Tensor]:
    yield torch.arange(COUNT)  # class in turn
    yield (torch.arange(COUNT) % 10).argsort(stable=True)  # class by class
    yield torch.arange(COUNT).flip(0)
    yield torch.randperm(COUNT, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", sorted({*METRICS, "user"} - WITHOUT_SAMPLES))
def test_the_order_of_the_samples_changes_no_score(name: str) -> None:
    chosen, reference, samples, labels = metric_and_samples(name)
    values = []
    for order in list(orders())[: 2 if name == "utility" else 4]:  # training takes time
        batches = [LabelledSamples(samples[index], labels[index]) for index in order.split(250)]
        values.append(measure([chosen], batches, reference, note=lambda text: None)[0].value)
    scale = max(map(abs, values)) if name != "utility" else 1.0
    assert max(values) - min(values) <= TOLERANCE.get(name, 1e-4) * scale, values


def test_metrics_without_samples_are_those_that_are_left_out(import_metric: Callable[[str], object]) -> None:
    without = {name for name in METRICS if isinstance(import_metric(name), type)}
    assert {n for n in without if issubclass(import_metric(n), SampleFreeMetric)} == WITHOUT_SAMPLES  # type: ignore[arg-type]


@pytest.fixture
def import_metric() -> Callable[[str], object]:
    import importlib

    def load(name: str) -> object:
        module, _, target = METRICS[name].partition(":")
        return getattr(importlib.import_module(f"ganbench.metrics.{module}"), target)

    return load
