"""The saturating minimax loss: D maximises one value function and G minimises it.

Generative Adversarial Networks (2014), arXiv:1406.2661.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class Minimax:
    """V = log D(real) + log(1 - D(fake)), with D = sigmoid(score): D maximises V and G minimises it.

    G's gradient vanishes where D is sure that a sample is fake, hence "saturating"; ``NonSaturating`` avoids
    this. G's loss is ``-softplus(fake)``, which is at most 0 and has no lower bound.
    """

    generator_needs_real: ClassVar[bool] = False
    logits: ClassVar[bool] = True  # D's output is the sigmoid of the score

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return -V, ``[N]``: the sum (not the mean) of D's two cross-entropies, from raw scores ``[N]``."""
        return softplus(-real) + softplus(fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return log(1 - D(fake)), ``[N]``; ``real`` is not used."""
        return -softplus(fake)
