"""The one loop: ask the algorithm for phases, update what they move, average, call the hooks."""

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
from ganbench.training.stochastic_layers import LayerDraws, drawing_from, drawing_layers
from ganbench.utils.random_stream import RandomStream


class Batches(Protocol):
    """Real data by position: the same position and key give the same batch."""

    def __call__(self, position: int, rows: int, part: int, parts: int) -> Batch:
        """Return this part's ``rows`` rows of the position-th global batch, on the CPU."""


class Hook(Protocol):
    """Something that happens after some steps: log, sample, evaluate, save."""

    def due(self, step: int, steps: int) -> bool:
        """Whether it happens after this step."""

    def __call__(self, trainer: Trainer) -> None:
        """Do it."""


class Trainer:
    """Trains networks by an algorithm's phases; its whole state is in :meth:`state_dict`.

    Raises:
        UserError: the parts do not fit together.
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
        trainable: Trainable = algorithm  # type: ignore[assignment]
        self.trainable = trainable
        self.phases = trainable.phases()
        moving = dict.fromkeys(name for phase in self.phases for name in phase.updates)
        for name in moving:
            if name not in self.networks:
                raise UserError(
                    f"a phase moves the network '{name}'{did_you_mean(name, self.networks.keys())}"
                )
        self.weights = {name: list(network.parameters()) for name, network in self.networks.items()}
        self.optimizers = {name: optimizers(name, self.networks[name].parameters()) for name in moving}
        self.rates = {n: [g["lr"] for g in o.param_groups] for n, o in self.optimizers.items()}
        self.random_layers = drawing_layers(self.networks)
        self.average = self._average()
        self.parts = engine.world_size * schedule.microbatches
        if schedule.batch % self.parts:
            raise UserError(
                f"schedule.batch={schedule.batch} cannot be divided among {engine.world_size} processes "
                f"with {schedule.microbatches} microbatches each"
            )
        self.rows = schedule.batch // self.parts
        self.reads_per_step = sum(p.repeats for p in self.phases if p.reads_data)
        self.step, self.log, self.clock = 0, RunningMeans(), Clock()
        self.first_images = 0
        self.nan_origin = ""  # where the first loss that was not finite came from
        self._set_rates()  # refuses a schedule that cannot be, before the first step

    def _average(self) -> MovingAverage | None:
        if self.schedule.ema_half_life is None:
            return None
        half_life, ramp = self.schedule.ema_half_life, self.schedule.ema_ramp
        return MovingAverage(self.networks, self.trainable.averaged, half_life, ramp)

    @property
    def images(self) -> int:
        """How many images a network of the first phase has been shown: steps times the global batch."""
        return self.step * self.schedule.batch

    @property
    def finished(self) -> bool:
        """Whether all planned steps are done."""
        return self.step >= self.schedule.steps

    def train(self, hooks: Iterable[Hook] = (), stop: Callable[[], bool] = lambda: False) -> bool:
        """Run steps until the schedule's end (returns True) or until ``stop()`` (returns False)."""
        hooks = list(hooks)
        self.clock.take()
        self.first_images = self.images
        with self.engine.own_randomness():
            while not self.finished:
                self.advance()
                for hook in hooks:
                    if hook.due(self.step, self.schedule.steps):
                        with self.clock.section("hooks"):
                            hook(self)
                if self.engine.any(stop()):
                    return self.finished
        return True

    def advance(self) -> None:
        """Do one step: every phase with its repeats, then what follows a step, then the average."""
        self._set_rates()
        position = self.step * self.reads_per_step
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
        for name in phase.updates:
            self.optimizers[name].zero_grad(set_to_none=True)
        for micro in range(self.schedule.microbatches):
            part = self.engine.rank * self.schedule.microbatches + micro
            with self.clock.section("data"):
                batch = self._batch(position, part) if phase.reads_data else None
            with self.clock.section(phase.name):
                self._backward(phase, repeat, part, batch)
        self.engine.reduce_gradients(p for name in phase.updates for p in self.weights[name])
        self.engine.average(self.algorithm.buffers())
        with self.clock.section("optimizer"):
            for name in phase.updates:
                if self.schedule.gradient_clip is not None:
                    nn.utils.clip_grad_norm_(self.weights[name], self.schedule.gradient_clip)
                self.optimizers[name].step()
            if phase.post_step is not None:
                phase.post_step(self.networks)

    def _backward(self, phase: Phase, repeat: int, part: int, batch: Batch | None) -> None:
        terms = self._terms(phase, repeat, part, batch)
        means = {name: value.float().mean() for name, value in terms.items()}
        loss = torch.stack(list(means.values())).sum() if len(means) > 1 else next(iter(means.values()))
        if self._looks_for_origin() and not math.isfinite(float(loss.detach())):
            self.nan_origin = first_nonfinite_layer(
                self.networks, lambda: self._terms(phase, repeat, part, batch)
            )
        (loss / self.schedule.microbatches).backward()  # type: ignore[no-untyped-call]
        self.log.add({f"{phase.name}/{name}": value.detach() for name, value in means.items()})

    def _looks_for_origin(self) -> bool:
        """Whether a loss is looked at at once. A GPU would be waited for, and another process has other rows."""
        return not self.nan_origin and self.engine.device.type == "cpu" and self.engine.world_size == 1

    def _terms(self, phase: Phase, repeat: int, part: int, batch: Batch | None) -> LossDict:
        key = (self.seed, "update", self.step, phase.name, repeat)
        draws = RandomStream(*key, part=part, parts=self.parts, device=self.engine.device)
        self.engine.seed_layers(*key, part)
        update = self.step * phase.repeats + repeat
        context = Context(self.step, self.schedule.steps, update, self.rows, draws)
        with self._drawing(*key, part=part), self.engine.autocast():
            return phase.loss(self.networks, batch, context)

    def _drawing(self, *key: int | str, part: int) -> AbstractContextManager[None]:
        if not self.random_layers:
            return nullcontext()
        draws = RandomStream(*key, "layers", part=part, parts=self.parts, device=self.engine.device)
        return drawing_from(LayerDraws(draws, self.rows), self.random_layers)

    def _batch(self, position: int, part: int) -> Batch:
        return self.engine.place_batch(self.batches(position, self.rows, part, self.parts))

    def _freeze_all_but(self, phase: Phase) -> None:
        for name, weights in self.weights.items():
            needed = name in phase.updates or name in phase.keep_graph_for
            for weight in weights:
                weight.requires_grad = needed

    def _set_rates(self) -> None:
        factor = self.schedule.learning_rate_at(self.step)
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.rates[name], strict=True):
                group["lr"] = rate * factor

    def read_log(self) -> dict[str, float]:
        """Return the mean of every term since the last reading, over all processes.

        Raises:
            RunError: a term is not a finite number; the message names it.
        """
        means = self.log.take(self.engine.mean)
        self.refuse_infinite(means)
        return means

    def refuse_infinite(self, means: Mapping[str, float] | None = None) -> None:
        """Raise a RunError if a term since the last reading (or one of ``means``) is not a finite number."""
        for name, value in (self.log.peek() if means is None else means).items():
            if not math.isfinite(value):
                began = self.nan_origin or first_nonfinite_layer(self.networks)
                where = f", and it began in {began}" if began else ""
                raise RunError(
                    f"'{name}' became {value} by step {self.step}: the run diverged{where}; "
                    "a smaller learning rate or a stronger penalty may help"
                )

    def generators(self) -> nn.ModuleDict:
        """Return the networks to sample from: the averaged copies where there are any, else the live ones."""
        if self.average is None:
            return self.networks
        return nn.ModuleDict({**dict(self.networks.items()), **dict(self.average.networks.items())})

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a later step depends on; all processes must ask together."""
        return {
            "step": self.step,
            "networks": self.networks.state_dict(),
            "average": {} if self.average is None else self.average.networks.state_dict(),
            "algorithm": self.algorithm.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "log": self.log.state_dict(self.engine.mean),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""
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
    """Give loaded moments the memory layout of their weights, which fused kernels take for granted."""
    for parameter, moments in optimizer.state.items():
        for name, value in moments.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                moments[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
