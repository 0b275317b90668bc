"""Adaptive discriminator augmentation: Training GANs with Limited Data, 2020, arXiv 2006.06676."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.augment.ada_colour import colour_matrices
from ganbench.augment.ada_geometry import sampling_matrices
from ganbench.augment.adaptive import AdaptiveProbability
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class ADA(AdaptiveProbability):
    """Flips, shifts, rotates, scales and recolours images, each transformation with an adaptive probability ``p``.

    Pixels are interpolated bilinearly (the paper uses a longer filter), with reflection outside the image.

    Args:
        p: The initial probability, in [0, 1].
        target: The mean sign of D's scores of real images, in [-1, 1], above which ``p`` rises.
        speed: How many real images take ``p`` from 0 to 1.
        every: Steps between adjustments of ``p``.
        blit: Whether to use the paper's pixel blitting group: flips, quarter turns, shifts by whole pixels.
        geometry: Whether to use its group of geometric transformations: scaling, rotation, stretching, shifts.
        colour: Whether to use its group of colour transformations.

    Raises:
        UserError: an argument is out of range, or all groups are off.
    """

    def __init__(
        self,
        p: float = 0.0,
        target: float = 0.6,
        speed: float = 500_000,
        every: int = 4,
        blit: bool = True,
        geometry: bool = True,
        colour: bool = True,
    ) -> None:
        super().__init__(p, target, speed, every)
        if not (blit or geometry or colour):
            raise UserError("ADA: all transformations are off; set blit, geometry or colour")
        self.blit, self.geometry, self.colour = blit, geometry, colour

    def forward(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return augmented images ``[N, C, H, W]``; values may leave [-1, 1]. Raises UserError unless C is 1 or 3."""
        if x.shape[1] not in (1, 3):
            raise UserError(f"ADA needs images with 1 or 3 channels, but these have {x.shape[1]}")
        with torch.autocast(
            x.device.type, enabled=False
        ):  # bf16 would round positions by fractions of a pixel
            return self._augment(x.float(), stream).to(x.dtype)

    def _augment(self, x: Tensor, stream: RandomStream) -> Tensor:
        p = self.probability.expand(len(x))
        if self.blit or self.geometry:
            size = (x.shape[2], x.shape[3])
            matrices = sampling_matrices(stream, p, size, blit=self.blit, geometry=self.geometry)
            grid = functional.affine_grid(matrices, list(x.shape), align_corners=False)
            x = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        return _recolour(x, colour_matrices(stream, p)) if self.colour else x


def _recolour(x: Tensor, matrices: Tensor) -> Tensor:
    """Apply colour matrices ``[N, 3, 4]`` to images ``[N, 1 or 3, H, W]``; grey images stay grey."""
    linear, offset = matrices[:, :, :3], matrices[:, :, 3:, None]
    if x.shape[1] == 1:
        linear, offset = linear.sum(2, keepdim=True).mean(1, keepdim=True), offset.mean(1, keepdim=True)
    return (linear @ x.flatten(2)).reshape(x.shape) + offset
