"""What a regularizer is: an extra, weighted, per-sample term on the discriminator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor, nn

from ganbench.data.base import Batch
from ganbench.training.phase import Context

Critic = Callable[[Tensor, Tensor | None], Tensor]
"""A discriminator: samples ``[N, *shape]`` and their condition (labels, or None) -> raw scores ``[N]``."""


class Regularizer(Protocol):
    """An extra term of a player's loss, which the trainer averages and adds.

    A term with ``every`` above 1 is lazy: it is called only at each ``every``-th update, and multiplies itself by
    ``every``, so that its mean over the updates stays the same (StyleGAN2, 2019, arXiv:1912.04958).
    """

    @property
    def name(self) -> str:
        """What the log calls the term."""

    @property
    def every(self) -> int:
        """How many updates lie between two calls; 1 means each update."""

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term ``[N]``, already multiplied by its coefficient and by ``every``.

        Leaves ``real`` and ``fake`` as they were. All randomness comes from ``context.draws``.
        """


class Constraint(Protocol):
    """What a network must obey after each of its updates."""

    def __call__(self, network: nn.Module) -> None:
        """Bring the network back to where it may be, in place."""
