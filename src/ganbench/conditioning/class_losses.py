"""What it costs D's further head, or G, that a sample is not seen to be of its class.

Conditional Image Synthesis With Auxiliary Classifier GANs (2016), arXiv:1610.09585; Rebooting ACGAN: Auxiliary
Classifier GANs with Stable Training (2021), arXiv:2111.01118.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError


class ClassLoss(Protocol):
    """A loss ``[N]`` of samples of known classes; ``reads`` names what of a judgement it is made of."""

    reads: ClassVar[tuple[str, ...]]

    def __call__(self, judged: DiscriminatorOutput, labels: Tensor) -> Tensor:
        """Return the loss of each sample, ``[N]``, for class numbers int64 ``[N]``."""


@dataclass(frozen=True)
class CrossEntropy:
    """-log p(class), by the logits of an auxiliary classifier."""

    reads: ClassVar[tuple[str, ...]] = ("classes",)

    def __call__(self, judged: DiscriminatorOutput, labels: Tensor) -> Tensor:
        """Return the cross-entropy of each sample, ``[N]``, at least 0."""
        assert judged.classes is not None, "D says classes"
        return functional.cross_entropy(judged.classes, labels, reduction="none")


@dataclass(frozen=True)
class DataToData:
    """The data-to-data cross-entropy of ReACGAN, between a sample, its class's vector and samples of other classes.

    For cosine a to the own class's vector and b_j to each sample j of another class in the batch:
    -p + log(exp p + sum_j exp n_j), where p = min(a - ``margin``, 0) / ``temperature`` and
    n_j = max(b_j - (1 - ``margin``), 0) / ``temperature``. Samples that lie well weigh nothing, and the logits stay
    bounded. Only samples of the same part of the batch are compared (a process's microbatch).

    Raises ``UserError`` if ``temperature`` is not above 0 or ``margin`` is not in [0, 1].
    """

    reads: ClassVar[tuple[str, ...]] = ("classes", "embedding")
    temperature: float = 0.5
    margin: float = 0.98

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise UserError(f"DataToData: temperature must be above 0, but is {self.temperature}")
        if not 0 <= self.margin <= 1:
            raise UserError(f"DataToData: margin is a cosine from 0 to 1, but is {self.margin}")

    def __call__(self, judged: DiscriminatorOutput, labels: Tensor) -> Tensor:
        """Return the loss of each sample, ``[N]``, at least 0."""
        assert judged.classes is not None, "D says classes"
        assert judged.embedding is not None, "D says an embedding"
        own = judged.classes.gather(1, labels[:, None])
        near = (own - self.margin).clamp(max=0) / self.temperature
        others = judged.embedding @ judged.embedding.T
        far = functional.relu(others - (1 - self.margin)) / self.temperature
        far = far.masked_fill(labels[:, None] == labels[None, :], -torch.inf)
        return torch.logsumexp(torch.cat([near, far], 1), 1) - near.squeeze(1)
