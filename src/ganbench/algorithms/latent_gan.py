"""A GAN of the codes of a trained autoencoder, which is not updated.

The autoencoder is that of High-Resolution Image Synthesis with Latent Diffusion Models, 2021, arXiv 2112.10752, where a
diffusion model takes the place of the GAN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.frozen_encoder import untrained_network_warnings
from ganbench.data.base import Batch
from ganbench.latents import Latent
from ganbench.layers.code_shape import code_shape
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.training.phase import Context, LossDict


class LatentGAN(Adversarial):
    """G generates codes, D scores codes, and a frozen decoder makes images of them.

    The networks ``encoder`` and ``decoder`` map images to codes ``[N, size]`` and back. Both get the weights of a run:
    ``networks.encoder.weights=RUN networks.decoder.weights=RUN``. G and D see a code as a map.

    Args:
        latent: The distribution of G's input.
        loss: The adversarial loss of D and G.
        code_size: How many numbers a code has, as ``networks.encoder.latent``.
        regularizers: Extra terms of D's loss, on codes.
        one_pass: Score real and fake codes in one pass of D.
        reuse_fakes: Update G on the fakes that D has just seen.

    Raises:
        UserError: options exclude each other.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "encoder", "decoder")

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        code_size: int,
        regularizers: Sequence[Regularizer] = (),
        one_pass: bool = False,
        reuse_fakes: bool = False,
    ) -> None:
        super().__init__(
            latent=latent, loss=loss, regularizers=regularizers, one_pass=one_pass, reuse_fakes=reuse_fakes
        )
        self.code_size = code_size

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a code for G and D, and that of the data for encoder and decoder.

        Raises:
            UserError: the data are no images, their sides no multiples of 4, or the size does not fit.
        """
        code = code_shape("LatentGAN", shape, self.code_size)
        return code if network in ("G", "D") else shape

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Yield the warnings of ``Adversarial``, and one for each part of the autoencoder that is untrained."""
        yield from super().compatibility_warnings(networks)
        for name in ("encoder", "decoder"):
            yield from untrained_network_warnings(name, networks[name])

    @torch.no_grad()
    def codes(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return the codes of images as maps ``[N, channels, H / 4, W / 4]``, without gradient."""
        codes: Tensor = networks["encoder"].eval()(x)
        return codes.reshape(len(x), *self.shape_of("D", tuple(x.shape[1:])))

    def decode(self, networks: nn.ModuleDict, codes: Tensor) -> Tensor:
        """Return the images ``[N, *shape]`` of codes."""
        images: Tensor = networks["decoder"].eval()(codes.flatten(1))
        return images

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss terms, on codes."""
        return super().discriminator_losses(networks, self._encode_batch(networks, batch), context)

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's loss terms, on codes."""
        return super().generator_losses(networks, self._encode_batch(networks, batch), context)

    def generate(self, networks: nn.ModuleDict, latents: Tensor, condition: Tensor | None) -> Tensor:
        """Return codes, which D scores in training."""
        codes: Tensor = networks["G"](latents)
        return codes

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, *shape]`` for latents ``[N, size]``. Raises UserError if there is a condition."""
        return self.decode(networks, super().sample(networks, latent, condition))

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return the images of the codes of images, the best that G could do."""
        return self.decode(networks, self.codes(networks, x))

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return D's raw scores ``[N]`` of the codes of images."""
        return super().scores(networks, self.codes(networks, x))

    def _encode_batch(self, networks: nn.ModuleDict, batch: Batch | None) -> Batch | None:
        return None if batch is None else Batch(self.codes(networks, batch.x), batch.y)
