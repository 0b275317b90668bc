"""Networks look at many rows part by part, in eval mode and without gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@torch.no_grad()
def map_batches(
    networks: nn.Module,
    reading: Callable[[dict[str, Tensor]], dict[str, Tensor]],
    numbers: Mapping[str, Tensor],
    batch: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Tensor]:
    """Return what is read from ``numbers`` ``[N, ...]`` by name, ``batch`` rows at a time: float32 on the CPU.

    Parts are where the networks are. ``progress`` is called with how many rows are done of how many.
    """
    device, total = next(networks.parameters()).device, len(next(iter(numbers.values())))
    parts = []
    with evaluating(networks):
        for start in range(0, total, batch):
            part = {name: rows[start : start + batch].to(device) for name, rows in numbers.items()}
            parts.append({name: value.float().cpu() for name, value in reading(part).items()})
            progress(min(start + batch, total), total)
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


@contextmanager
def evaluating(networks: nn.Module) -> Iterator[None]:
    """Put every module into eval mode for the block and give each its own mode back."""
    modes = [(module, module.training) for module in networks.modules()]
    networks.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
