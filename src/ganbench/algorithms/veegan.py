"""VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, 2017, arXiv 1705.07761."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganbench.algorithms.base import GenerativeAlgorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class VEEGAN(GenerativeAlgorithm):
    """A GAN over pairs of sample and latent, with a reconstructor R that maps real and fake samples to latents.

    D learns high scores for G's pairs (G(z), z) and low scores for the data's pairs (x, R(x) + noise). Where G has
    lost a mode, R's latents are distributed differently from G's. R is trained only to invert G. The noise is N(0, 1),
    so latents should have about that scale, as Gaussian ones do.

    Raises:
        UserError: ``critic_steps`` is below 1, or the weight is negative.
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
        """Return D's loss ``[N]``: the mean cross-entropy, with target 1 for G's pairs and 0 for the data's."""
        assert batch is not None, "D's phase reads data"
        z = self.latent.draw(context.stream, context.batch_size)
        noise = context.stream.normal(context.batch_size, self.latent.size)
        with torch.no_grad():
            fake = self.sample(networks, z)
            reconstructed = networks["R"](batch.x) + noise
        fake_scores, real_scores = networks["D"](fake, z), networks["D"](batch.x, reconstructed)
        return {"adversarial": (softplus(-fake_scores) + softplus(real_scores)) / 2}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's loss, D's raw score of its pairs, and that of G and R, the mean square of R(G(z)) - z."""
        z = self.latent.draw(context.stream, context.batch_size)
        fake = self.sample(networks, z)
        scores: Tensor = networks["D"](fake, z)
        error = (networks["R"](fake) - z).square().mean(1)
        return {"adversarial": scores, "reconstruction": self.reconstruction_weight * error}

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return R's latents ``[N, size]`` of samples ``[N, *shape]``."""
        latents: Tensor = networks["R"](x)
        return latents

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return G(R(x))."""
        return self.sample(networks, self.encode(networks, x))

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return R's latents. D scores pairs only, so it has no features of samples."""
        return {"R": self.encode(networks, x)}
