"""Consistency: D's score must not change with changes of an image that keep its meaning.

Consistency Regularization for Generative Adversarial Networks (2019), arXiv:1910.12027, for real images (CR);
Improved Consistency Regularization for GANs (2020), arXiv:2002.04724, section 3.1, for fakes, too (bCR).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from ganbench.augment import Augmentation
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.regularizers.base import Critic
from ganbench.regularizers.checks import check_every, check_weight
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class Consistency:
    """real * (D(x) - D(T(x)))² + fake * (D(G(z)) - D(T(G(z))))², with T a random change of each sample.

    T is ``augmentation``. By default, as in CR, it flips an image from left to right with probability 1/2 and shifts
    it by at most ``shift`` of its sides; points move by noise with the standard deviation ``noise``. CR's weight is 10,
    with ``fake`` 0; bCR's are 10 and 10.

    Raises ``UserError`` if a weight, ``shift`` or ``noise`` is negative or not finite, ``shift`` is above 1, or
    ``every`` is below 1.
    """

    name: ClassVar[str] = "consistency"
    real: float = 10.0
    fake: float = 0.0
    augmentation: Augmentation | None = None
    shift: float = 0.125
    noise: float = 0.05
    every: int = 1

    def __post_init__(self) -> None:
        for name in ("real", "fake", "shift", "noise"):
            check_weight("Consistency", name, getattr(self, name))
        if self.shift > 1:
            raise UserError(f"Consistency: shift must be at most 1, but is {self.shift}")
        check_every("Consistency", self.every)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term, ``[N]``, at least 0."""
        term = torch.zeros(len(real), device=real.x.device)
        for weight, batch in ((self.real, real), (self.fake, fake)):
            if weight:
                changed = self._change(batch.x.detach(), context.stream)
                difference = critic(batch.x, batch.y) - critic(changed, batch.y)
                term = term + weight * difference.float().square()
        return self.every * term

    def _change(self, x: Tensor, stream: RandomStream) -> Tensor:
        if self.augmentation is not None:
            return self.augmentation(x, stream)
        if x.dim() != 4:
            return x + self.noise * stream.normal(*x.shape)
        return shift_images(flip_images(x, stream), self.shift, stream)


def flip_images(x: Tensor, stream: RandomStream) -> Tensor:
    """Return images ``[N, C, H, W]``, each flipped from left to right with probability 1/2."""
    flipped = stream.uniform(len(x))[:, None, None, None] < 0.5
    return torch.where(flipped, x.flip(3), x)


def shift_images(x: Tensor, share: float, stream: RandomStream) -> Tensor:
    """Return images ``[N, C, H, W]``, each shifted by up to ``share`` of its sides; borders are mirrored."""
    height, width = x.shape[2:]
    down, right = (min(round(share * side), side - 1) for side in (height, width))
    padded = pad(x, (right, right, down, down), mode="reflect")
    top = stream.integers(len(x), 2 * down + 1)
    left = stream.integers(len(x), 2 * right + 1)
    rows = top[:, None] + torch.arange(height, device=x.device)
    columns = left[:, None] + torch.arange(width, device=x.device)
    sample = torch.arange(len(x), device=x.device)[:, None, None]
    return padded.movedim(1, 3)[sample, rows[:, :, None], columns[:, None, :]].movedim(3, 1)
