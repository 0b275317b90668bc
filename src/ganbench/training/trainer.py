"""The training loop: in each step, run the phases of the algorithm, update the EMA of the weights, call the hooks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from torch import nn
from torch.optim import Optimizer

from ganbench.data.base import Batch
from ganbench.errors import RunError, UserError, did_you_mean
from ganbench.training.clock import Clock
from ganbench.training.ema import MovingAverage
from ganbench.training.engine import Engine
from ganbench.training.nan_origin import first_nonfinite_layer
from ganbench.training.optimizer_state import match_memory_format
from ganbench.training.phase import Context, LossDict, Phase, Trainable
from ganbench.training.running_means import RunningMeans
from ganbench.training.settings import Schedule
from ganbench.training.stochastic_layers import LayerRandomSource, find_stochastic_layers, use_random_source
from ganbench.utils.random_stream import RandomStream


class Batches(Protocol):
    """Loads batches of real data: shards of global batches. The same arguments always give the same batch."""

    def __call__(self, batch_index: int, rows: int, shard: int, shards: int) -> Batch:
        """Return shard number ``shard`` (from 0) of ``shards`` shards, each of ``rows`` samples, on the CPU.

        ``batch_index`` is the index of the global batch, counted from the start of the run.
        """


class Hook(Protocol):
    """A callback that runs after some of the steps, for example to log, sample, evaluate or save."""

    def due(self, step: int, steps: int) -> bool:
        """Whether to call the hook when ``step`` of ``steps`` steps are finished."""

    def __call__(self, trainer: Trainer) -> None:
        """Run the hook."""


class Trainer:
    """Trains networks by the phases of an algorithm.

    A step runs every phase, and each phase updates some of the networks. A global batch is split into equal shards,
    ``schedule.microbatches`` for each process, and gradients are averaged over them. All randomness of an update
    depends only on the seed, the step and the phase, so a run resumed from :meth:`state_dict` continues identically.

    Args:
        algorithm: A Module that implements :class:`Trainable`.
        networks: The networks by name, such as "G" and "D".
        optimizers: A function that builds the optimizer of one network from the network's name and parameters.
        batches: Loads the training data.
        schedule: The length of the run, its batch size and learning rates.
        engine: The device, precision and processes to train with.
        seed: Determines all randomness.
        frozen: Weights of the networks that are never updated.

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
        frozen: Iterable[nn.Parameter] = (),
    ) -> None:
        self.engine, self.schedule, self.seed, self.batches = engine, schedule, seed, batches
        self.algorithm = engine.place(algorithm)
        self.networks = engine.place(nn.ModuleDict(networks)).train()
        self.trainable: Trainable = algorithm  # type: ignore[assignment]  # same object, typed for training
        self.phases = self.trainable.phases()
        updated_names = dict.fromkeys(name for phase in self.phases for name in phase.updates)
        for name in (*updated_names, *schedule.clipped_networks):
            if name not in self.networks:
                source = "a phase updates" if name in updated_names else "schedule.clipped_networks names"
                raise UserError(f"{source} the network '{name}'{did_you_mean(name, self.networks.keys())}")
        fixed = {id(p.requires_grad_(False)) for p in frozen}
        self.parameters = {
            k: [p for p in n.parameters() if id(p) not in fixed] for k, n in self.networks.items()
        }
        self.optimizers = {name: optimizers(name, self.parameters[name]) for name in updated_names}
        self.base_learning_rates = {
            name: [group["lr"] for group in optimizer.param_groups]
            for name, optimizer in self.optimizers.items()
        }
        self.stochastic_layers = find_stochastic_layers(self.networks)
        self.average = self._build_average()
        self.shards = engine.world_size * schedule.microbatches
        if schedule.batch % self.shards:
            raise UserError(
                f"schedule.batch={schedule.batch} cannot be divided among {engine.world_size} processes "
                f"with {schedule.microbatches} microbatches each"
            )
        self.microbatch_size = schedule.batch // self.shards
        self.batches_per_step = sum(phase.repeats for phase in self.phases if phase.reads_data)
        self.step, self.clock = 0, Clock()
        self.log = RunningMeans()  # of loss terms, since the last `read_log`
        self.images_at_start = 0  # the value of `images` when `train` was called; above 0 in a resumed run
        self.nan_origin = ""  # what made a loss non-finite, in words; empty if unknown or all are finite
        self._set_learning_rates()  # raises for an invalid schedule before the first step

    def _build_average(self) -> MovingAverage | None:
        if self.schedule.ema_half_life is None:
            return None
        average = self.schedule.ema_half_life, self.schedule.ema_ramp
        return MovingAverage(self.networks, self.trainable.averaged, *average)

    @property
    def images(self) -> int:
        """The number of real images seen, counted as one batch per step."""
        return self.step * self.schedule.batch

    @property
    def finished(self) -> bool:
        """Whether all planned steps are done."""
        return self.step >= self.schedule.steps

    def train(self, hooks: Iterable[Hook] = (), stop: Callable[[], bool] = lambda: False) -> bool:
        """Run steps until the schedule ends, or ``stop()`` is true in any process. Hooks run after each step.

        Returns:
            Whether the schedule has ended.
        """
        hooks = list(hooks)
        self.clock.take()  # reset
        self.images_at_start = self.images
        with self.engine.fork_random_state():  # each update seeds torch's global generators
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
        """Run one step: every phase with its repeats, the algorithm's ``after_step``, then the EMA update."""
        self._set_learning_rates()
        batch_index = self.step * self.batches_per_step
        for phase in self.phases:
            self._set_requires_grad(phase)
            for repeat in range(phase.repeats):
                self._update(phase, repeat, batch_index)
                batch_index += phase.reads_data  # the next update reads a new batch
        self.trainable.after_step(self.networks, self.step)
        self.log.add(self.trainable.extra_scalars())
        self.step += 1
        if self.average is not None:
            with self.clock.section("average"):
                self.average.update(self.images, self.schedule.batch)

    def _update(self, phase: Phase, repeat: int, batch_index: int) -> None:
        """Run one update of a phase; if it reads data, on the global batch ``batch_index``."""
        for name in phase.updates:
            self.optimizers[name].zero_grad(set_to_none=True)
        for microbatch in range(self.schedule.microbatches):
            shard = self.engine.rank * self.schedule.microbatches + microbatch
            with self.clock.section("data"):
                batch = self._load_batch(batch_index, shard) if phase.reads_data else None
            with self.clock.section(phase.name):
                self._backward(phase, repeat, shard, batch)
        self.engine.reduce_gradients(p for name in phase.updates for p in self.parameters[name])
        self.engine.average(self.algorithm.buffers())  # over processes, like the gradients
        with self.clock.section("optimizer"):
            for name in phase.updates:
                if (limit := self.schedule.gradient_limit(name)) is not None:
                    nn.utils.clip_grad_norm_(self.parameters[name], limit)
                self.optimizers[name].step()
            if phase.post_step is not None:
                phase.post_step(self.networks)

    def _backward(self, phase: Phase, repeat: int, shard: int, batch: Batch | None) -> None:
        """Backpropagate the loss of one microbatch, and log its terms."""
        terms = self._loss_terms(phase, repeat, shard, batch)
        means = {name: value.float().mean() for name, value in terms.items()}
        loss = torch.stack(list(means.values())).sum() if len(means) > 1 else next(iter(means.values()))
        if self._checks_every_loss() and not math.isfinite(float(loss.detach())):
            self.nan_origin = first_nonfinite_layer(
                self.networks, forward=lambda: self._loss_terms(phase, repeat, shard, batch)
            )
        (loss / self.schedule.microbatches).backward()  # type: ignore[no-untyped-call]
        self.log.add({f"{phase.name}/{name}": value.detach() for name, value in means.items()})

    def _checks_every_loss(self) -> bool:
        """Whether to check each loss for NaN, until one is found.

        Losses are not checked on a GPU, where reading them would wait for it, nor with several processes.
        """
        return not self.nan_origin and self.engine.device.type == "cpu" and self.engine.world_size == 1

    def _loss_terms(self, phase: Phase, repeat: int, shard: int, batch: Batch | None) -> LossDict:
        """Run the phase's forward passes on one microbatch; return its loss terms, each ``[N]`` or a scalar."""
        key = (self.seed, "update", self.step, phase.name, repeat)
        self.engine.seed_layers(*key, shard)  # for layers that use torch's global generators
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
        """Make the random numbers of stochastic layers independent of how the global batch is sharded."""
        if not self.stochastic_layers:
            return nullcontext()
        return self._use_layer_stream(self._stream(*key, "layers", shard=shard))

    def _use_layer_stream(self, stream: RandomStream) -> AbstractContextManager[None]:
        """Let stochastic layers take their random numbers from the stream."""
        source = LayerRandomSource(stream, self.microbatch_size)
        return use_random_source(source, self.stochastic_layers)

    def _stream(self, *key: int | str, shard: int) -> RandomStream:
        """Return a random stream for one shard, determined by the key."""
        return RandomStream(*key, shard=shard, shards=self.shards, device=self.engine.device)

    def _load_batch(self, batch_index: int, shard: int) -> Batch:
        return self.engine.place_batch(self.batches(batch_index, self.microbatch_size, shard, self.shards))

    def _set_requires_grad(self, phase: Phase) -> None:
        """Freeze the networks that the phase neither updates nor keeps a graph for."""
        for name, parameters in self.parameters.items():
            requires_grad = name in phase.updates or name in phase.keep_graph_for
            for parameter in parameters:
                parameter.requires_grad = requires_grad

    def _set_learning_rates(self) -> None:
        factor = self.schedule.learning_rate_at(self.step)
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.base_learning_rates[name], strict=True):
                group["lr"] = rate * factor

    def read_log(self) -> dict[str, float]:
        """Return the mean of every loss term since the last call, over all processes, and reset the means.

        Raises:
            RunError: a mean is not finite; the message names the term.
        """
        means = self.log.take(self.engine.mean)
        self.check_finite(means)
        return means

    def check_finite(self, means: Mapping[str, float] | None = None) -> None:
        """Raise RunError if a mean is not finite; by default, check the means since the last :meth:`read_log`."""
        for name, value in (self.log.peek() if means is None else means).items():
            if not math.isfinite(value):
                origin = self.nan_origin or first_nonfinite_layer(self.networks)
                where = f", starting in {origin}" if origin else ""
                raise RunError(
                    f"'{name}' became {value} by step {self.step}: the run diverged{where}; "
                    "a smaller learning rate or a stronger penalty may help"
                )

    def sampling_networks(self) -> nn.ModuleDict:
        """Return the networks to sample from: the averaged copy of a network if there is one, else the live network."""
        if self.average is None:
            return self.networks
        return nn.ModuleDict({**dict(self.networks.items()), **dict(self.average.networks.items())})

    def state_dict(self) -> dict[str, Any]:
        """Return everything that later steps depend on. All processes must call it together."""
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
            match_memory_format(optimizer)
        self.log.load_state_dict(state["log"], self.engine.device)
