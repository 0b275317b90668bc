"""Noise on the images that D sees: Amortised MAP Inference for Image Super-resolution, 2016, arXiv 1610.04490."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


@dataclass(frozen=True)
class ImageNoise:
    """Adds normal noise of standard deviation ``std`` to each pixel, without clamping ("instance noise").

    Raises:
        UserError: ``std`` is not above 0.
    """

    std: float = 0.1

    def __post_init__(self) -> None:
        if not self.std > 0:
            raise UserError(
                f"ImageNoise: std must be above 0, but is {self.std}; for no noise, set augmentation=null"
            )

    def __call__(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return images ``[N, C, H, W]`` with noise."""
        return x + self.std * stream.normal(len(x), *x.shape[1:])
