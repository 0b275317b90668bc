"""A pool of earlier fakes: Learning from Simulated and Unsupervised Images through Adversarial Training, 2016.

arXiv 1612.07828.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream


class ImagePool(nn.Module):
    """Stores up to ``size`` images as bytes, and replaces some new images by stored ones; off if ``size`` is 0.

    Until the pool is full, it stores every new image and returns it. Then each new image, with probability 1/2, takes
    the place of a stored one, which is returned instead. With several processes, each has its own pool, so
    training differs slightly from that in one process, and all resume from the first process's pool.

    Raises:
        UserError: ``size`` is negative.
    """

    pictures: Tensor
    held: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        if size < 0:
            raise UserError(f"algorithm.history must be at least 0 images, not {size}")
        self.size = size
        self.register_buffer("pictures", torch.zeros(size, *shape, dtype=torch.uint8))
        self.register_buffer("held", torch.zeros((), dtype=torch.int64))

    def __call__(self, fakes: Tensor, stream: RandomStream) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1]: those of ``fakes`` and stored ones in place of some."""
        if not self.size:
            return fakes
        new = ((fakes + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        count, out = int(self.held), fakes.clone()
        free = min(self.size - count, len(fakes))
        self.pictures[count : count + free] = new[:free]
        self.held += free
        swap, slot = stream.uniform(len(fakes)) < 0.5, stream.integers(len(fakes), self.size)
        for row in range(free, len(fakes)):
            if swap[row]:
                out[row] = self.pictures[slot[row]].to(fakes.dtype) / 127.5 - 1
                self.pictures[slot[row]] = new[row]
        return out
