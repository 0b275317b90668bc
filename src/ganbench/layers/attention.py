"""Self-attention between the positions of a feature map.

Self-Attention Generative Adversarial Networks (2018), arXiv:1805.08318.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ganbench.errors import UserError


class SelfAttention(nn.Module):
    """Maps ``[N, C, H, W]`` -> x + gamma * o(x), where each position of o attends to all positions.

    Queries and keys have C / 8 channels and values C / 2 (at least 1 each), or C channels each if ``full_width``. They
    and the projection back to C channels are 1x1 convolutions without bias. ``gamma`` is a scalar that starts at 0, so
    the layer starts as the identity.

    Raises ``UserError`` if ``channels`` is below 1.
    """

    def __init__(self, channels: int, full_width: bool = False) -> None:
        super().__init__()
        if channels < 1:
            raise UserError(f"SelfAttention: channels must be at least 1, but is {channels}")
        key_channels, value_channels = max(1, channels // 8), max(1, channels // 2)
        if full_width:
            key_channels = value_channels = channels
        self.query = nn.Conv2d(channels, key_channels, 1, bias=False)
        self.key = nn.Conv2d(channels, key_channels, 1, bias=False)
        self.value = nn.Conv2d(channels, value_channels, 1, bias=False)
        self.out = nn.Conv2d(value_channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def attention_weights(self, x: Tensor) -> Tensor:
        """Return the weights ``[N, H * W (queries), H * W (keys)]``; the weights of each query sum to 1."""
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)
        return torch.softmax(query.transpose(1, 2) @ key, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps of the same shape."""
        value = self.value(x).flatten(2).transpose(1, 2)
        mean = (self.attention_weights(x) @ value).transpose(1, 2).unflatten(2, x.shape[2:])
        o: Tensor = self.out(mean)
        return x + self.gamma * o


def attention_factory(
    network: str, side: int, sides: Sequence[int], full_width: bool = False
) -> Callable[[int, int], list[nn.Module]]:
    """Return a function ``(level, channels) -> layers`` that adds attention at one level of a network.

    The function returns a list with one ``SelfAttention`` at the level whose map has the given side, and an empty list
    at all others.

    Args:
        network: The network's name, for the error message.
        side: The shorter side of the map that gets attention, or 0 for none.
        sides: The shorter side of the map at each level.
        full_width: As in ``SelfAttention``.

    Raises:
        UserError: No level has such a map.
    """
    if side and side not in sides:
        available = ", ".join(map(str, sides))
        raise UserError(f"{network}: attention={side}, but its maps have sides of {available}")

    def make_attention(level: int, channels: int) -> list[nn.Module]:
        return [SelfAttention(channels, full_width)] if side and sides[level] == side else []

    return make_attention
