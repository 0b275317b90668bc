"""Classification losses for GANs whose discriminator also predicts the class.

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
    """A loss ``[N]`` of samples with known classes; ``reads`` names the fields of D's output that it needs."""

    reads: ClassVar[tuple[str, ...]]

    def __call__(self, output: DiscriminatorOutput, labels: Tensor) -> Tensor:
        """Return the loss of each sample, ``[N]``, for class numbers int64 ``[N]``."""


@dataclass(frozen=True)
class CrossEntropy:
    """-log p(class), from the logits of an auxiliary classifier."""

    reads: ClassVar[tuple[str, ...]] = ("classes",)

    def __call__(self, output: DiscriminatorOutput, labels: Tensor) -> Tensor:
        """Return the cross-entropy of each sample, ``[N]``, at least 0."""
        assert output.classes is not None, "D returns class logits"
        return functional.cross_entropy(output.classes, labels, reduction="none")


@dataclass(frozen=True)
class DataToData:
    """The data-to-data cross-entropy of ReACGAN: a sample against its class vector and samples of other classes.

    With the cosine a to the vector of the sample's own class, and b_j to each sample j of another class in the batch,
    the loss is -p + log(exp p + sum_j exp n_j), where p = min(a - ``margin``, 0) / ``temperature`` and
    n_j = max(b_j - (1 - ``margin``), 0) / ``temperature``. Samples beyond the margin have no gradient, and the logits
    are bounded. Only samples in the same microbatch of one process are compared.

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

    def __call__(self, output: DiscriminatorOutput, labels: Tensor) -> Tensor:
        """Return the loss of each sample, ``[N]``, at least 0."""
        assert output.classes is not None, "D returns cosines with the class vectors"
        assert output.embedding is not None, "D returns an embedding"
        a = output.classes.gather(1, labels[:, None])
        p = (a - self.margin).clamp(max=0) / self.temperature
        b = output.embedding @ output.embedding.T
        n = functional.relu(b - (1 - self.margin)) / self.temperature
        n = n.masked_fill(labels[:, None] == labels[None, :], -torch.inf)
        return torch.logsumexp(torch.cat([p, n], 1), 1) - p.squeeze(1)
