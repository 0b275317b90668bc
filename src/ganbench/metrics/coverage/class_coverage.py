"""Count the classes of a labelled image data set that samples without labels cover.

The question of the mode-collapse study of GANs-Implementations on MNIST: which digits does the generator still draw?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.coverage.stacked_modes import center_crop
from ganbench.metrics.extractors.classifier import ClassifierFeatures, dataset_classifier
from ganbench.metrics.labels import dataset_labels
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset

CONFIDENCE_THRESHOLD = 0.9  # the smallest probability at which the classifier is sure
MIN_SHARE = 1, 10  # of the class's share of the data, as a fraction, so that the rule is exact


@dataclass(frozen=True)
class ClassCoverage(Metric):
    """``covered-classes``: the number of classes that the samples cover; higher is better.

    A class is covered if its share of the samples is at least a tenth of its share of the data; only samples of which
    the classifier is sure count. It is sure if it gives a class a probability of at least .9. Of ten balanced classes,
    each thus needs 1 % of the samples, so that a few odd ones do not count as a class. The rule is that of
    ``captured_tenth`` for mixtures.

    Attributes:
        classifier: Classifies the samples; by default the classifier of the reference, which is trained once.
    """

    name: ClassVar[str] = "covered-classes"
    better: ClassVar[Better] = "higher"
    kind: ClassVar[Kind] = "image"
    min_samples: ClassVar[int] = 1000  # of ten classes, 10 samples are then enough to cover one
    default_samples: ClassVar[int] = 10_000

    classifier: ClassifierFeatures | None = None

    def begin(self, reference: Dataset) -> ClassCoverageMeasurement:
        """Load or train the classifier. Raises UserError if the reference has no classes or not the classifier's."""
        labels = dataset_labels(reference, self.name)
        classifier = self.classifier or dataset_classifier(reference.info.name)
        if classifier.classes != reference.info.classes:
            raise UserError(
                f"metric '{self.name}' needs a classifier of the classes of '{reference.info.name}', "
                f"and '{classifier.name}' has others"
            )
        counts = torch.bincount(labels, minlength=len(classifier.classes))
        return ClassCoverageMeasurement(reference, counts, classifier)


class ClassCoverageMeasurement:
    """Accumulates the number of samples of each class, and of those of which the classifier is sure."""

    def __init__(self, reference: Dataset, data_counts: Tensor, classifier: ClassifierFeatures) -> None:
        self._reference, self._data_counts, self._classifier = reference, data_counts, classifier
        self._crop = classifier.classifier.train.shape[1:]
        self._counts, self._sure = (torch.zeros_like(data_counts) for _ in range(2))

    def add(self, batch: SampleBatch) -> None:
        """Count one batch of images."""
        logits = self._classifier.logits(center_crop(batch.samples, self._crop))
        confidence, predicted = logits.softmax(1).max(1)
        classes = len(self._counts)
        self._counts += torch.bincount(predicted, minlength=classes)
        self._sure += torch.bincount(predicted[confidence >= CONFIDENCE_THRESHOLD], minlength=classes)

    def score(self) -> Score:
        """Return the number of covered classes, and the divergence of all samples' classes from the data's."""
        info, samples, present = self._reference.info, int(self._counts.sum()), self._data_counts > 0
        size = int(self._data_counts.sum())
        numerator, denominator = MIN_SHARE
        covered = present & (denominator * size * self._sure >= numerator * samples * self._data_counts)
        shares, sure = self._counts.double() / samples, self._sure.double() / samples
        data = self._data_counts.double() / size
        divergence = torch.xlogy(shares, shares)[present] - torch.xlogy(shares, data)[present]
        return Score(
            name=ClassCoverage.name,
            value=float(covered.sum()),
            better=ClassCoverage.better,
            details={
                "classes": int(present.sum()),
                "kl_to_data_nats": max(0.0, float(divergence.sum())),
                "unsure": 1 - float(sure.sum()),
                "missing": [info.classes[k] for k in (present & ~covered).nonzero().flatten().tolist()],
                "shares": dict(zip(info.classes, shares.tolist(), strict=True)),
                "sure_shares": dict(zip(info.classes, sure.tolist(), strict=True)),
            },
            measured={
                "samples": samples,
                "reference": reference_record(self._reference, info.size),
                "classifier": features_record(self._classifier),
                "cut_to": list(self._crop),
                "unsure_below": CONFIDENCE_THRESHOLD,
                "covered_from_share": MIN_SHARE[0] / MIN_SHARE[1],
                "versions": versions("ganbench", "torch"),
            },
        )
