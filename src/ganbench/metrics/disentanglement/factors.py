"""Known factors of pictures as what a network can learn: classes, and vectors for numbers and for what goes round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.data.base import Dataset


class Factored(Dataset, Protocol):
    """A data set that knows what its pictures were drawn from."""

    def factors(self, index: Tensor) -> dict[str, Tensor]:
        """Return each factor ``[N]``: whole numbers for classes, float64 for the rest."""

    def cycles(self, index: Tensor) -> dict[str, Tensor]:
        """Return the period ``[N]`` of each factor that goes round, 0 where it does not."""


@dataclass(frozen=True)
class Factor:
    """A factor, and how many numbers a belief about it has: logits of its classes, or a vector."""

    name: str
    size: int
    is_class: bool


def known_factors(items: Factored, index: Tensor) -> dict[str, Tensor]:
    """Return each factor as it is learnt: class numbers int64 ``[N]``, or vectors float32 ``[N, 1 or 2]``.

    What goes round is the cosine and the sine of its phase, so that its two ends lie side by side; where it has no
    period, as the turn of a circle, both are 0.
    """
    cycles, known = items.cycles(index), {}
    for name, values in items.factors(index).items():
        if not values.is_floating_point():
            known[name] = values
        elif name in cycles:
            period = cycles[name]
            phase = 2 * math.pi * values / torch.where(period > 0, period, 1.0)
            circle = torch.stack([phase.cos(), phase.sin()], 1)
            known[name] = (circle * (period > 0)[:, None]).float()
        else:
            known[name] = values.float()[:, None]
    return known


def factors_in(known: Mapping[str, Tensor]) -> tuple[Factor, ...]:
    """Say what factors there are, by what :func:`known_factors` returned for all items."""
    return tuple(
        Factor(name, values.shape[1], False)
        if values.is_floating_point()
        else Factor(name, int(values.max()) + 1, True)
        for name, values in known.items()
    )


def belief_loss(factors: tuple[Factor, ...], belief: Tensor, known: Mapping[str, Tensor]) -> Tensor:
    """Return the sum over factors of the cross-entropy, or of the mean squared error of a vector's numbers."""
    terms = []
    for factor, part in zip(factors, torch.split(belief, [f.size for f in factors], 1), strict=True):
        if factor.is_class:
            terms.append(functional.cross_entropy(part, known[factor.name]))
        else:
            terms.append(functional.mse_loss(part, known[factor.name]))
    return torch.stack(terms).sum()


def quality(known: Mapping[str, Tensor], read: Mapping[str, Tensor]) -> dict[str, float]:
    """Return how well each factor is read: the share of right classes, or R², the share of the variance explained."""
    found = {}
    for name, values in known.items():
        if values.is_floating_point():
            error = (values - read[name]).double().square().sum()
            found[name] = 1 - float(error / (values - values.mean(0)).double().square().sum())
        else:
            found[name] = float((values == read[name]).double().mean())
    return found
