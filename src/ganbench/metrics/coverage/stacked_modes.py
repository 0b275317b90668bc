"""Count the modes of stacked images that the samples cover, by classifying each channel.

Srivastava et al., "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning" (2017),
arXiv:1705.07761; Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2017),
arXiv:1712.04086.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import SampleBatch
from ganbench.metrics.score import JSON, Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
    from ganbench.metrics.extractors.classifier import ClassifierFeatures

CONFIDENCE_THRESHOLD = 0.9
MAX_LISTED_MODES = 20  # in the detail ``missing``


@dataclass(frozen=True, kw_only=True)
class ModeHistogram:
    """A histogram of samples over modes, compared with the data's.

    Attributes:
        counts: The number of samples of each mode, int64 ``[K]``.
        probabilities: The data's probability of each mode, float64 ``[K]``.
    """

    counts: Tensor
    probabilities: Tensor

    @property
    def samples(self) -> int:
        """The number of samples."""
        return int(self.counts.sum())

    @property
    def captured(self) -> int:
        """The number of modes with at least one sample, as in VEEGAN and PacGAN."""
        return int((self.counts > 0).sum())

    @property
    def captured_tenth(self) -> int:
        """The number of modes with at least a tenth of the samples expected of the data."""
        return int((self.counts >= self.samples * self.probabilities / 10).sum())

    @property
    def expected_captured(self) -> float:
        """The expected number of modes that as many samples of the data capture."""
        return float((1 - (1 - self.probabilities) ** self.samples).sum())

    def divergence(self, probabilities: Tensor) -> float:
        """Return KL(samples || ``probabilities``) in nats."""
        frequencies = self.counts.double() / self.samples
        return max(
            0.0, float((torch.xlogy(frequencies, frequencies) - frequencies * probabilities.log()).sum())
        )

    @property
    def expected_divergence(self) -> float:
        """The expected KL to ``probabilities`` of as many samples of the data, with Poisson distributed counts."""
        means = self.samples * self.probabilities
        largest = float(means.max())
        counts = torch.arange(1, int(largest + 12 * math.sqrt(largest)) + 20, dtype=torch.float64)
        poisson = (torch.xlogy(counts, means[:, None]) - means[:, None] - torch.lgamma(counts + 1)).exp()
        frequencies = counts / self.samples
        return float(
            (poisson * torch.xlogy(frequencies, frequencies)).sum()
            - torch.xlogy(self.probabilities, self.probabilities).sum()
        )


@dataclass(frozen=True)
class StackedModes(Metric):
    """``stacked-modes``: the number of captured modes of stacked images; higher is better.

    The reference must describe what it stacks: attributes ``base_name`` (the name of the data set whose images are its
    channels) and ``mode_probabilities`` (float64 ``[K]``).

    Attributes:
        classifier: Classifies the channels; by default the classifier of the stacked data set.
    """

    name: ClassVar[str] = "stacked-modes"
    better: ClassVar[Better] = "higher"
    kind: ClassVar[Kind] = "image"
    min_samples: ClassVar[int] = 1000  # ``expected_captured`` shows how many modes these can capture
    default_samples: ClassVar[int] = 26_000  # as in VEEGAN

    classifier: ClassifierFeatures | None = None

    def begin(self, reference: Dataset) -> StackedModesMeasurement:
        """Load or train the classifier. Raises UserError if the reference is not stacked or does not fit it."""
        base_name = getattr(reference, "base_name", None)
        probabilities = getattr(reference, "mode_probabilities", None)
        if not isinstance(base_name, str) or not isinstance(probabilities, Tensor):
            raise UserError(
                f"metric '{self.name}' needs a reference of stacked images, "
                f"and '{reference.info.name}' has none; use stacked-mnist"
            )
        classifier = self.classifier or _default_classifier(base_name)
        classes, channels = len(classifier.classes), reference.info.shape[0]
        if classes**channels != len(probabilities):
            raise UserError(
                f"'{classifier.name}' has {classes} classes, which do not make the {len(probabilities):,} modes "
                f"of '{reference.info.name}'; use the classifier of '{base_name}'"
            )
        return StackedModesMeasurement(reference, probabilities, classifier)


class StackedModesMeasurement:
    """Accumulates the number of samples of each mode."""

    def __init__(self, reference: Dataset, probabilities: Tensor, classifier: ClassifierFeatures) -> None:
        self._reference, self._probabilities, self._classifier = reference, probabilities, classifier
        self._crop = classifier.classifier.train.shape[1:]
        self._counts = torch.zeros(len(probabilities), dtype=torch.int64)
        self._unsure = 0

    def add(self, batch: SampleBatch) -> None:
        """Count one batch of images; each channel is classified as a grey image."""
        channels = self._reference.info.shape[0]
        cropped = center_crop(batch.samples, self._crop)
        logits = self._classifier.logits(cropped.flatten(0, 1).unsqueeze(1))
        self._unsure += int((logits.softmax(1).amax(1) < CONFIDENCE_THRESHOLD).sum())
        place_values = logits.shape[1] ** torch.arange(channels - 1, -1, -1)
        modes = (logits.argmax(1).view(-1, channels) * place_values).sum(1)
        self._counts += torch.bincount(modes, minlength=len(self._counts))

    def score(self) -> Score:
        """Return the number of captured modes."""
        histogram = ModeHistogram(counts=self._counts, probabilities=self._probabilities)
        info = self._reference.info
        missing = (self._counts == 0).nonzero().flatten().tolist()
        uniform = torch.full_like(self._probabilities, 1 / len(self._probabilities))
        reference: dict[str, JSON] = {
            **reference_record(self._reference, info.size),
            "modes": "each the product of its classes' shares",
        }
        return Score(
            name=StackedModes.name,
            value=float(histogram.captured),
            better=StackedModes.better,
            details={
                "modes": len(self._counts),
                "expected_captured": round(histogram.expected_captured, 1),
                "captured_tenth": histogram.captured_tenth,
                "kl_to_data_nats": histogram.divergence(self._probabilities),
                "expected_kl_nats": histogram.expected_divergence,
                "kl_to_uniform_nats": histogram.divergence(uniform),
                "unsure": self._unsure / (histogram.samples * info.shape[0]),
                "missing": [info.classes[mode] for mode in missing[:MAX_LISTED_MODES]],
            },
            measured={
                "samples": histogram.samples,
                "reference": reference,
                "classifier": features_record(self._classifier),
                "cut_to": list(self._crop),
                "unsure_below": CONFIDENCE_THRESHOLD,
                "versions": versions("ganbench", "torch"),
            },
        )


def center_crop(images: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return the centre ``[N, C, *size]`` of images ``[N, C, H, W]``; a side that is shorter stays as it is."""
    height, width = size
    top, left = (
        max(0, (length - target) // 2) for length, target in zip(images.shape[2:], size, strict=True)
    )
    return images[:, :, top : top + height, left : left + width]


def _default_classifier(base_name: str) -> ClassifierFeatures:
    from ganbench.metrics.extractors.classifier import dataset_classifier

    return dataset_classifier(base_name)
