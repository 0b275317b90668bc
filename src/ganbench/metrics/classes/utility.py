"""Are generated pictures of use? Classifiers trained with and without them, all judged on real held-out pictures.

Ravuri and Vinyals, "Classification Accuracy Score for Conditional Generative Models" (2019), arXiv:1905.10887 (there
of classifiers that are trained on generated pictures only).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.data.images import ImageSet
from ganbench.errors import UserError
from ganbench.metrics.classes.classifier import (
    ClassifierTraining,
    accuracy_on,
    deterministic,
    train_classifier,
)
from ganbench.metrics.image_metric import PictureMetric
from ganbench.metrics.labels import labels_in, labels_of, require_same_classes
from ganbench.metrics.record import reference_record, versions
from ganbench.metrics.requirements import NeedsHeldOut, require_held_out
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import JSON, Better, Score
from ganbench.utils.bootstrap import Comparison, compare, mean, student_interval

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

REAL, MOVED, BOTH, GENERATED = "real", "real, moved", "real and generated", "generated"
PLAIN = ClassifierTraining(shown=40_000, shift=0)


@dataclass(frozen=True)
class Utility(PictureMetric, NeedsHeldOut):
    """``utility``: what generated pictures add to the accuracy of a classifier of few real ones; higher is better.

    Over ``seeds``, a classifier is trained on ``real`` random pictures of the reference; on the same with random
    flips (where the set is mirrored in training, too) and shifts of up to ``shift`` pixels; on the same and all
    samples; and on the samples only. All are shown equally many pictures, which ``teaching`` says. The score is the
    mean accuracy with samples less that without.
    """

    needs_labels: ClassVar[bool] = True

    held_out: Dataset | None = None
    real: int = 5000
    test: int = 10_000
    seeds: int = 3
    shift: int = 2
    teaching: ClassifierTraining = field(default=PLAIN)

    @property
    def name(self) -> str:
        """It has no features."""
        return "utility"

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def min_samples(self) -> int:
        """Below that nothing is learnt."""
        return 100

    @property
    def default_samples(self) -> int:
        """As many as there are real ones."""
        return self.real

    def with_held_out(self, held_out: Dataset) -> Utility:
        """Return the same metric with these pictures."""
        return replace(self, held_out=held_out)

    def begin(self, reference: Dataset) -> UtilityMeasurement:
        """Return an empty measurement. Raises UserError if either set has no classes, or they differ."""
        if self.seeds < 1:
            raise UserError(f"metric '{self.name}' needs at least 1 seed, not {self.seeds}")
        held_out = require_held_out(self.name, reference, self.held_out)
        require_same_classes(self.name, reference, held_out)
        return UtilityMeasurement(self, reference, labels_of(reference, self.name), held_out)


class UtilityMeasurement:
    """The samples and their labels so far."""

    def __init__(self, metric: Utility, reference: Dataset, labels: Tensor, held_out: Dataset) -> None:
        self._metric, self._reference, self._held_out = metric, reference, held_out
        self._of_reference = labels
        self._flip = bool(getattr(reference, "flip", False))
        self._samples, self._labels = list[Tensor](), list[Tensor]()

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures. Raises UserError if they have no labels."""
        self._labels.append(labels_in(chunk, self._metric.name))
        self._samples.append(chunk.samples)

    def score(self) -> Score:
        """Train and judge all classifiers; a few minutes."""
        metric, samples = self._metric, sum(map(len, self._samples))
        test = _some(self._held_out, labels_of(self._held_out, metric.name), metric.test, 0)
        found = [self._accuracies(seed, test) for seed in range(metric.seeds)]
        by_training = {name: [accuracies[name] for accuracies in found] for name in found[0]}
        gain = compare(by_training[BOTH], by_training[REAL], "higher")
        real = min(metric.real, self._reference.info.size)
        return Score(
            name=metric.name,
            value=gain.difference,
            better=metric.better,
            details={
                "interval_95": None if gain.interval is None else list(gain.interval),
                "accuracies": {name: _summary(values) for name, values in by_training.items()},
                "gain_of_moving": mean(by_training[MOVED]) - mean(by_training[REAL]),
                "verdict": verdict(by_training, gain, real, samples, flip=self._flip),
            },
            measured={
                "samples": samples,
                "reference": reference_record(self._reference, real),
                "held_out": reference_record(self._held_out, test.info.size),
                "seeds": metric.seeds,
                "teaching": asdict(metric.teaching),
                "flips": self._flip,
                "shift": metric.shift,
                "versions": versions("ganbench", "torch"),
            },
        )

    def _accuracies(self, seed: int, test: Dataset) -> dict[str, float]:
        """Return the accuracy of each classifier of one seed; they share real pictures and the seed."""
        metric = self._metric
        real = _some(self._reference, self._of_reference, metric.real, 1 + seed)
        classes = self._reference.info.classes
        made = ImageSet("samples", torch.cat(self._samples), torch.cat(self._labels), classes)
        both = ImageSet(
            "both",
            torch.cat([real.pixels, made.pixels]),
            torch.cat([_labels(real), _labels(made)]),
            classes,
        )
        plain = replace(metric.teaching, seed=seed)
        moved = replace(plain, shift=metric.shift)
        trainings = {
            REAL: (real, plain, False),
            MOVED: (real, moved, self._flip),
            BOTH: (both, plain, False),
            GENERATED: (made, plain, False),
        }
        accuracies = {}
        for name, (pictures, teaching, flip) in trainings.items():
            with deterministic(seed):
                accuracies[name] = accuracy_on(test, train_classifier(pictures, teaching, flip=flip))
        return accuracies


def verdict(
    by_training: Mapping[str, list[float]], gain: Comparison, real: int, samples: int, *, flip: bool
) -> str:
    """Say in one plain sentence what the samples add, next to what flips and shifts do."""
    percent = {name: f"{mean(values):.1%}" for name, values in by_training.items()}
    seeds = f"{gain.pairs} seeds" if gain.pairs > 1 else "1 seed"
    moves = "flips and shifts" if flip else "shifts"
    change = f"{percent[REAL]} to {percent[BOTH]}"
    if gain.interval is None:
        effect = f"change accuracy from {change}, which {seeds} cannot tell from chance"
    elif not gain.resolved:
        effect = f"change accuracy from {change}, which is not resolved with {seeds}"
    else:
        low, high = gain.interval
        word = "raise" if gain.difference > 0 else "lower"
        effect = (
            f"{word} accuracy from {change} (by {100 * low:+.1f} to {100 * high:+.1f} points with {seeds})"
        )
    return (
        f"{samples:,} generated pictures beside {real:,} real ones {effect}; {moves} instead give "
        f"{percent[MOVED]}, generated pictures alone {percent[GENERATED]}."
    )


def _summary(values: list[float]) -> JSON:
    interval = student_interval(values)
    return {
        "mean": mean(values),
        "interval_95": None if interval is None else list(interval),
        "seeds": values,
    }


def _labels(pictures: ImageSet) -> Tensor:
    labels = pictures.labels(torch.arange(len(pictures)))
    assert labels is not None, "both sides have labels"
    return labels


def _some(whole: Dataset, labels: Tensor, count: int, seed: int) -> ImageSet:
    """Return random items of a set, always the same for a seed, as a set of their own."""
    generator = torch.Generator().manual_seed(seed)
    index = torch.randperm(whole.info.size, generator=generator)[:count]
    return ImageSet(whole.info.name, whole.items(index), labels[index], whole.info.classes)
