"""A moving average of networks, with a half-life counted in images (as in StyleGAN2, 2019, arXiv 1912.04958)."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class MovingAverage:
    """Copies of some networks, in eval mode, that follow the live ones.

    Weights and batch-norm statistics are averaged; other buffers (spectral norm's vectors, counters) are copied,
    since their average means nothing.
    """

    def __init__(self, networks: nn.ModuleDict, names: Iterable[str], half_life: float, ramp: float) -> None:
        self.half_life, self.ramp = half_life, ramp
        self.networks = nn.ModuleDict({name: copy.deepcopy(networks[name]) for name in names})
        self.networks.requires_grad_(False).eval()
        pairs = [(self.networks[name], networks[name]) for name in self.networks]
        statistics = {id(b) for _, live in pairs for b in _statistics(live)}
        self._averaged: list[Tensor] = []
        self._live: list[Tensor] = []
        self._copied: list[tuple[Tensor, Tensor]] = []
        for average, live in pairs:
            self._averaged += average.parameters()
            self._live += [p.detach() for p in live.parameters()]
            for mine, theirs in zip(average.buffers(), live.buffers(), strict=True):
                if id(theirs) in statistics:
                    self._averaged.append(mine)
                    self._live.append(theirs)
                else:
                    self._copied.append((mine, theirs))

    def decay(self, images_seen: int, batch: int) -> float:
        """Return how much of the average stays after a batch; early on the half-life is ``ramp`` of the images."""
        half_life = min(self.half_life, self.ramp * images_seen)
        return float(0.5 ** (batch / max(half_life, 1e-8)))

    @torch.no_grad()
    def update(self, images_seen: int, batch: int) -> None:
        """Move towards the live networks by one batch."""
        torch._foreach_lerp_(self._averaged, self._live, 1 - self.decay(images_seen, batch))
        for mine, theirs in self._copied:
            mine.copy_(theirs)


def _statistics(network: nn.Module) -> list[Tensor]:
    found = [m for m in network.modules() if isinstance(m, _BatchNorm)]
    return [b for m in found for b in (m.running_mean, m.running_var) if b is not None]
