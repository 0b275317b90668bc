"""Attention between the positions of a map: Self-Attention Generative Adversarial Networks, 2018, arXiv 1805.08318."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ganbench.errors import UserError


class SelfAttention(nn.Module):
    """Maps ``[N, C, H, W]`` -> x + gamma * o(x), where each position of o is a mean over what all positions say.

    Queries and keys have C / 8 channels, values C / 2 (at least 1 each), all by 1x1 convolutions without bias; so
    has the convolution that brings the mean back to C channels. ``gamma`` is one number, 0 at first: the layer
    begins as the identity.

    Raises ``UserError`` if ``channels`` is below 1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 1:
            raise UserError(f"SelfAttention: channels must be at least 1, but is {channels}")
        narrow, half = max(1, channels // 8), max(1, channels // 2)
        self.query = nn.Conv2d(channels, narrow, 1, bias=False)
        self.key = nn.Conv2d(channels, narrow, 1, bias=False)
        self.value = nn.Conv2d(channels, half, 1, bias=False)
        self.out = nn.Conv2d(half, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def shares(self, x: Tensor) -> Tensor:
        """Return how much each position (second axis) heeds each (third): ``[N, H * W, H * W]``, rows of sum 1."""
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)
        return torch.softmax(query.transpose(1, 2) @ key, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps of the same shape."""
        value = self.value(x).flatten(2)
        mean = (value @ self.shares(x).transpose(1, 2)).unflatten(2, x.shape[2:])
        o: Tensor = self.out(mean)
        return x + self.gamma * o


def attention_at(name: str, side: int, sides: Sequence[int]) -> Callable[[int, int], list[nn.Module]]:
    """Return a function that makes, for a level and its channels, the attention behind its map, if any.

    ``sides`` are the shorter sides of the levels' maps, ``side`` the one that is attended to (0: none).
    Raises ``UserError`` if there is no such map; ``name`` is the network's.
    """
    if side and side not in sides:
        known = ", ".join(map(str, sides))
        raise UserError(f"{name}: attention={side}, but its maps have sides of {known}")

    def at(level: int, channels: int) -> list[nn.Module]:
        return [SelfAttention(channels)] if side and sides[level] == side else []

    return at
