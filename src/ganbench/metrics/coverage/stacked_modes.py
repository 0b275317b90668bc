"""How many modes of stacked pictures the samples reach: a classifier tells the class of each channel.

Srivastava et al., "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning" (2017),
arXiv:1705.07761; Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2017),
arXiv:1712.04086.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganbench.errors import UserError
from ganbench.metrics.base import Metric
from ganbench.metrics.record import features_record, reference_record, versions
from ganbench.metrics.sample_batch import Chunk
from ganbench.metrics.score import JSON, Better, Kind, Score

if TYPE_CHECKING:
    from ganbench.data.base import Dataset
    from ganbench.metrics.extractors.classifier import ClassifierFeatures

SAMPLES = 26_000  # as in VEEGAN
SURE = 0.9
NAMED = 20


@dataclass(frozen=True, kw_only=True)
class ModeSpread:
    """How ``counts`` (int64 ``[K]``) of samples by mode stand to ``shares``, the data's (float64 ``[K]``)."""

    counts: Tensor
    shares: Tensor

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return int(self.counts.sum())

    @property
    def captured(self) -> int:
        """Modes with at least one sample: what VEEGAN and PacGAN count."""
        return int((self.counts > 0).sum())

    @property
    def captured_tenth(self) -> int:
        """Modes with at least a tenth of the samples that the data's shares would give them."""
        return int((self.counts >= self.samples * self.shares / 10).sum())

    @property
    def expected_captured(self) -> float:
        """How many modes as many samples of the data themselves would capture on average."""
        return float((1 - (1 - self.shares) ** self.samples).sum())

    def divergence(self, shares: Tensor) -> float:
        """KL(samples || shares) in nats."""
        found = self.counts.double() / self.samples
        return max(0.0, float((torch.xlogy(found, found) - found * shares.log()).sum()))

    @property
    def expected_divergence(self) -> float:
        """The KL that as many samples of the data themselves would have to ``shares`` on average.

        Counts are taken for Poisson distributed, and summed over.
        """
        mean = self.samples * self.shares
        most = float(mean.max())
        count = torch.arange(1, int(most + 12 * math.sqrt(most)) + 20, dtype=torch.float64)
        chance = (torch.xlogy(count, mean[:, None]) - mean[:, None] - torch.lgamma(count + 1)).exp()
        found = count / self.samples
        return float((chance * torch.xlogy(found, found)).sum() - torch.xlogy(self.shares, self.shares).sum())


@dataclass(frozen=True)
class StackedModes(Metric):
    """``stacked-modes``: the number of modes captured, higher is better; usually measured on 26,000 samples.

    The reference must say what it stacks: attributes ``stacked`` (the name of the set whose pictures are its
    channels) and ``mode_shares`` (float64 ``[K]``). ``classifier`` is by default that of the stacked set.
    """

    classifier: ClassifierFeatures | None = None

    @property
    def name(self) -> str:
        """The name says all: the reference decides which classifier there is."""
        return "stacked-modes"

    @property
    def better(self) -> Better:
        """Higher is better."""
        return "higher"

    @property
    def kind(self) -> Kind:
        """It judges pictures."""
        return "image"

    @property
    def min_samples(self) -> int:
        """One for each of a thousand modes; how many of them can be captured then is told with the score."""
        return 1000

    @property
    def default_samples(self) -> int:
        """VEEGAN's number."""
        return SAMPLES

    def begin(self, reference: Dataset) -> StackedModesMeasurement:
        """Have the classifier ready, from the cache or by training it."""
        stacked, shares = getattr(reference, "stacked", None), getattr(reference, "mode_shares", None)
        if not isinstance(stacked, str) or not isinstance(shares, Tensor):
            raise UserError(
                f"metric '{self.name}' needs a reference of stacked pictures, "
                f"and '{reference.info.name}' is none; use stacked-mnist"
            )
        classifier = self.classifier or _classifier(stacked)
        classes, channels = len(classifier.classifier.train.classes), reference.info.shape[0]
        if classes**channels != len(shares):
            raise UserError(
                f"'{classifier.name}' knows {classes} classes, which do not make the {len(shares):,} modes "
                f"of '{reference.info.name}'; use the classifier of '{stacked}'"
            )
        return StackedModesMeasurement(reference, shares, classifier)


def _classifier(stacked: str) -> ClassifierFeatures:
    from ganbench.metrics.classes.classifier import classifier_of
    from ganbench.metrics.extractors.classifier import ClassifierFeatures

    return ClassifierFeatures(classifier_of(stacked))


def cut_to(pictures: Tensor, sides: tuple[int, ...]) -> Tensor:
    """Cut the middle out of pictures ``[N, C, H, W]`` that have a rim around what the classifier knows."""
    height, width = sides
    top, left = (
        max(0, (there - wanted) // 2) for there, wanted in zip(pictures.shape[2:], sides, strict=True)
    )
    return pictures[:, :, top : top + height, left : left + width]


class StackedModesMeasurement:
    """The running counts of samples, mode by mode."""

    def __init__(self, reference: Dataset, shares: Tensor, classifier: ClassifierFeatures) -> None:
        self._reference, self._shares, self._classifier = reference, shares, classifier
        self._counts = torch.zeros(len(shares), dtype=torch.int64)
        self._unsure = 0

    def add(self, chunk: Chunk) -> None:
        """Take in one chunk of pictures, each channel a picture of its own to the classifier."""
        channels = self._reference.info.shape[0]
        middle = cut_to(chunk.samples, self._classifier.classifier.train.shape[1:])
        logits = self._classifier.logits(middle.flatten(0, 1).unsqueeze(1))
        self._unsure += int((logits.softmax(1).amax(1) < SURE).sum())
        place = logits.shape[1] ** torch.arange(channels - 1, -1, -1)
        modes = (logits.argmax(1).view(-1, channels) * place).sum(1)
        self._counts += torch.bincount(modes, minlength=len(self._counts))

    def score(self) -> Score:
        """Return the number of modes captured so far, with the other numbers as details."""
        spread = ModeSpread(counts=self._counts, shares=self._shares)
        info = self._reference.info
        missing = (self._counts == 0).nonzero().flatten().tolist()
        reference: dict[str, JSON] = {
            **reference_record(self._reference, info.size),
            "modes": "each the product of its classes' shares",
        }
        return Score(
            name="stacked-modes",
            value=float(spread.captured),
            better="higher",
            details={
                "modes": len(self._counts),
                "expected_captured": round(spread.expected_captured, 1),
                "captured_tenth": spread.captured_tenth,
                "kl_to_data_nats": spread.divergence(self._shares),
                "expected_kl_nats": spread.expected_divergence,
                "kl_to_uniform_nats": spread.divergence(torch.full_like(self._shares, 1 / len(self._shares))),
                "unsure": self._unsure / (spread.samples * info.shape[0]),
                "missing": [info.classes[mode] for mode in missing[:NAMED]],
            },
            measured={
                "samples": spread.samples,
                "reference": reference,
                "classifier": features_record(self._classifier),
                "cut_to": list(self._classifier.classifier.train.shape[1:]),
                "unsure_below": SURE,
                "versions": versions("ganbench", "torch"),
            },
        )
