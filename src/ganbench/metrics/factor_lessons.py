"""How a network learns to read the factors of drawn pictures: from real ones of one split, with all factors at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganbench.metrics.factor_network import FactorNetwork
from ganbench.metrics.factors import Factor, Factored, belief_loss


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """How a reader is trained: AdamW, a rate that rises to ``rate`` in the first fifth and then falls to 0.

    ``shown`` counts pictures.
    """

    shown: int = 160_000
    batch: int = 128
    rate: float = 4e-3
    decay: float = 0.01
    seed: int = 0


def taught(
    train: Factored, known: Mapping[str, Tensor], factors: tuple[Factor, ...], lessons: Lessons
) -> FactorNetwork:
    """Return a network that was shown the pictures of a set; random numbers are torch's own."""
    network = FactorNetwork(train.info.shape, sum(factor.size for factor in factors))
    means, scales = zip(*(_spread(factor, known[factor.name]) for factor in factors), strict=True)
    network.means.copy_(torch.cat(means))
    network.scales.copy_(torch.cat(scales))
    scaled = {
        factor.name: known[factor.name] if factor.is_class else (known[factor.name] - mean) / scale
        for factor, mean, scale in zip(factors, means, scales, strict=True)
    }
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=lessons.decay)
    steps = max(1, lessons.shown // lessons.batch)
    for step, index in zip(range(steps), _batches(train.info.size, lessons.batch), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = lessons.rate * min((step + 1) / (0.2 * steps), (steps - step) / (0.8 * steps))
        belief = network(train.info.from_data(train.items(index)))
        optimizer.zero_grad(set_to_none=True)
        belief_loss(factors, belief, {name: values[index] for name, values in scaled.items()}).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network


def _batches(size: int, batch: int) -> Iterator[Tensor]:
    """Yield the items of one batch after another, every epoch in another order."""
    while True:
        yield from torch.split(torch.randperm(size), batch)


def _spread(factor: Factor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the deviation of a vector's numbers; 0 and 1 for the logits of classes."""
    if factor.is_class:
        return torch.zeros(factor.size), torch.ones(factor.size)
    return values.mean(0), values.std(0, correction=0).clamp(min=1e-6)
