"""A trainer of several seeds of one recipe: one pass computes the networks of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganbench.data.base import Batch
from ganbench.errors import RunError, UserError
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.trainer import Trainer
from ganbench.training.vectorized.layers import by_member, interleave
from ganbench.training.vectorized.networks import vectorize
from ganbench.training.vectorized.stream import VectorizedStream

_HINT = "train the seeds one by one"


class VectorizedTrainer(Trainer):
    """Trains K trainers of the same recipe that differ in their seeds, all at the same step.

    The weights of the members are views of this trainer's, so they are always current. :meth:`synchronize` gives them
    the rest of the state, so that their hooks and checkpoints are those of runs that were trained alone.

    Args:
        members: The trainers, ready to continue at the same step.
        optimizers: A function that builds the optimizer of one network from the network's name and parameters.

    Raises:
        UserError: the members use more than one process or microbatch, clip gradients, or have a network, a moving
            average or a regularizer that cannot be vectorized.
    """

    def __init__(
        self,
        members: Sequence[Trainer],
        optimizers: Callable[[str, Iterable[nn.Parameter]], Optimizer],
    ) -> None:
        first = members[0]
        _check(first)
        self.members = tuple(members)
        packing = getattr(first.algorithm, "packing", 1)
        super().__init__(
            algorithm=first.algorithm,
            networks={
                name: vectorize([m.networks[name] for m in members], name, packing if name == "D" else 1)
                for name in first.networks
            },
            optimizers=optimizers,
            batches=self._load_all,
            schedule=first.schedule,
            engine=first.engine,
            seed=first.seed,
        )
        self.microbatch_size = first.schedule.batch * len(members)
        self.step = first.step
        if self.average is not None:
            copies = [m.average.networks for m in members if m.average is not None]
            for name, live in self.average.networks.items():
                joined = vectorize([each[name] for each in copies], name)
                for tensor, own in zip(_tensors(live), _tensors(joined), strict=True):
                    tensor.data = own.data
        for name, optimizer in self.optimizers.items():
            self._join_optimizer_state(name, optimizer)

    def _load_all(self, batch_index: int, rows: int, shard: int, shards: int) -> Batch:
        """Return the interleaved batches of all members."""
        batches = [m.batches(batch_index, m.microbatch_size, shard, shards) for m in self.members]
        labels = [batch.y for batch in batches if batch.y is not None]
        if any(batch.source is not None for batch in batches):
            raise UserError(f"translation between domains cannot be vectorized; {_HINT}")
        return Batch(interleave([batch.x for batch in batches]), interleave(labels) if labels else None)

    def _streams(self, phase: Phase, repeat: int, *extra: str) -> VectorizedStream:
        rest: tuple[int | str, ...] = ("update", self.step, phase.name, repeat, *extra)
        return VectorizedStream([self._stream(m.seed, *rest, shard=0) for m in self.members])

    def _loss_terms(self, phase: Phase, repeat: int, shard: int, batch: Batch | None) -> LossDict:
        """Return the loss terms of all members, each with interleaved rows."""
        context = Context(
            step=self.step,
            steps=self.schedule.steps,
            update=self.step * phase.repeats + repeat,
            batch_size=self.microbatch_size,
            stream=self._streams(phase, repeat),
        )
        with self._random_layers(phase, repeat), self.engine.autocast():
            return phase.loss(self.networks, batch, context)

    def _random_layers(self, phase: Phase, repeat: int) -> AbstractContextManager[None]:
        return self._use_layer_stream(self._streams(phase, repeat, "layers"))

    def _backward(self, phase: Phase, repeat: int, shard: int, batch: Batch | None) -> None:
        """Backpropagate the sum of the members' losses, and log the terms of each, ``[K]``."""
        terms = self._loss_terms(phase, repeat, shard, batch)
        means = {name: self._mean_by_member(name, value) for name, value in terms.items()}
        losses = torch.stack(list(means.values())).sum(0)
        if self._checks_every_loss() and not bool(losses.detach().isfinite().all()):
            seeds = [
                m.seed for m, loss in zip(self.members, losses.tolist(), strict=True) if loss - loss != 0
            ]
            raise RunError(
                f"the loss of {phase.name} became infinite or NaN after step {self.step} with seed "
                f"{', '.join(map(str, seeds))}; {_HINT}"
            )
        losses.sum().backward()  # type: ignore[no-untyped-call]
        self.log.add({f"{phase.name}/{name}": value.detach() for name, value in means.items()})

    def _mean_by_member(self, name: str, value: Tensor) -> Tensor:
        """Return the means of a loss term over each member's rows, ``[K]``."""
        if value.dim() != 1 or len(value) % len(self.members):
            raise UserError(
                f"the loss term '{name}' cannot be vectorized: it is no number per sample; {_HINT}"
            )
        return by_member(value.float(), len(self.members)).mean(1)

    def _join_optimizer_state(self, name: str, optimizer: Optimizer) -> None:
        """Start the optimizer with the members' states, if they have any."""
        states = [list(_optimizer_states(m, name)) for m in self.members]
        for parameter, *own in zip(self.parameters[name], *states, strict=True):
            if not own[0]:
                continue
            optimizer.state[parameter] = {
                key: torch.stack([state[key] for state in own]) if _is_per_weight(value) else _copy(value)
                for key, value in own[0].items()
            }

    def synchronize(self) -> None:
        """Give each member its step, its optimizers' state, its gradients and its means of loss terms."""
        for index, member in enumerate(self.members):
            member.step = self.step
            member.log.sums = {name: value[index].clone() for name, value in self.log.sums.items()}
            member.log.counts = dict(self.log.counts)
            for name, optimizer in self.optimizers.items():
                own = member.optimizers[name]
                for group, joined in zip(own.param_groups, optimizer.param_groups, strict=True):
                    group["lr"] = joined["lr"]
                for weight, shared in zip(member.parameters[name], self.parameters[name], strict=True):
                    weight.grad = None if shared.grad is None else shared.grad[index]
                    own.state[weight] = {
                        key: value[index] if _is_per_weight(value) else _copy(value)
                        for key, value in optimizer.state[shared].items()
                    }


def _optimizer_states(trainer: Trainer, name: str) -> Iterable[Mapping[str, Any]]:
    optimizer = trainer.optimizers[name]
    return (optimizer.state.get(parameter, {}) for parameter in trainer.parameters[name])


def _is_per_weight(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dim() > 0


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _check(trainer: Trainer) -> None:
    """Raise UserError for what concerns all rows of a batch together, so that members would mix."""
    schedule = trainer.schedule
    problems = {
        "several processes": trainer.engine.world_size > 1,
        "schedule.microbatches above 1": schedule.microbatches > 1,
        "machine.compile": trainer.engine.machine.compile != "none",
        "schedule.gradient_clip": schedule.gradient_clip is not None,
        "an algorithm with a state of its own": bool(_tensors(trainer.algorithm)),
        "weights that are never updated": any(
            len(trainer.parameters[name]) != len(list(network.parameters()))
            for name, network in trainer.networks.items()
        ),
    }
    for problem, present in problems.items():
        if present:
            raise UserError(f"{problem} cannot be vectorized; {_HINT}")
