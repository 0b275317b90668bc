"""The trainer's view of an algorithm: phases, each with the networks that it updates and their loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from ganbench.data.base import Batch
from ganbench.utils.random_stream import RandomStream

#: Loss terms by name, each ``[N]`` (per sample) or a scalar. The trainer adds up their means.
LossDict = Mapping[str, Tensor]


@dataclass(frozen=True)
class Context:
    """The circumstances in which a loss is computed.

    Attributes:
        step: How many generator steps are finished.
        steps: How many are planned.
        update: How many updates of this phase are finished.
        batch_size: The number of samples in this microbatch.
        stream: The random numbers of this microbatch.
    """

    step: int
    steps: int
    update: int
    batch_size: int
    stream: RandomStream


@dataclass(frozen=True)
class Phase:
    """One kind of update, of which a step has one or more.

    Attributes:
        name: Prefixes the loss terms in the log.
        updates: The networks that it updates.
        loss: Computes the loss terms from ``(networks, batch, context)``; without ``reads_data``, the batch is None.
        repeats: Updates per step.
        reads_data: Whether each update reads a new batch of real data.
        post_step: Called with the networks after each update, for example to clip weights.
        keep_graph_for: Networks that are not updated, but through which a later phase of the step backpropagates.
    """

    name: str
    updates: tuple[str, ...]
    loss: Callable[[nn.ModuleDict, Batch | None, Context], LossDict]
    repeats: int = 1
    reads_data: bool = True
    post_step: Callable[[nn.ModuleDict], None] | None = None
    keep_graph_for: tuple[str, ...] = ()


class Trainable(Protocol):
    """What a trainer requires of an algorithm, which is a Module as well."""

    averaged: tuple[str, ...]

    def phases(self) -> tuple[Phase, ...]:
        """Return the phases of one step, in order."""

    def after_step(self, networks: nn.ModuleDict, step: int) -> None:
        """Run after each step."""

    def extra_scalars(self) -> Mapping[str, Tensor]:
        """Return scalars to log after a step, by name, as new tensors."""
