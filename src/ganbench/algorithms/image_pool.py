"""A store of earlier fakes: Learning from Simulated and Unsupervised Images through Adversarial Training, 2016.

arXiv 1612.07828.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class ImagePool(nn.Module):
    """Holds up to ``size`` pictures, as bytes, and exchanges new ones for them; with ``size`` 0 it does nothing.

    Until it is full it keeps what it is shown and hands it out again. Then each new picture is, with probability
    1/2, kept in place of an earlier one, which is handed out instead. Several processes have a store each, so that
    they train a little differently from one, and go on from the first one's when they resume.

    Raises:
        UserError: ``size`` is negative.
    """

    pictures: Tensor
    held: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        if size < 0:
            raise UserError(f"algorithm.history must be at least 0 pictures, not {size}")
        self.size = size
        self.register_buffer("pictures", torch.zeros(size, *shape, dtype=torch.uint8))
        self.register_buffer("held", torch.zeros((), dtype=torch.int64))

    def __call__(self, fakes: Tensor, draws: RandomStream) -> Tensor:
        """Return pictures ``[N, C, H, W]`` in [-1, 1]: of ``fakes`` and of earlier ones."""
        if not self.size:
            return fakes
        new = ((fakes + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        held, out = int(self.held), fakes.clone()
        free = min(self.size - held, len(fakes))
        self.pictures[held : held + free] = new[:free]
        self.held += free
        swap, slot = draws.uniform(len(fakes)) < 0.5, draws.integers(len(fakes), self.size)
        for row in range(free, len(fakes)):
            if swap[row]:
                out[row] = self.pictures[slot[row]].to(fakes.dtype) / 127.5 - 1
                self.pictures[slot[row]] = new[row]
        return out
