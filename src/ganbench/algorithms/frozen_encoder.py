"""An encoder that stands still: always in eval mode, with gradients through it but none for it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.adversarial import Adversarial


def represent(encoder: nn.Module, x: Tensor) -> Tensor:
    """Return representations ``[N, F]`` of length 1 of pictures ``[N, C, H, W]``; gradients reach the pictures.

    The encoder is put into eval mode and left there, so that no batch changes what it says or its statistics.
    """
    representations: Tensor = encoder.eval()(x)
    return functional.normalize(representations)


class WithEncoder(Adversarial):
    """A GAN that has a network f, which stands still."""

    def compatibility_warnings(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Say what is at odds with the algorithm, such as an encoder that has learnt nothing."""
        yield from super().compatibility_warnings(networks)
        yield from warnings_of_encoder(networks["f"])

    @torch.no_grad()
    def represent(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return f's representations of pictures, ``[N, F]`` of length 1, without gradient."""
        return represent(networks["f"], x)


def warnings_of_encoder(encoder: nn.Module) -> Iterator[str]:
    """Say so if the encoder has weights that nobody has trained."""
    if getattr(encoder, "weights", None) == "":
        yield (
            "networks.f stands still and has its first weights, so representations are those of an untrained network; "
            "name a run or a file: networks.f.weights=runs/simsiam"
        )
