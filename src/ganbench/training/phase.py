"""What a trainer needs of an algorithm: phases, each of which moves some networks by the loss it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from ganbench.data.base import Batch
from ganbench.utils.random_stream import RandomStream

#: Named loss terms, each per sample ``[N]`` or a scalar; the trainer adds up their means.
LossDict = Mapping[str, Tensor]


@dataclass(frozen=True)
class Context:
    """Where in the run a loss is asked for.

    ``step`` counts finished generator steps out of ``steps``; ``update`` counts finished updates of this phase;
    ``rows`` is how many samples this part of the batch has; ``draws`` is this part's randomness.
    """

    step: int
    steps: int
    update: int
    rows: int
    draws: RandomStream


@dataclass(frozen=True)
class Phase:
    """One kind of update: which networks move, the loss that moves them, and how often a step repeats it.

    ``loss(networks, batch, context)`` gets real data if ``reads_data``, else None. ``after(networks)`` is called
    after each update (weight clipping, say). ``records`` names networks that do not move, but whose passes a later
    phase of the step differentiates.
    """

    name: str
    updates: tuple[str, ...]
    loss: Callable[[nn.ModuleDict, Batch | None, Context], LossDict]
    repeats: int = 1
    reads_data: bool = True
    post_step: Callable[[nn.ModuleDict], None] | None = None
    keep_graph_for: tuple[str, ...] = ()


class Trainable(Protocol):
    """The view that a trainer has of an algorithm."""

    averaged: tuple[str, ...]

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of one step, in order."""

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Do what follows a whole step."""

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return what the log shows of the algorithm's own state after a step, new scalars by name."""
