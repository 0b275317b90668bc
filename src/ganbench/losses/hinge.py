"""The hinge loss: scores beyond the margin give the discriminator no gradient.

Geometric GAN (2017), arXiv:1705.02894; Spectral Normalization for Generative Adversarial Networks (2018),
arXiv:1802.05957.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu


@dataclass(frozen=True)
class Hinge:
    """D minimises max(0, 1 - real) + max(0, 1 + fake); G minimises -fake (equations 16 and 17 of the SN-GAN paper).

    Example:
        >>> import torch
        >>> from ganbench.losses import Hinge
        >>> Hinge().discriminator(real=torch.tensor([2.0, 0.5]), fake=torch.tensor([-1.0, 0.0]))
        tensor([0.0000, 1.5000])
    """

    generator_needs_real: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return D's loss, ``[N]``, at least 0, from raw scores ``[N]`` each."""
        return relu(1 - real) + relu(1 + fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return ``-fake``, ``[N]``; ``real`` is not used."""
        return -fake
