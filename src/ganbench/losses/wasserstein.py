"""The Wasserstein loss: the difference between the critic's mean scores of real and fake samples.

Wasserstein GAN (2017), arXiv:1701.07875.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor


@dataclass(frozen=True)
class Wasserstein:
    """D minimises fake - real; G minimises -fake.

    The negative of D's mean loss estimates a multiple of the Wasserstein-1 distance, provided that something else
    (weight clipping, a gradient penalty, spectral norm) bounds the critic's slope. Without a bound, D's loss has
    no lower limit.
    """

    generator_needs_real: ClassVar[bool] = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return ``fake - real``, ``[N]``, from raw scores ``[N]`` each."""
        return fake - real

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return ``-fake``, ``[N]``; ``real`` is not used."""
        return -fake
