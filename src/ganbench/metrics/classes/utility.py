"""Utility of generated images: accuracy on real held-out images of classifiers trained with and without them.

Ravuri and Vinyals, "Classification Accuracy Score for Conditional Generative Models" (2019), arXiv:1905.10887 (there
for classifiers that are trained on generated images only).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.data.images import ImageDataset
from ganbench.errors import UserError
from ganbench.metrics.classes.training import (
    ClassifierTraining,
    classification_accuracy,
    deterministic,
    train_classifier,
)
from ganbench.metrics.image_metric import ImageMetric
from ganbench.metrics.labels import batch_labels, dataset_labels, require_same_classes
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.requirements import NeedsHeldOut, require_held_out
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import JSON, Better, Score
from ganbench.utils.bootstrap import Comparison, compare, mean, student_interval

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

#: The training sets, by the names that scores use.
REAL, AUGMENTED, BOTH, GENERATED = "real", "real, moved", "real and generated", "generated"
DEFAULT_TRAINING = ClassifierTraining(images=40_000, shift=0)


@dataclass(frozen=True)
class Utility(ImageMetric, NeedsHeldOut):
    """``utility``: the accuracy that samples add to a classifier of few real images; higher is better.

    For each seed, a classifier is trained on each of four sets: random real images of the reference; the same with
    random flips (if the data set is flipped in training) and shifts; the same plus all samples; the samples only. All
    see equally many images. The score is the mean accuracy with samples minus that of real images alone.

    Attributes:
        held_out: The images that the classifiers are evaluated on; the evaluator sets it.
        real_images: The number of real training images.
        test_images: The largest number of held-out images.
        seeds: The number of seeds.
        shift: The largest shift, in pixels.
        training: The training settings of all classifiers.
    """

    better: ClassVar[Better] = "higher"
    needs_labels: ClassVar[bool] = True
    name: ClassVar[str] = "utility"
    min_samples: ClassVar[int] = 100  # fewer teach a classifier nothing

    held_out: Dataset | None = None
    real_images: int = 5000
    test_images: int = 10_000
    seeds: int = 3
    shift: int = 2
    training: ClassifierTraining = DEFAULT_TRAINING

    @property
    def default_samples(self) -> int:
        """As many samples as real images."""
        return self.real_images

    def with_held_out(self, held_out: Dataset) -> Utility:
        """Return a copy of the metric with these images."""
        return replace(self, held_out=held_out)

    def begin(self, reference: Dataset) -> UtilityMeasurement:
        """Return an empty measurement. Raises UserError if either set has no classes, or they differ."""
        if self.seeds < 1:
            raise UserError(f"metric '{self.name}' needs at least 1 seed, not {self.seeds}")
        held_out = require_held_out(self.name, reference, self.held_out)
        require_same_classes(self.name, reference, held_out)
        return UtilityMeasurement(self, reference, dataset_labels(reference, self.name), held_out)


class UtilityMeasurement:
    """Collects samples and their labels."""

    def __init__(self, metric: Utility, reference: Dataset, labels: Tensor, held_out: Dataset) -> None:
        self._metric, self._reference, self._held_out = metric, reference, held_out
        self._reference_labels = labels
        self._flip = bool(getattr(reference, "flip", False))
        self._samples, self._labels = list[Tensor](), list[Tensor]()

    def add(self, batch: SampleBatch) -> None:
        """Collect one batch of images. Raises UserError if it has no labels."""
        self._labels.append(batch_labels(batch, self._metric.name))
        self._samples.append(batch.samples)

    def score(self) -> Score:
        """Train and evaluate all classifiers, which takes a few minutes."""
        metric, samples = self._metric, sum(map(len, self._samples))
        held_out_labels = dataset_labels(self._held_out, metric.name)
        test = _random_subset(self._held_out, held_out_labels, metric.test_images, 0)
        by_seed = [self._accuracies(seed, test) for seed in range(metric.seeds)]
        by_training = {name: [accuracies[name] for accuracies in by_seed] for name in by_seed[0]}
        gain = compare(by_training[BOTH], by_training[REAL], "higher")
        real = min(metric.real_images, self._reference.info.size)
        return Score(
            name=metric.name,
            value=gain.difference,
            better=metric.better,
            details={
                "interval_95": None if gain.interval is None else list(gain.interval),
                "accuracies": {name: _summarize(values) for name, values in by_training.items()},
                "gain_of_moving": mean(by_training[AUGMENTED]) - mean(by_training[REAL]),
                "verdict": verdict(by_training, gain, real, samples, flip=self._flip),
            },
            measured={
                "samples": samples,
                "reference": reference_record(self._reference, real),
                "held_out": reference_record(self._held_out, test.info.size),
                "seeds": metric.seeds,
                "teaching": metric.training.record,
                "flips": self._flip,
                "shift": metric.shift,
                "versions": versions("ganbench", "torch"),
            },
        )

    def _accuracies(self, seed: int, test: Dataset) -> dict[str, float]:
        """Return the accuracy of each classifier of one seed; all use the same real images."""
        metric = self._metric
        real = _random_subset(self._reference, self._reference_labels, metric.real_images, 1 + seed)
        classes = self._reference.info.classes
        generated = ImageDataset("samples", torch.cat(self._samples), torch.cat(self._labels), classes)
        both = ImageDataset(
            "both",
            torch.cat([real.pixels, generated.pixels]),
            torch.cat([_labels(real), _labels(generated)]),
            classes,
        )
        plain = replace(metric.training, seed=seed)
        shifted = replace(plain, shift=metric.shift)
        trainings = {
            REAL: (real, plain, False),
            AUGMENTED: (real, shifted, self._flip),
            BOTH: (both, plain, False),
            GENERATED: (generated, plain, False),
        }
        accuracies = {}
        for name, (images, training, flip) in trainings.items():
            with deterministic(seed):
                network = train_classifier(images, training, flip=flip)
                accuracies[name] = classification_accuracy(test, network)
        return accuracies


def verdict(
    by_training: Mapping[str, list[float]], gain: Comparison, real: int, samples: int, *, flip: bool
) -> str:
    """Return one plain sentence on what samples add, compared with flips and shifts.

    Args:
        by_training: The accuracies of each training set, one per seed.
        gain: The comparison of real images with and without samples.
        real: The number of real images.
        samples: The number of samples.
        flip: Whether the augmentation flips images.
    """
    percent = {name: f"{mean(values):.1%}" for name, values in by_training.items()}
    seeds = f"{gain.pairs} seeds" if gain.pairs > 1 else "1 seed"
    augmentation = "flips and shifts" if flip else "shifts"
    change = f"{percent[REAL]} to {percent[BOTH]}"
    if gain.interval is None:
        effect = f"change accuracy from {change}, which {seeds} cannot tell from chance"
    elif not gain.resolved:
        effect = f"change accuracy from {change}, which is not resolved with {seeds}"
    else:
        low, high = gain.interval
        verb = "raise" if gain.difference > 0 else "lower"
        effect = (
            f"{verb} accuracy from {change} (by {100 * low:+.1f} to {100 * high:+.1f} points with {seeds})"
        )
    return (
        f"{samples:,} generated pictures beside {real:,} real ones {effect}; {augmentation} instead give "
        f"{percent[AUGMENTED]}, generated pictures alone {percent[GENERATED]}."
    )


def _summarize(values: list[float]) -> JSON:
    interval = student_interval(values)
    return {
        "mean": mean(values),
        "interval_95": None if interval is None else list(interval),
        "seeds": values,
    }


def _labels(images: ImageDataset) -> Tensor:
    labels = images.labels(torch.arange(len(images)))
    assert labels is not None, "both sets have labels"
    return labels


def _random_subset(dataset: Dataset, labels: Tensor, count: int, seed: int) -> ImageDataset:
    """Return ``count`` random items of a data set, or all if there are fewer."""
    generator = torch.Generator().manual_seed(seed)
    index = torch.randperm(dataset.info.size, generator=generator)[:count]
    return ImageDataset(dataset.info.name, dataset.items(index), labels[index], dataset.info.classes)
