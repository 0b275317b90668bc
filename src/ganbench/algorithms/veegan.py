"""VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, 2017, arXiv 1705.07761."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class VEEGAN(Algorithm):
    """A GAN over pairs of sample and latent, with a reconstructor R that maps samples, real ones too, to latents.

    D tells G's pairs (G(z), z), whose score it raises, from the data's (x, R(x) + noise), whose score it lowers:
    a mode that G has lost is where R's latents are not as G's are. R learns only to undo G. Latents are compared
    by noise of N(0, 1), so they should be of that size, as Gaussian ones are.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "R")

    def __init__(self, *, latent: Latent, reconstruction_weight: float = 1.0, critic_steps: int = 1) -> None:
        super().__init__()
        if critic_steps < 1:
            raise UserError(f"algorithm.critic_steps must be at least 1, not {critic_steps}")
        check_weight("VEEGAN", "reconstruction_weight", reconstruction_weight)
        self.latent, self.critic_steps = latent, critic_steps
        self.reconstruction_weight = reconstruction_weight

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, repeated ``critic_steps`` times, then that of G and R together."""
        return (
            Phase("D", ("D",), self.discriminator_losses, repeats=self.critic_steps),
            Phase("G", ("G", "R"), self.generator_losses, reads_data=False),
        )

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's term ``[N]``: the mean of its cross-entropies, G's pairs to 1 and the data's to 0."""
        assert batch is not None, "D's phase reads data"
        z = self.latent.draw(context.draws, context.rows)
        noise = context.draws.normal(context.rows, self.latent.size)
        with torch.no_grad():
            fake = self.sample(networks, z)
            reconstructed = networks["R"](batch.x) + noise
        made, real = networks["D"](fake, z), networks["D"](batch.x, reconstructed)
        return {"adversarial": (softplus(-made) + softplus(real)) / 2}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's term, D's raw score of its pairs, and that of G and R, the mean square of R(G(z)) - z."""
        z = self.latent.draw(context.draws, context.rows)
        fake = self.sample(networks, z)
        score: Tensor = networks["D"](fake, z)
        error = (networks["R"](fake) - z).square().mean(1)
        return {"adversarial": score, "reconstruction": self.reconstruction_weight * error}

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return R's latents ``[N, size]`` of samples ``[N, *shape]``."""
        latents: Tensor = networks["R"](x)
        return latents

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return R's latents; D judges no sample by itself."""
        return {"R": self.encode(networks, x)}
