"""What every algorithm offers: the networks it needs, its phases, and how to sample; knows no device or file."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from ganbench.training.phase import Phase


class Algorithm(nn.Module):
    """A set of networks and the phases that update them. A Module, so that its own state moves and saves itself.

    ``networks`` names those it needs; ``averaged`` those whose moving average is kept for sampling.
    """

    networks: ClassVar[tuple[str, ...]] = ()
    averaged: tuple[str, ...] = ("G",)

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of one step, in order."""
        raise NotImplementedError

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Do what follows a whole step; nothing, unless an algorithm says otherwise."""

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return samples ``[N, *shape]`` in about [-1, 1] for latents ``[N, size]``."""
        raise NotImplementedError
