"""What a regularizer is: an extra, weighted, per-sample term on the discriminator."""

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
    """An extra term of a player's loss, which the trainer averages and adds.

    A term with ``every`` above 1 is lazy: it is called only at each ``every``-th update, and multiplies itself by
    ``every``, so that its mean over the updates stays the same (StyleGAN2, 2019, arXiv:1912.04958).

    A term that depends on what each sample's own score does, which batch norm takes from it, may say so by
    ``per_sample = True``. A term with a state of its own is a Module and keeps it in buffers.
    """

    @property
    def name(self) -> str:
        """What the log calls the term."""

    @property
    def every(self) -> int:
        """How many updates lie between two calls; 1 means each update."""

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term ``[N]``, already multiplied by its coefficient and by ``every``.

        Leaves ``real`` and ``fake`` as they were. All randomness comes from ``context.draws``.
        """


def with_state(terms: Iterable[object]) -> nn.ModuleList:
    """Return those of the terms, and of the terms inside them, that have a state of their own."""
    found = nn.ModuleList()
    for term in terms:
        if isinstance(term, nn.Module):
            found.append(term)
        elif dataclasses.is_dataclass(term):
            found.extend(with_state(getattr(term, field.name) for field in dataclasses.fields(term)))
    return found


class Constraint(Protocol):
    """What a network must obey after each of its updates."""

    def __call__(self, network: nn.Module) -> None:
        """Bring the network back to where it may be, in place."""
