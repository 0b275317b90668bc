"""The dual contrastive loss compares each real sample with all fakes of the batch, and each fake with all reals.

Dual Contrastive Loss and Attention for GANs (2021), arXiv:2103.16748, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class DualContrastive:
    """D minimises log(1 + sum_j exp(fake_j - real_n)) + log(1 + sum_j exp(fake_n - real_j)) for each n.

    These are cross-entropies of picking the real sample among N fakes and the fake among N reals. G minimises the same
    with the roles exchanged. The paper's G maximises D's loss, which stops teaching it once D wins. With one
    sample in a batch, each term is ``RelativisticPairing``. Microbatches and processes compare their own samples only.
    """

    generator_needs_real: ClassVar[bool] = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return D's loss, ``[N]``, at least 0, from raw scores ``[N]`` each."""
        return _pick(fake, real) + _pick(-real, -fake)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return G's loss, ``[N]``, at least 0; raises ``ValueError`` if ``real`` is None."""
        if real is None:
            raise ValueError("DualContrastive.generator needs the scores of real samples")
        return self.discriminator(fake, real)


def _pick(others: Tensor, own: Tensor) -> Tensor:
    """Return log(1 + sum_j exp(others_j - own_n)), ``[N]``."""
    differences = others - own.unsqueeze(1)  # [N, N]
    return pad(differences, (1, 0)).logsumexp(1)
