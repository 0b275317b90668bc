"""What a regularizer is: an extra, weighted, per-sample term on the discriminator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.training.draws import Draws

Critic = Callable[[Tensor, Tensor | None], Tensor]
"""A discriminator: samples ``[N, *shape]`` and their condition (labels, or None) -> raw scores ``[N]``."""


class Regularizer(Protocol):
    """An extra term of a player's loss, which the trainer averages and adds.

    A term with ``every`` above 1 is lazy: it is called only when ``step % every == 0``, and multiplies itself
    by ``every``, so that its mean over the steps stays the same (StyleGAN2, 2019, arXiv:1912.04958).
    """

    @property
    def every(self) -> int:
        """How many steps lie between two calls; 1 means each step."""

    def __call__(self, critic: Critic, real: Batch, fake: Batch, draws: Draws) -> Tensor:
        """Return the term ``[N]``, already multiplied by its coefficient and by ``every``.

        Leaves ``real`` and ``fake`` as they were. All randomness comes from ``draws``.
        """
