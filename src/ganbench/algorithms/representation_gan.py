"""A GAN that makes representations, and a decoder that makes pictures of them.

After the idea of Generating Representations: Self-conditioned Image Generation (2023), arXiv:2312.03701, in the form of
Generative Adversarial Networks (2014), arXiv:1406.2661, on the outputs of a SimSiam encoder, arXiv:2011.10566.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from ganbench.algorithms.decoder import code_of, decoded, decoder_terms, size_of
from ganbench.algorithms.frozen_encoder import WithEncoder
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class RepresentationGAN(WithEncoder):
    """G makes representations of noise and D judges them beside those of the frozen f; A makes pictures of either.

    A lowers the mean squared error of the pictures that it makes of representations of real ones, and
    ``consistency_weight`` times 1 - the cosine of a representation and f's of what A makes of it; this has a
    gradient, through f. A is given representations times the root of their size. With a network K, A is also told
    K's ``context`` numbers of the same picture; samples then take them from held-out pictures.

    Raises:
        UserError: a weight is negative.
    """

    networks: ClassVar[tuple[str, ...]] = ("f", "G", "D", "A")
    averaged: tuple[str, ...] = ("G", "A")
    prepares_latents = True

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        consistency_weight: float = 0.1,
        context: bool = False,
        regularizers: Sequence[Regularizer] = (),
        critic_steps: int = 1,
    ) -> None:
        super().__init__(latent=latent, loss=loss, regularizers=regularizers, critic_steps=critic_steps)
        check_weight("RepresentationGAN", "consistency_weight", consistency_weight)
        self.consistency_weight, self.context, self.needs_real_inputs = consistency_weight, context, context
        self.averaged = ("G", "A", "K") if context else ("G", "A")

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase and G's, both of representations, then A's, which moves K as well if there is one."""
        d, g = super().phases()
        decoder = ("A", "K") if self.context else ("A",)
        return d, g, Phase("A", decoder, self.decoder_terms)

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError if there is to be a context and no network K, or the reverse."""
        super().check_networks(networks)
        if self.context != ("K" in networks):
            raise UserError(
                "algorithm.context=true needs a network K, and a network K algorithm.context=true; set both or none"
            )

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's terms, of representations."""
        assert batch is not None, "D's phase reads data"
        return super().discriminator_losses(networks, Batch(self.represent(networks, batch.x)), context)

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's terms, of representations."""
        real = None if batch is None else Batch(self.represent(networks, batch.x))
        return super().generator_losses(networks, real, context)

    def fakes(self, networks: nn.ModuleDict, latents: Tensor, condition: Tensor | None) -> Tensor:
        """Return G's representations."""
        made: Tensor = networks["G"](latents)
        return made

    def decoder_terms(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return A's terms ``[N]``."""
        assert batch is not None, "A's phase reads data"
        return decoder_terms(networks, batch.x, self.represent(networks, batch.x), self.consistency_weight)

    def prepare_latents(self, networks: nn.ModuleDict, drawn: Tensor, items: Tensor | None) -> Tensor:
        """Return G's representations of drawn latents, with the context of real items if there is to be one."""
        return code_of(networks, self.fakes(networks, drawn, None), items)

    def lengths(self, networks: nn.ModuleDict, size: int) -> list[int]:
        """Return the numbers of a representation, and those of its context if there is one."""
        own = size_of(networks)
        return [part for part in (own, size - own) if part]

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return A's pictures of representations, of any length, and their context if there is to be one."""
        return decoded(networks, latent)

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return what A makes pictures of: f's representations, and the context if there is to be one."""
        return code_of(networks, self.represent(networks, x), x)

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return f's representations; D judges no picture."""
        return {"f": self.represent(networks, x)}

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Raise UserError: D judges no picture."""
        raise UserError("D judges representations, so it has no score for a picture")
