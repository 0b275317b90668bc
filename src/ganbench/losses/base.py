"""What an adversarial objective is: per-sample losses for the discriminator and for the generator."""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor


class Loss(Protocol):
    """Turns raw scores (no sigmoid; higher is "more real") into per-sample losses, which a trainer averages.

    ``generator_needs_real`` says whether the generator's loss compares with scores of real samples. Where it
    is False, the caller may pass None for them and so save a pass of the discriminator.
    """

    generator_needs_real: ClassVar[bool]

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss ``[N]``, given its scores ``[N]`` of real and of fake samples."""

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return the generator's loss ``[N]``, given the scores ``[N]`` of fake (and maybe real) samples."""
