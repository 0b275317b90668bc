"""An encoder that stands still: always in eval mode, with gradients through it but none for it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn import functional


def represent(encoder: nn.Module, x: Tensor) -> Tensor:
    """Return representations ``[N, F]`` of length 1 of pictures ``[N, C, H, W]``; gradients reach the pictures.

    The encoder is put into eval mode and left there, so that no batch changes what it says or its statistics.
    """
    representations: Tensor = encoder.eval()(x)
    return functional.normalize(representations)


def doubts_of(encoder: nn.Module) -> Iterator[str]:
    """Say so if the encoder has weights that nobody has trained."""
    if getattr(encoder, "weights", None) == "":
        yield (
            "networks.f stands still and has its first weights, so representations are those of an untrained network; "
            "name a run or a file: networks.f.weights=runs/simsiam"
        )
