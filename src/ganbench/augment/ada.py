"""Training Generative Adversarial Networks with Limited Data (ADA), 2020, arXiv 2006.06676."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.augment.ada_colour import colours
from ganbench.augment.ada_geometry import places
from ganbench.errors import UserError
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


class ADA(nn.Module):
    """Each picture is mirrored, moved, turned, stretched and coloured, each of these with probability ``p``.

    ``p`` follows how far D is overfitted: every ``every`` steps it rises if the mean sign of D's scores of real
    pictures is above ``target``, else it falls, at a speed that leads from 0 to 1 in ``speed`` real pictures. So scores
    must say by their sign what D takes for real, as those of cross-entropy and hinge losses do. ``blit``, ``geometry``
    and ``colour`` are the paper's groups of transformations. Places in between pixels are read bilinearly (the paper's
    filter is longer), those outside in the picture's reflection.

    A Module, so that ``p`` and what is counted for it are saved with the algorithm. Counts are added up and ``p``
    moves after a whole step, so that microbatches are one batch, and so are processes whose buffers are averaged.

    Raises ``UserError`` if ``p`` or ``target`` is no number in [0, 1] or [-1, 1], ``speed`` or ``every`` is below 1,
    or nothing is asked for.
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
            raise UserError("ADA: nothing is asked for; set blit, geometry or colour")
        self.target, self.speed, self.every = target, speed, every
        self.blit, self.geometry, self.colour = blit, geometry, colour
        self.register_buffer("probability", torch.tensor(float(p)))
        for name in ("overfitting", "signs", "count", "images"):
            self.register_buffer(name, torch.zeros(()))
        self.register_buffer("update", torch.tensor(-1))

    def forward(self, x: Tensor, draws: RandomStream) -> Tensor:
        """Return changed pictures ``[N, C, H, W]``; colours may leave [-1, 1]. Raises UserError unless C is 1 or 3."""
        if x.shape[1] not in (1, 3):
            raise UserError(f"ADA changes pictures with 1 or 3 channels, but these have {x.shape[1]}")
        with torch.autocast(x.device.type, enabled=False):  # bf16 would round places by parts of a pixel
            return self._changed(x.float(), draws).to(x.dtype)

    def _changed(self, x: Tensor, draws: RandomStream) -> Tensor:
        p = self.probability.expand(len(x))
        if self.blit or self.geometry:
            at = places(draws, p, (x.shape[2], x.shape[3]), blit=self.blit, geometry=self.geometry)
            grid = functional.affine_grid(at, list(x.shape), align_corners=False)
            x = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        return _coloured(x, colours(draws, p)) if self.colour else x

    def heed(self, scores: Tensor, context: Context) -> None:
        """Count the signs of D's scores ``[N]`` of real pictures in an update, or in a part of one."""
        self.signs += scores.detach().float().sign().sum()
        self.count += len(scores)
        is_new = self.update != context.update  # not a further microbatch of the same update
        self.images += is_new * (context.rows * context.draws.parts)  # of the global batch
        self.update.fill_(context.update)

    def adapt(self, step: int) -> None:
        """Move ``p`` by what was counted, if that many steps have been done since it moved."""
        if (step + 1) % self.every:
            return
        self.overfitting.copy_(self.signs / self.count.clamp(min=1))
        by = (self.overfitting - self.target).sign() * self.images / self.speed
        self.probability.add_(by).clamp_(0, 1)
        for counted in (self.signs, self.count, self.images):
            counted.zero_()

    def extra_scalars(self) -> dict[str, Tensor]:
        """Return ``p`` and the mean sign that moved it last."""
        return {"p": self.probability.clone(), "overfitting": self.overfitting.clone()}

    def extra_repr(self) -> str:
        """Return what it was made with."""
        return f"p={float(self.probability):g}, target={self.target}, speed={self.speed}, every={self.every}"


def _coloured(x: Tensor, matrix: Tensor) -> Tensor:
    """Return pictures ``[N, 1 or 3, H, W]`` in other colours; grey ones stay grey."""
    linear, added = matrix[:, :, :3], matrix[:, :, 3:, None]
    if x.shape[1] == 1:
        linear, added = linear.sum(2, keepdim=True).mean(1, keepdim=True), added.mean(1, keepdim=True)
    return (linear @ x.flatten(2)).reshape(x.shape) + added
