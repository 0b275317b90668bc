"""Adaptive pseudo augmentation: some of the fakes are shown to D as real.

Deceive D: Adaptive Pseudo Augmentation for GAN Training with Limited Data, 2021, arXiv 2111.06849.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.augment.adaptive import AdaptiveProbability
from ganbench.augment.base import AdaptiveAugmentation, Augmentation, PseudoAugmentation
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class APA(AdaptiveProbability):
    """Replaces each real image by a fake with probability ``p``, which rises while D overfits.

    The fakes are those of the same update, so that D sees some of them with both labels; it costs no pass of G.

    Args:
        p: The initial probability, in [0, 1].
        target: The mean sign of D's scores of real images, in [-1, 1], above which ``p`` rises.
        speed: How many real images take ``p`` from 0 to 1.
        every: Steps between adjustments of ``p``.
        augmentation: A further augmentation of all images, such as DiffAugment; not an adaptive one.

    Raises:
        UserError: an argument is out of range, or both augmentations are adaptive.
    """

    def __init__(
        self,
        p: float = 0.0,
        target: float = 0.6,
        speed: float = 500_000,
        every: int = 4,
        augmentation: Augmentation | None = None,
    ) -> None:
        super().__init__(p, target, speed, every)
        if isinstance(augmentation, AdaptiveAugmentation):
            name = type(augmentation).__name__
            raise UserError(f"APA: {name} adapts to D's scores, too; combine APA with DiffAugment or Affine")
        self.augmentation = augmentation

    def forward(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return images ``[N, C, H, W]`` as ``augmentation`` changes them, else as they are."""
        return x if self.augmentation is None else self.augmentation(x, stream)

    def choose_reals(self, count: int, stream: RandomStream) -> Tensor:
        """Return which of ``count`` real images a fake replaces, bool ``[count]``."""
        return stream.uniform(count) < self.probability


def with_pseudo_reals(
    real: Batch, fakes: Tensor, labels: Tensor | None, augmentation: Augmentation | None, stream: RandomStream
) -> Batch:
    """Return real images, some of them replaced by fakes with their labels if the augmentation asks for it."""
    if not isinstance(augmentation, PseudoAugmentation):
        return real
    chosen = augmentation.choose_reals(len(real), stream)
    y = real.y if real.y is None or labels is None else torch.where(chosen, labels, real.y)
    return Batch(torch.where(chosen[:, None, None, None], fakes, real.x), y)
