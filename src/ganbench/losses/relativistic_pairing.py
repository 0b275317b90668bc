"""The relativistic pairing loss: each fake is compared with the real sample at the same index.

The relativistic discriminator: a key element missing from standard GAN (2018), arXiv:1807.00734;
The GAN is dead; long live the GAN! A Modern GAN Baseline (2025), arXiv:2501.05441.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class RelativisticPairing:
    """D minimises softplus(fake - real); G minimises softplus(real - fake).

    The n-th fake is compared with the n-th real sample. D's loss has one term per pair, so it starts at ln 2, where
    ``NonSaturating`` starts at 2 ln 2.
    """

    generator_needs_real: ClassVar[bool] = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return D's loss, ``[N]``, at least 0, from raw scores ``[N]`` each."""
        return softplus(fake - real)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return G's loss, ``[N]``, at least 0; raises ``ValueError`` if ``real`` is None."""
        if real is None:
            raise ValueError("RelativisticPairing.generator needs the scores of real samples")
        return softplus(real - fake)
