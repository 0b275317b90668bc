"""Exponential moving averages of networks, with a half-life in images as in StyleGAN2 (2019), arXiv:1912.04958."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn


class MovingAverage:
    """Copies of networks, in eval mode, that follow the live ones.

    Weights and batch-norm statistics are averaged. Other buffers (spectral norm's vectors, counters) are copied, since
    their average has no meaning.

    Args:
        networks: The live networks.
        names: Which of them to average.
        half_life: In images.
        ramp: Early in training, the half-life is at most this share of the images seen.
    """

    def __init__(self, networks: nn.ModuleDict, names: Iterable[str], half_life: float, ramp: float) -> None:
        self.half_life, self.ramp = half_life, ramp
        self.networks = nn.ModuleDict({name: copy.deepcopy(networks[name]) for name in names})
        self.networks.requires_grad_(False).eval()
        pairs = [(self.networks[name], networks[name]) for name in self.networks]
        statistics = {id(buffer) for _, live in pairs for buffer in _batch_norm_statistics(live)}
        self._averaged: list[Tensor] = []
        self._live: list[Tensor] = []
        self._copied: list[tuple[Tensor, Tensor]] = []
        for average, live in pairs:
            self._averaged += average.parameters()
            self._live += [p.detach() for p in live.parameters()]
            for average_buffer, live_buffer in zip(average.buffers(), live.buffers(), strict=True):
                if id(live_buffer) in statistics:
                    self._averaged.append(average_buffer)
                    self._live.append(live_buffer)
                else:
                    self._copied.append((average_buffer, live_buffer))

    def decay(self, images_seen: int, batch: int) -> float:
        """Return the weight of the old average in an update after a batch of that many images."""
        half_life = min(self.half_life, self.ramp * images_seen)
        return float(0.5 ** (batch / max(half_life, 1e-8)))

    @torch.no_grad()
    def update(self, images_seen: int, batch: int) -> None:
        """Move the averages towards the live networks, after a batch of that many images."""
        torch._foreach_lerp_(self._averaged, self._live, 1 - self.decay(images_seen, batch))
        for average, live in self._copied:
            average.copy_(live)


def _batch_norm_statistics(network: nn.Module) -> list[Tensor]:
    names = "running_mean", "running_var"
    return [b for m in network.modules() for name, b in m.named_buffers(recurse=False) if name in names]
