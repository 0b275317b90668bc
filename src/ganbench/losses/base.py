"""The interface of an adversarial loss: per-sample losses for the discriminator and for the generator."""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor

from ganbench.errors import UserError


class Loss(Protocol):
    """Maps raw scores (no sigmoid; higher means "more real") to per-sample losses, which the trainer averages.

    ``generator_needs_real`` is whether the generator's loss uses scores of real samples. If it is False, the caller
    may pass None for them and save a forward pass of the discriminator. A loss may set ``logits = True`` if
    the sigmoid of a score is the discriminator's probability that a sample is real.
    """

    generator_needs_real: ClassVar[bool]

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss ``[N]`` from its scores ``[N]`` of real and of fake samples."""

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return the generator's loss ``[N]`` from the scores ``[N]`` of fake (and possibly real) samples."""


def require_loss(loss: object) -> None:
    """Raise UserError if an object lacks a part of :class:`Loss`."""
    missing = [n for n in ("discriminator", "generator", "generator_needs_real") if not hasattr(loss, n)]
    if missing:
        raise UserError(
            f"algorithm.loss: {type(loss).__name__} has no {', '.join(missing)}; a loss has the methods discriminator "
            "and generator, and generator_needs_real = False (True if generator uses the scores of real samples)"
        )
