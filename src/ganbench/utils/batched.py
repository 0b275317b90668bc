"""Apply networks to many rows, batch by batch, in eval mode and without gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganbench.utils.float32 import float32_default
from ganbench.utils.whole_number import whole_number


@torch.no_grad()
@float32_default()
def map_batches(
    networks: nn.Module,
    fn: Callable[[dict[str, Tensor]], dict[str, Tensor]],
    tensors: Mapping[str, Tensor],
    batch_size: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Tensor]:
    """Apply a function to tensors batch by batch and return its concatenated results.

    Args:
        networks: the modules that ``fn`` uses. They are in eval mode during the call.
        fn: maps a batch of tensors, by name, to its results, by name. Batches are on the networks' device.
        tensors: the inputs by name, each ``[N, ...]``.
        batch_size: rows per batch.
        progress: called after each batch with the number of finished rows and the total.

    Returns:
        The results by name, each ``[N, ...]``, as float32 on the CPU.
    """
    batch_size = whole_number(batch_size, "the batch size", at_least=1)
    device, total = next(networks.parameters()).device, len(next(iter(tensors.values())))
    results = []
    with eval_mode(networks):
        for start in range(0, total, batch_size):
            batch = {name: rows[start : start + batch_size].to(device) for name, rows in tensors.items()}
            results.append({name: value.float().cpu() for name, value in fn(batch).items()})
            progress(min(start + batch_size, total), total)
    return {name: torch.cat([result[name] for result in results]) for name in results[0]}


@contextmanager
def eval_mode(networks: nn.Module) -> Iterator[None]:
    """Put every module into eval mode for the block, then restore the mode of each."""
    modes = [(module, module.training) for module in networks.modules()]
    networks.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
