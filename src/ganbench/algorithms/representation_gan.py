"""A GAN that generates representations, and a decoder that maps them to images.

After the idea of Generating Representations: Self-conditioned Image Generation (2023), arXiv:2312.03701, in the form of
Generative Adversarial Networks (2014), arXiv:1406.2661, on the outputs of a SimSiam encoder, arXiv:2011.10566.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.frozen_encoder import FrozenEncoderGAN, represent
from ganbench.algorithms.image_gan import ImageGAN
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class RepresentationGAN(FrozenEncoderGAN):
    """G maps noise to representations, which D compares with those of the frozen encoder f; A decodes both to images.

    A is trained on real images x with representations r = f(x). It minimizes ``pixel_weight`` times the mean squared
    error of A(r) and x, and ``consistency_weight`` times 1 - the cosine of f(A(r)) and r, whose gradient passes through
    f. A receives representations times the square root of their size. With ``context``, A also receives the context
    K(x), a few numbers by a network K; samples then take the context of held-out images.

    A squared error alone gives blurs: what a representation leaves open is averaged. With ``image_gan``, a critic C of
    images is trained to tell samples A(G(z)) from real images, and A minimizes G's loss of that GAN as well. G still
    learns from representations alone.

    Args:
        latent: The distribution of G's input.
        loss: The adversarial loss on representations.
        pixel_weight: The weight of the squared error.
        consistency_weight: The weight of the cosine term.
        context: Whether A receives a context, from the network K.
        image_gan: The GAN on images, which needs the network C; its latent must be ``latent``.
        decoder_steps: Updates of A per update of G.
        regularizers: Extra terms of D's loss.
        critic_steps: Updates of D per update of G.

    Raises:
        UserError: a weight is negative, or ``decoder_steps`` is out of range.
    """

    networks: ClassVar[tuple[str, ...]] = ("f", "G", "D", "A")
    inputs_per_sample = 1

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        pixel_weight: float = 1.0,
        consistency_weight: float = 0.1,
        context: bool = False,
        image_gan: Adversarial | None = None,
        decoder_steps: int = 1,
        regularizers: Sequence[Regularizer] = (),
        critic_steps: int = 1,
    ) -> None:
        super().__init__(latent=latent, loss=loss, regularizers=regularizers, critic_steps=critic_steps)
        check_weight("RepresentationGAN", "pixel_weight", pixel_weight)
        check_weight("RepresentationGAN", "consistency_weight", consistency_weight)
        if decoder_steps < 1:
            raise UserError(f"algorithm.decoder_steps must be at least 1, not {decoder_steps}")
        if decoder_steps > 1 and image_gan is not None and image_gan.reuse_fakes:
            raise UserError(
                f"algorithm.image_gan.reuse_fakes needs algorithm.decoder_steps=1, not {decoder_steps}"
            )
        self.pixel_weight, self.consistency_weight = pixel_weight, consistency_weight
        self.context, self.needs_real_inputs = context, context
        self.decoder_steps = decoder_steps
        self._decoder = ("A", "K") if context else ("A",)
        self.image_gan = None if image_gan is None else ImageGAN(image_gan, self._sample_from, self._decoder)
        self.averaged = ("G", "A", "K") if context else ("G", "A")

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of D and of G, on representations, that of C if there is one, and that of A (and K)."""
        decoder = Phase("A", self._decoder, self.decoder_losses, repeats=self.decoder_steps)
        critic = () if self.image_gan is None else (self.image_gan.phase(),)
        return *super().phases(), *critic, decoder

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError if ``context`` is set without a network K, ``image_gan`` without C, or the reverse."""
        super().check_networks(networks)
        for option, set_, name in (
            ("context=true", self.context, "K"),
            ("image_gan", self.image_gan is not None, "C"),
        ):
            if set_ != (name in networks):
                raise UserError(
                    f"algorithm.{option} needs a network {name}, and a network {name} needs algorithm.{option}; "
                    "set both or neither"
                )

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's losses on representations."""
        assert batch is not None, "D's phase reads data"
        return super().discriminator_losses(networks, Batch(self.represent(networks, batch.x)), context)

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's losses on representations."""
        real = None if batch is None else Batch(self.represent(networks, batch.x))
        return super().generator_losses(networks, real, context)

    def decoder_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return A's losses ``[N]``."""
        assert batch is not None, "A's phase reads data"
        r = self.represent(networks, batch.x)
        decoded = self.sample(networks, _with_context(networks, r, batch.x))
        losses = {"pixels": self.pixel_weight * (decoded - batch.x).square().flatten(1).mean(1)}
        if self.consistency_weight:
            cosine = functional.cosine_similarity(represent(networks["f"], decoded), r)
            losses["consistency"] = self.consistency_weight * (1 - cosine)
        if self.image_gan is not None:
            losses |= self.image_gan.decoder_losses(networks, batch, context)
        return losses

    def _sample_from(self, networks: nn.ModuleDict, latents: Tensor, x: Tensor) -> Tensor:
        """Return samples for latents ``[N, size]``, with the context of real images ``x`` if there is a K."""
        return self.sample(networks, self.prepare_latents(networks, latents, x))

    def generate(self, networks: nn.ModuleDict, latents: Tensor, condition: Tensor | None) -> Tensor:
        """Return G's representations."""
        representations: Tensor = networks["G"](latents)
        return representations

    def prepare_latents(self, networks: nn.ModuleDict, latents: Tensor, items: Tensor | None) -> Tensor:
        """Return G's representations for latents, with the context of real items if there is a K."""
        return _with_context(networks, self.generate(networks, latents, None), items)

    def latent_sizes(self, networks: nn.ModuleDict, size: int) -> list[int]:
        """Return the sizes of the representation and, if there is one, of the context."""
        representation = _representation_size(networks)
        return [n for n in (representation, size - representation) if n]

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return A's images for representations of any length, followed by the context if there is a K."""
        size = _representation_size(networks)
        r = functional.normalize(latent[:, :size]) * math.sqrt(size)
        images: Tensor = networks["A"](torch.cat([r, latent[:, size:]], 1))
        return images

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return f's representations of images, with their context if there is a K."""
        return _with_context(networks, self.represent(networks, x), x)

    def features(self, networks: nn.ModuleDict, x: Tensor) -> dict[str, Tensor]:
        """Return f's representations. D scores representations, so it has no features of images."""
        return {"f": self.represent(networks, x)}

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Raise UserError: D scores no images."""
        raise UserError("D scores representations, not images")


def _with_context(networks: nn.ModuleDict, r: Tensor, x: Tensor | None) -> Tensor:
    """Return representations ``[N, F]``, followed by K's context of images if there is a K."""
    return torch.cat([r, networks["K"](x)], 1) if "K" in networks else r


def _representation_size(networks: nn.ModuleDict) -> int:
    return cast(int, networks["f"].size)
