"""The interfaces of regularizers (per-sample terms of the discriminator's loss) and of weight constraints."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Protocol

from torch import Tensor, nn

from ganbench.data.base import Batch
from ganbench.training.phase import Context

Critic = Callable[[Tensor, Tensor | None], Tensor]
"""A discriminator: samples ``[N, *shape]`` and their condition (labels, or None) -> raw scores ``[N]``."""


class Regularizer(Protocol):
    """An extra term of the discriminator's loss, which the trainer averages and adds.

    A term with ``every`` above 1 is lazy: it is called only at every ``every``-th update and multiplies itself by
    ``every``, which keeps its mean over updates (StyleGAN2, 2019, arXiv:1912.04958).

    A term that uses the gradient at each sample may set ``per_sample = True``; a warning then says that batch norm
    in D invalidates it. A stateful term is an ``nn.Module`` with its state in buffers.
    """

    @property
    def name(self) -> str:
        """The term's name in the log."""

    @property
    def every(self) -> int:
        """The number of updates from one call to the next; 1 means every update."""

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term ``[N]``, already multiplied by its weight and by ``every``.

        ``real`` and ``fake`` are not modified. All randomness comes from ``context.stream``.
        """


def unique_names(regularizers: Iterable[Regularizer]) -> list[str]:
    """Return their names in the log: if two are called "r1", the second becomes "r1-2"."""
    names = [regularizer.name for regularizer in regularizers]
    return [name if name not in names[:i] else f"{name}-{i + 1}" for i, name in enumerate(names)]


def stateful_terms(terms: Iterable[object]) -> nn.ModuleList:
    """Return the terms that are Modules, including those wrapped in other terms."""
    modules = nn.ModuleList()
    for term in terms:
        if isinstance(term, nn.Module):
            modules.append(term)
        elif dataclasses.is_dataclass(term):
            modules.extend(stateful_terms(getattr(term, field.name) for field in dataclasses.fields(term)))
    return modules


class Constraint(Protocol):
    """A constraint on a network's weights, enforced after each of its updates."""

    def __call__(self, network: nn.Module) -> None:
        """Project the weights onto the constraint, in place."""
