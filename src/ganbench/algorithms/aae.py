"""An autoencoder whose latents a GAN matches to a prior: Adversarial Autoencoders, 2015, arXiv 1511.05644."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.encoding import EncodingAlgorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss, require_loss
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class AAE(EncodingAlgorithm):
    """E and G learn to reconstruct; D distinguishes latents of the prior from E's, and E learns to fool it.

    A step has the paper's three updates (its section 2): E and G for the squared error of G(E(x)), summed over an
    item's values; D on latents; E for the loss's generator term of D's scores. Then G maps the prior to samples.

    Args:
        latent: The prior.
        loss: The adversarial loss on latents; one that compares real and fake scores does not fit.
        reconstruction_weight: The factor of the squared error, by which it also compares with the other update of E.

    Raises:
        UserError: The weight is negative, or the loss needs real scores for E.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "E")
    loss: Loss

    def __init__(self, *, latent: Latent, loss: Loss, reconstruction_weight: float = 1.0) -> None:
        super().__init__()
        check_weight("AAE", "reconstruction_weight", reconstruction_weight)
        require_loss(loss)
        if loss.generator_needs_real:
            raise UserError(
                f"algorithm.loss: {type(loss).__name__} compares real and fake scores; an AAE needs a loss of E's "
                "latents alone, such as NonSaturating"
            )
        self.latent, self.loss, self.reconstruction_weight = latent, loss, reconstruction_weight

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of reconstruction, of D, and of E against D."""
        return (
            Phase("reconstruction", ("E", "G"), self.reconstruction_losses),
            Phase("D", ("D",), self.discriminator_losses),
            Phase("E", ("E",), self.encoder_losses),
        )

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a latent for D, which scores latents, and that of the data for the others."""
        return (self.latent.size,) if network == "D" else shape

    def reconstruction_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return the squared error ``[N]`` of reconstructions, summed over each item's values."""
        assert batch is not None, "the phase reads data"
        error = (self.reconstruct(networks, batch.x) - batch.x).square().flatten(1).sum(1)
        return {"squared_error": self.reconstruction_weight * error}

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss ``[N]``: latents of the prior are real, those of E are fake."""
        assert batch is not None, "the phase reads data"
        with torch.no_grad():
            encoded = self.encode(networks, batch.x)
        prior = self.latent.draw(context.stream, context.batch_size)
        return {"adversarial": self.loss.discriminator(networks["D"](prior), networks["D"](encoded))}

    def encoder_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return E's loss ``[N]``, that of a generator of latents."""
        assert batch is not None, "the phase reads data"
        scores: Tensor = networks["D"](self.encode(networks, batch.x))
        return {"adversarial": self.loss.generator(None, scores)}
