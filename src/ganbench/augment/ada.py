"""Adaptive discriminator augmentation: Training GANs with Limited Data, 2020, arXiv 2006.06676."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.augment.ada_colour import colour_matrices
from ganbench.augment.ada_geometry import sampling_matrices
from ganbench.errors import UserError
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


class ADA(nn.Module):
    """Flips, shifts, rotates, scales and recolours images, each transformation with probability ``p``.

    ``p`` follows D's overfitting, measured by the mean sign of D's scores of real images. Every ``every`` steps ``p``
    rises if that mean is above ``target`` and falls otherwise, at a rate that takes it from 0 to 1 in ``speed`` real
    images. The loss must therefore give real samples positive scores, as the cross-entropy and hinge losses do.
    Pixels are interpolated bilinearly (the paper uses a longer filter), with reflection outside the image.

    It is a Module, so that ``p`` and its statistics are saved with the algorithm. Statistics are summed, and ``p``
    changes only after a whole step. Microbatches therefore count as one batch, and so do several processes if their
    buffers are averaged.

    Args:
        p: The initial probability, in [0, 1].
        target: The mean sign, in [-1, 1], above which ``p`` rises.
        speed: How many real images take ``p`` from 0 to 1.
        every: Steps between adjustments of ``p``.
        blit: Whether to use the paper's pixel blitting group: flips, quarter turns, shifts by whole pixels.
        geometry: Whether to use its group of geometric transformations: scaling, rotation, stretching, shifts.
        colour: Whether to use its group of colour transformations.

    Raises:
        UserError: an argument is out of range, or all groups are off.
    """

    probability: Tensor
    overfitting: Tensor
    signs: Tensor
    count: Tensor
    images: Tensor
    update: Tensor

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
        super().__init__()
        if not (0 <= p <= 1 and -1 <= target <= 1):
            raise UserError(f"ADA: p is in [0, 1] and target in [-1, 1], but they are {p} and {target}")
        if not (speed >= 1 and every >= 1):
            raise UserError(
                f"ADA: speed (images) and every (steps) are at least 1, but are {speed} and {every}"
            )
        if not (blit or geometry or colour):
            raise UserError("ADA: all transformations are off; set blit, geometry or colour")
        self.target, self.speed, self.every = target, speed, every
        self.blit, self.geometry, self.colour = blit, geometry, colour
        self.register_buffer("probability", torch.tensor(float(p)))
        for name in ("overfitting", "signs", "count", "images"):
            self.register_buffer(name, torch.zeros(()))
        self.register_buffer("update", torch.tensor(-1))

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

    def observe_scores(self, scores: Tensor, context: Context) -> None:
        """Sum the signs of D's scores ``[N]`` of real images, from an update or one of its microbatches."""
        self.signs += scores.detach().float().sign().sum()
        self.count += len(scores)
        is_new = self.update != context.update  # False for further microbatches of an update
        self.images += is_new * (context.batch_size * context.stream.shards)  # of the global batch
        self.update.fill_(context.update)

    def adapt(self, step: int) -> None:
        """Adjust ``p`` at every ``every``-th step, and reset the statistics."""
        if (step + 1) % self.every:
            return
        self.overfitting.copy_(self.signs / self.count.clamp(min=1))
        change = (self.overfitting - self.target).sign() * self.images / self.speed
        self.probability.add_(change).clamp_(0, 1)
        for statistic in (self.signs, self.count, self.images):
            statistic.zero_()

    def extra_scalars(self) -> dict[str, Tensor]:
        """Return ``p`` and the mean sign at its last adjustment."""
        return {"p": self.probability.clone(), "overfitting": self.overfitting.clone()}

    def extra_repr(self) -> str:
        """Return the settings for ``repr``, with the current ``p``."""
        return f"p={float(self.probability):g}, target={self.target}, speed={self.speed}, every={self.every}"


def _recolour(x: Tensor, matrices: Tensor) -> Tensor:
    """Apply colour matrices ``[N, 3, 4]`` to images ``[N, 1 or 3, H, W]``; grey images stay grey."""
    linear, offset = matrices[:, :, :3], matrices[:, :, 3:, None]
    if x.shape[1] == 1:
        linear, offset = linear.sum(2, keepdim=True).mean(1, keepdim=True), offset.mean(1, keepdim=True)
    return (linear @ x.flatten(2)).reshape(x.shape) + offset
