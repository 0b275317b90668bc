"""The training loop: update networks phase by phase, average them, call the hooks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganbench.data.base import Batch
from ganbench.errors import RunError, UserError, did_you_mean
from ganbench.training.clock import Clock
from ganbench.training.ema import MovingAverage
from ganbench.training.engine import Engine
from ganbench.training.nan_origin import first_nonfinite_layer
from ganbench.training.phase import Context, LossDict, Phase, Trainable
from ganbench.training.running_means import RunningMeans
from ganbench.training.settings import Schedule
from ganbench.training.stochastic_layers import LayerRandomSource, find_stochastic_layers, use_random_source
from ganbench.utils.random_stream import RandomStream


class Batches(Protocol):
    """Real data by position: the same arguments always give the same batch."""

    def __call__(self, position: int, rows: int, shard: int, shards: int) -> Batch:
        """Return one shard, of ``rows`` rows, of the position-th global batch, on the CPU."""


class Hook(Protocol):
    """An action after some of the steps: log, sample, evaluate, save."""

    def due(self, step: int, steps: int) -> bool:
        """Whether it runs after this step."""

    def __call__(self, trainer: Trainer) -> None:
        """Run it."""


class Trainer:
    """Trains networks by the phases of an algorithm.

    A global batch is split into ``shards``: ``schedule.microbatches`` for each process. All randomness of an update
    depends only on the seed, the step and the phase, so a run resumed from :meth:`state_dict` continues identically.

    Args:
        algorithm: A Module that fulfils :class:`Trainable`.
        networks: The networks by name.
        optimizers: Builds the optimizer of a network, given its name and its parameters.
        batches: The training data.
        schedule: The length of the run, its batch size and learning rates.
        engine: The machine.
        seed: Determines all randomness.

    Raises:
        UserError: a phase updates a network that does not exist, or the batch cannot be split into equal shards.
    """

    def __init__(
        self,
        *,
        algorithm: nn.Module,
        networks: Mapping[str, nn.Module],
        optimizers: Callable[[str, Iterable[nn.Parameter]], Optimizer],
        batches: Batches,
        schedule: Schedule,
        engine: Engine,
        seed: int,
    ) -> None:
        self.engine, self.schedule, self.seed, self.batches = engine, schedule, seed, batches
        self.algorithm = engine.place(algorithm)
        self.networks = engine.place(nn.ModuleDict(networks)).train()
        self.trainable: Trainable = algorithm  # type: ignore[assignment]
        self.phases = self.trainable.phases()
        trained = dict.fromkeys(name for phase in self.phases for name in phase.updates)
        for name in trained:
            if name not in self.networks:
                raise UserError(
                    f"a phase updates the network '{name}'{did_you_mean(name, self.networks.keys())}"
                )
        self.parameters = {name: list(network.parameters()) for name, network in self.networks.items()}
        self.optimizers = {name: optimizers(name, self.networks[name].parameters()) for name in trained}
        self.learning_rates = {n: [g["lr"] for g in o.param_groups] for n, o in self.optimizers.items()}
        self.stochastic_layers = find_stochastic_layers(self.networks)
        self.average = self._build_average()
        self.shards = engine.world_size * schedule.microbatches
        if schedule.batch % self.shards:
            raise UserError(
                f"schedule.batch={schedule.batch} cannot be divided among {engine.world_size} processes "
                f"with {schedule.microbatches} microbatches each"
            )
        self.microbatch_size = schedule.batch // self.shards
        self.batches_per_step = sum(p.repeats for p in self.phases if p.reads_data)
        self.step, self.log, self.clock = 0, RunningMeans(), Clock()
        self.images_at_start = 0  # of this process, which may have resumed the run
        self.nan_origin = ""  # of the first non-finite loss
        self._set_learning_rates()  # raises for an invalid schedule before the first step

    def _build_average(self) -> MovingAverage | None:
        if self.schedule.ema_half_life is None:
            return None
        half_life, ramp = self.schedule.ema_half_life, self.schedule.ema_ramp
        return MovingAverage(self.networks, self.trainable.averaged, half_life, ramp)

    @property
    def images(self) -> int:
        """How many real images have been processed, counting one batch per step."""
        return self.step * self.schedule.batch

    @property
    def finished(self) -> bool:
        """Whether all planned steps are done."""
        return self.step >= self.schedule.steps

    def train(self, hooks: Iterable[Hook] = (), stop: Callable[[], bool] = lambda: False) -> bool:
        """Run steps until the end of the schedule (returns True) or until ``stop()`` in any process (returns False)."""
        hooks = list(hooks)
        self.clock.take()
        self.images_at_start = self.images
        with self.engine.fork_random_state():
            while not self.finished:
                self.train_step()
                for hook in hooks:
                    if hook.due(self.step, self.schedule.steps):
                        with self.clock.section("hooks"):
                            hook(self)
                if self.engine.any(stop()):
                    return self.finished
        return True

    def train_step(self) -> None:
        """Run one step: every phase with its repeats, the algorithm's ``after_step``, then the moving average."""
        self._set_learning_rates()
        position = self.step * self.batches_per_step
        for phase in self.phases:
            self._freeze_all_but(phase)
            for repeat in range(phase.repeats):
                self._update(phase, repeat, position)
                position += phase.reads_data
        self.trainable.after_step(self.networks, self.step)
        self.log.add(self.trainable.extra_scalars())
        self.step += 1
        if self.average is not None:
            with self.clock.section("average"):
                self.average.update(self.images, self.schedule.batch)

    def _update(self, phase: Phase, repeat: int, position: int) -> None:
        """Run one update of a phase on the global batch at ``position``, microbatch by microbatch."""
        for name in phase.updates:
            self.optimizers[name].zero_grad(set_to_none=True)
        for microbatch in range(self.schedule.microbatches):
            shard = self.engine.rank * self.schedule.microbatches + microbatch
            with self.clock.section("data"):
                batch = self._batch(position, shard) if phase.reads_data else None
            with self.clock.section(phase.name):
                self._backward(phase, repeat, shard, batch)
        self.engine.reduce_gradients(p for name in phase.updates for p in self.parameters[name])
        self.engine.average(self.algorithm.buffers())
        with self.clock.section("optimizer"):
            for name in phase.updates:
                if self.schedule.gradient_clip is not None:
                    nn.utils.clip_grad_norm_(self.parameters[name], self.schedule.gradient_clip)
                self.optimizers[name].step()
            if phase.post_step is not None:
                phase.post_step(self.networks)

    def _backward(self, phase: Phase, repeat: int, shard: int, batch: Batch | None) -> None:
        """Add the gradients of one microbatch, and log its loss terms."""
        terms = self._loss_terms(phase, repeat, shard, batch)
        means = {name: value.float().mean() for name, value in terms.items()}
        loss = torch.stack(list(means.values())).sum() if len(means) > 1 else next(iter(means.values()))
        if self._checks_every_loss() and not math.isfinite(float(loss.detach())):
            self.nan_origin = first_nonfinite_layer(
                self.networks, lambda: self._loss_terms(phase, repeat, shard, batch)
            )
        (loss / self.schedule.microbatches).backward()  # type: ignore[no-untyped-call]
        self.log.add({f"{phase.name}/{name}": value.detach() for name, value in means.items()})

    def _checks_every_loss(self) -> bool:
        """Whether to check each loss for NaN; not on a GPU, where it would synchronize, nor in several processes."""
        return not self.nan_origin and self.engine.device.type == "cpu" and self.engine.world_size == 1

    def _loss_terms(self, phase: Phase, repeat: int, shard: int, batch: Batch | None) -> LossDict:
        key = (self.seed, "update", self.step, phase.name, repeat)
        self.engine.seed_layers(*key, shard)
        context = Context(
            step=self.step,
            steps=self.schedule.steps,
            update=self.step * phase.repeats + repeat,
            batch_size=self.microbatch_size,
            stream=self._stream(*key, shard=shard),
        )
        with self._layer_randomness(*key, shard=shard), self.engine.autocast():
            return phase.loss(self.networks, batch, context)

    def _layer_randomness(self, *key: int | str, shard: int) -> AbstractContextManager[None]:
        if not self.stochastic_layers:
            return nullcontext()
        source = LayerRandomSource(self._stream(*key, "layers", shard=shard), self.microbatch_size)
        return use_random_source(source, self.stochastic_layers)

    def _stream(self, *key: int | str, shard: int) -> RandomStream:
        return RandomStream(*key, shard=shard, shards=self.shards, device=self.engine.device)

    def _batch(self, position: int, shard: int) -> Batch:
        return self.engine.place_batch(self.batches(position, self.microbatch_size, shard, self.shards))

    def _freeze_all_but(self, phase: Phase) -> None:
        for name, parameters in self.parameters.items():
            requires_grad = name in phase.updates or name in phase.keep_graph_for
            for parameter in parameters:
                parameter.requires_grad = requires_grad

    def _set_learning_rates(self) -> None:
        factor = self.schedule.learning_rate_at(self.step)
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.learning_rates[name], strict=True):
                group["lr"] = rate * factor

    def read_log(self) -> dict[str, float]:
        """Return the mean of every loss term since the last call, over all processes.

        Raises:
            RunError: a mean is not finite; the message names the term.
        """
        means = self.log.take(self.engine.mean)
        self.check_finite(means)
        return means

    def check_finite(self, means: Mapping[str, float] | None = None) -> None:
        """Raise RunError if a mean is not finite; by default, of the terms since the last :meth:`read_log`."""
        for name, value in (self.log.peek() if means is None else means).items():
            if not math.isfinite(value):
                origin = self.nan_origin or first_nonfinite_layer(self.networks)
                where = f", starting in {origin}" if origin else ""
                raise RunError(
                    f"'{name}' became {value} by step {self.step}: the run diverged{where}; "
                    "a smaller learning rate or a stronger penalty may help"
                )

    def sampling_networks(self) -> nn.ModuleDict:
        """Return the networks with their moving averages in place of the live ones, if there are any."""
        if self.average is None:
            return self.networks
        return nn.ModuleDict({**dict(self.networks.items()), **dict(self.average.networks.items())})

    def state_dict(self) -> dict[str, Any]:
        """Return everything that later steps depend on; to be called in all processes at once."""
        return {
            "step": self.step,
            "networks": self.networks.state_dict(),
            "average": {} if self.average is None else self.average.networks.state_dict(),
            "algorithm": self.algorithm.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "log": self.log.state_dict(self.engine.mean),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state_dict` returned."""
        self.step = state["step"]
        self.networks.load_state_dict(state["networks"])
        if self.average is not None:
            self.average.networks.load_state_dict(state["average"])
        self.algorithm.load_state_dict(state["algorithm"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
            _match_layout(optimizer)
        self.log.load_state_dict(state["log"], self.engine.device)


def _match_layout(optimizer: Optimizer) -> None:
    """Give loaded moments the memory layout of their parameters, as fused kernels expect."""
    for parameter, moments in optimizer.state.items():
        for name, value in moments.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                moments[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
