"""A GAN over pairs of sample and latent, with an encoder: Adversarial Feature Learning, 2016, arXiv 1605.09782.

The same game as Adversarially Learned Inference (2016), arXiv:1606.00704.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.training.phase import Context, LossDict, Phase


class BiGAN(Algorithm):
    """D tells the data's pairs (x, E(x)) from G's pairs (G(z), z); G and E together make them look alike.

    Where D cannot tell, E inverts G. G lowers the loss's G term of its pairs; E that of the data's with the sign of
    the score turned, since what is real to D is what E wants to look like a fake. With ``Minimax``, the paper's
    objective, both so descend the value that D ascends; with ``NonSaturating`` each raises what D denies it.

    Raises:
        UserError: the loss treats real and fake scores in ways that are no mirror images.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "E")
    averaged = ("G", "E")

    def __init__(self, *, latent: Latent, loss: Loss, critic_steps: int = 1) -> None:
        super().__init__()
        if critic_steps < 1:
            raise UserError(f"algorithm.critic_steps must be at least 1, not {critic_steps}")
        if not _is_mirrored(loss):
            raise UserError(
                f"algorithm.loss: in {type(loss).__name__} as it is set, real and fake are no mirror images, so it "
                "says nothing of what an encoder wants; use Minimax, NonSaturating, Hinge or Wasserstein"
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
        """Return D's term ``[N]``."""
        with torch.no_grad():
            real, fake = self._pairs(networks, batch, context)
        return {"adversarial": self.loss.discriminator(networks["D"](*real), networks["D"](*fake))}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the terms ``[N]`` of G and of E; one for both where the loss compares their scores."""
        (x, code), (made, z) = self._pairs(networks, batch, context)
        real, fake = networks["D"](x, code), networks["D"](made, z)
        if self.loss.generator_needs_real:
            return {"adversarial": self.loss.generator(real, fake)}
        return {
            "adversarial": self.loss.generator(None, fake),
            "encoder": self.loss.generator(None, -real),
        }

    def _pairs(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        assert batch is not None, "both phases read data"
        z = self.latent.draw(context.draws, context.rows)
        return (batch.x, self.encode(networks, batch.x)), (self.sample(networks, z), z)

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return E's latents ``[N, size]`` of samples ``[N, *shape]``."""
        latents: Tensor = networks["E"](x)
        return latents

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return E's latents; D judges no sample by itself."""
        return {"E": self.encode(networks, x)}


def _is_mirrored(loss: Loss) -> bool:
    """Whether turning all signs and swapping real and fake leaves D's loss as it is."""
    real, fake = torch.tensor([-1.5, 0.2, 0.7]), torch.tensor([0.9, -0.4, 2.0])
    return torch.allclose(loss.discriminator(real, fake), loss.discriminator(-fake, -real), atol=1e-5)
