"""A GAN over pairs of sample and latent, with an encoder: Adversarial Feature Learning, 2016, arXiv 1605.09782.

Adversarially Learned Inference (2016), arXiv:1606.00704, has the same objective.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.encoding import EncodingAlgorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.training.phase import Context, LossDict, Phase


class BiGAN(EncodingAlgorithm):
    """D distinguishes the data's pairs (x, E(x)) from G's pairs (G(z), z); G and E are trained to make them alike.

    Where D cannot distinguish them, E inverts G. G minimizes the loss's generator term of its pairs; E minimizes that
    of the data's pairs with the sign of the score flipped, since E wants them to look like G's. With ``Minimax``,
    the paper's objective, G and E minimize the value that D maximizes; with ``NonSaturating``, each maximizes the
    log-probability of D's mistake.

    Raises:
        UserError: ``critic_steps`` is below 1, or the loss is not symmetric in real and fake.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "E")
    loss: Loss

    def __init__(self, *, latent: Latent, loss: Loss, critic_steps: int = 1) -> None:
        super().__init__()
        if critic_steps < 1:
            raise UserError(f"algorithm.critic_steps must be at least 1, not {critic_steps}")
        if not _is_symmetric(loss):
            raise UserError(
                f"algorithm.loss: {type(loss).__name__}, as configured, is not symmetric in real and fake scores, so "
                "it defines no loss of the encoder; use Minimax, NonSaturating, Hinge or Wasserstein"
            )
        self.latent, self.loss, self.critic_steps = latent, loss, critic_steps

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, repeated ``critic_steps`` times, then that of G and E together."""
        return (
            Phase("D", ("D",), self.discriminator_losses, repeats=self.critic_steps),
            Phase("G", ("G", "E"), self.generator_losses),
        )

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss ``[N]``."""
        with torch.no_grad():
            real, fake = self._pairs(networks, batch, context)
        return {"adversarial": self.loss.discriminator(networks["D"](*real), networks["D"](*fake))}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the losses ``[N]`` of G and of E; a single one if the loss compares real and fake scores."""
        real_pair, fake_pair = self._pairs(networks, batch, context)
        real, fake = networks["D"](*real_pair), networks["D"](*fake_pair)
        if self.loss.generator_needs_real:
            return {"adversarial": self.loss.generator(real, fake)}
        return {
            "adversarial": self.loss.generator(None, fake),
            "encoder": self.loss.generator(None, -real),
        }

    def _pairs(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return (x, E(x)) and (G(z), z)."""
        assert batch is not None, "both phases read data"
        z = self.latent.draw(context.stream, context.batch_size)
        return (batch.x, self.encode(networks, batch.x)), (self.sample(networks, z), z)


def _is_symmetric(loss: Loss) -> bool:
    """Whether D's loss is unchanged when real and fake scores are swapped and negated."""
    real, fake = torch.tensor([-1.5, 0.2, 0.7]), torch.tensor([0.9, -0.4, 2.0])
    return torch.allclose(loss.discriminator(real, fake), loss.discriminator(-fake, -real), atol=1e-5)
