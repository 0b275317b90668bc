"""A pretrained encoder that is not updated: always in eval mode; gradients pass through it, but none reach it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.adversarial import Adversarial


def represent(encoder: nn.Module, x: Tensor) -> Tensor:
    """Return representations ``[N, F]`` of length 1 of images ``[N, C, H, W]``, differentiable in ``x``.

    Puts the encoder into eval mode for good, so that no batch changes its output or its statistics.
    """
    representations: Tensor = encoder.eval()(x)
    return functional.normalize(representations)


def untrained_network_warnings(name: str, network: nn.Module) -> Iterator[str]:
    """Yield a warning if a frozen network still has random weights."""
    if getattr(network, "weights", None) == "":
        yield (
            f"networks.{name} is frozen and untrained, so its output is that of a random network; "
            f"give a run or a file of weights: networks.{name}.weights=RUN"
        )


class FrozenEncoderGAN(Adversarial):
    """A GAN with a frozen encoder, the network f."""

    noise = 0
    """How many numbers of a latent come before the representation."""

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Yield the warnings of ``Adversarial``, and one for an untrained encoder."""
        yield from super().compatibility_warnings(networks)
        yield from untrained_network_warnings("f", networks["f"])

    @torch.no_grad()
    def represent(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return f's representations of images, ``[N, F]`` of length 1, without gradient."""
        return represent(networks["f"], x)

    def encode(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return latents ``[N, size]`` of images: no noise, and their representations."""
        return torch.cat([x.new_zeros(x.shape[0], self.noise), self.represent(networks, x)], 1)

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return samples from the encoded images."""
        return self.sample(networks, self.encode(networks, x))
