"""Train one arm of the quality benchmark in slices, in its own process, and write samples between them.

    python -m benchmarks.quality_arms ARM SEED THREADS SECONDS DATA

The process loads its data and prints a line that describes the arm. Then it reads requests from standard input, one
per line: ``{"until": 15.0, "samples": 5000, "file": PATH}``. For each it trains until its clock shows that many seconds
(``null``: to the end of its plan), writes samples to the file, and prints a line with its cost so far. The clock runs
during training only, not while the arm generates samples or waits for the others. It counts everything between data in
memory and trained networks, including building the networks, starting the loader's workers, and the short trial by
which a plan finds its number of steps.
"""

from __future__ import annotations

import contextlib
import json
import math
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from benchmarks.reference import Items, PlainLoop
from ganbench.data.base import DataInfo
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.run_hooks import Every
from ganbench.experiment.time_budget import TRIAL_SHARE, fit_to_budget
from ganbench.inference.build import ModelParts, assemble, make_dataset
from ganbench.inference.model import Model
from ganbench.recipes.base import Recipe
from ganbench.recipes.registry import find_recipe
from ganbench.training.engine import Engine
from ganbench.training.trainer import Trainer

WORKERS = 4  # of the plain loop's loader, as in the configurations of GANs-Implementations
SAMPLES_SEED = 1
_DCGAN = {
    "networks.G.width": 64,
    "networks.D.width": 64,
    "optimizers.G.lr": 2e-4,
    "optimizers.D.lr": 2e-4,
    "schedule.steps": 10**9,  # the clock ends it
}


@dataclass(frozen=True)
class Arm:
    """A recipe and how to train it.

    Attributes:
        what: description.
        recipe: name of the recipe, used with its laptop budget.
        loop: class of the training loop, called with the recipe, the seed and the seconds of training.
        changes: overrides of the recipe.
        time_share: the arm's share of the longest training time.
    """

    what: str
    recipe: str
    loop: Callable[[Recipe, int, float], Training]
    changes: dict[str, Any] = field(default_factory=dict)
    time_share: float = 1.0

    @property
    def has_plan(self) -> bool:
        """Whether a plan decides when the arm ends."""
        return self.loop is BudgetedTraining

    def recipe_for(self, data: str, threads: int) -> Recipe:
        """Return the recipe with its changes on a data set, for a number of CPU threads."""
        recipe = find_recipe(self.recipe, "laptop")
        return recipe.override(
            {"data": data, "machine.threads": threads, "machine.device": "cpu", **self.changes}
        )


class Training(Protocol):
    """A training that can pause. The constructor loads the data, :meth:`begin` builds everything else."""

    recipe: Recipe
    info: DataInfo

    @property
    def steps(self) -> int:
        """Number of G updates so far."""

    def begin(self) -> None:
        """Build networks and everything else that the first step needs."""

    def train(self, stop: Callable[[], bool]) -> None:
        """Train until ``stop()`` is true or the plan ends."""

    def model(self) -> Model:
        """Return the model in its present state, with the EMA of G if there is one."""


class PlainTraining:
    """A conventional loop that never ends by itself, without EMA and without settings of memory."""

    def __init__(self, recipe: Recipe, seed: int, seconds: float) -> None:
        self.recipe, self._seed = recipe, seed
        torch.set_num_threads(recipe.machine.threads or 1)
        self._items = Items(recipe)
        self.info, self.steps = self._items.info, 0

    def begin(self) -> None:
        """Build the networks, their optimizers and the loader."""
        torch.manual_seed(self._seed)
        self._loop = PlainLoop(self.recipe, self._items, WORKERS, self._seed)

    def train(self, stop: Callable[[], bool]) -> None:
        """Train until ``stop()`` is true."""
        while not stop():
            self._loop.train_step()
            self.steps += 1

    def model(self) -> Model:
        """Return the model with the trained networks."""
        loop = self._loop
        return Model(loop.algorithm, loop.networks, loop.latent, self.info, self.steps)


class GanbenchTraining:
    """The loop of ganbench with the recipe's learning rate, without the figures and checkpoints of a run folder."""

    def __init__(self, recipe: Recipe, seed: int, seconds: float) -> None:
        self.recipe, self._seed, self._seconds = recipe, seed, seconds
        self._process_settings = contextlib.ExitStack()  # for the rest of the process
        self.engine = self._process_settings.enter_context(Engine(recipe.machine))
        self.dataset = make_dataset(recipe)
        self.info = self.dataset.info
        self._parts: ModelParts | None = None
        self._trainer: Trainer | None = None

    def begin(self) -> None:
        """Build everything that the training needs."""
        self._parts = assemble(self.recipe, self.info, self._seed)
        self._trainer = make_trainer(self.recipe, self.dataset, self.engine, self._seed, self._parts)

    @property
    def trainer(self) -> Trainer:
        """The trainer, which :meth:`begin` builds."""
        assert self._trainer is not None, "call begin() first"
        return self._trainer

    @property
    def steps(self) -> int:
        """Number of G updates so far."""
        return self.trainer.step

    def train(self, stop: Callable[[], bool]) -> None:
        """Train until ``stop()`` is true or all steps are done; read the log as often as a run writes it."""
        self.trainer.train([Every(self.recipe.schedule.log_every, _read_log)], stop=stop)

    def model(self) -> Model:
        """Return the model with the EMA of its networks, or with the trained networks if there is no EMA."""
        parts, networks = self._parts, self.trainer.sampling_networks()
        assert parts is not None, "call begin() first"
        return Model(parts.algorithm, networks, parts.latent, self.info, self.steps)


def _read_log(trainer: Trainer) -> None:
    trainer.read_log()


class BudgetedTraining(GanbenchTraining):
    """The loop of ganbench with a plan as by ``--budget``: a trial sets the number of steps, learning rates decay."""

    def __init__(
        self, recipe: Recipe, seed: int, seconds: float, *, trial_share: float = TRIAL_SHARE
    ) -> None:
        super().__init__(recipe, seed, seconds)
        self._trial_share = trial_share

    def begin(self) -> None:
        """Run the trial, plan, and build everything that the training needs."""
        minutes = self._seconds / 60
        self.recipe, _ = fit_to_budget(
            self.recipe, minutes, self.dataset, self.engine, self._seed, trial_share=self._trial_share
        )
        super().begin()


ARMS = {
    "reference": Arm(
        "DCGAN of GANs-Implementations (width 64) in a plain loop: five D updates per G update, no EMA",
        "dcgan-cifar10",
        PlainTraining,
        {**_DCGAN, "algorithm.critic_steps": 5, "schedule.ema_half_life": None},
    ),
    "lean": Arm(
        "the same networks in our loop: one D update per G update, EMA of G; half the time",
        "dcgan-cifar10",
        GanbenchTraining,
        _DCGAN,
        time_share=0.5,
    ),
    "sndcgan": Arm("`sndcgan-cifar10`, planned for the time", "sndcgan-cifar10", BudgetedTraining),
    "sndcgan-acgan": Arm(
        "`sndcgan-acgan-cifar10`, planned for the time", "sndcgan-acgan-cifar10", BudgetedTraining
    ),
}
BASELINES, OURS = ("reference", "lean"), ("sndcgan", "sndcgan-acgan")


def processor_seconds() -> float:
    """Return the user and system CPU seconds of this process and its children, including those still alive."""
    spent = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return spent + sum(_process_seconds(child.pid) for child in multiprocessing.active_children())


def _process_seconds(pid: int | None) -> float:
    """Return the CPU seconds of a living process, or 0 if there is no ``/proc`` (only Linux has it)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Stopwatch:
    """Measures the wall and CPU seconds of the blocks inside :meth:`running`."""

    def __init__(
        self, wall: Callable[[], float] = time.perf_counter, cpu: Callable[[], float] = processor_seconds
    ) -> None:
        self._clocks, self._spent = (wall, cpu), (0.0, 0.0)
        self._since: float | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of the block."""
        start = [clock() for clock in self._clocks]
        self._since = start[0]
        try:
            yield
        finally:
            self._spent = tuple(
                s + clock() - t for s, clock, t in zip(self._spent, self._clocks, start, strict=True)
            )
            self._since = None

    @property
    def wall(self) -> float:
        """Wall seconds so far, including those of the running block."""
        return self._spent[0] + (0.0 if self._since is None else self._clocks[0]() - self._since)

    @property
    def cpu(self) -> float:
        """CPU seconds of the finished blocks."""
        return self._spent[1]


def serve(training: Training, requests: Iterable[str], watch: Stopwatch) -> Iterator[dict[str, Any]]:
    """Train and write samples as each request says, and yield the cost so far."""
    for number, line in enumerate(requests):
        request = json.loads(line)
        until = math.inf if request["until"] is None else request["until"]
        with watch.running():
            if number == 0:
                training.begin()
            training.train(lambda until=until: watch.wall >= until)  # type: ignore[misc]
        np.save(request["file"], draw_samples(training.model(), request["samples"]).numpy())
        yield {
            "seconds": round(watch.wall, 2),
            "processor_seconds": round(watch.cpu, 2),
            "steps": training.steps,
            "recipe": training.recipe.to_dict(),
        }


def draw_samples(model: Model, n: int, truncation: float | None = None) -> Tensor:
    """Return ``n`` samples in eval mode, uint8 ``[n, C, H, W]``; a conditional model cycles through its classes."""
    return model.decode(model.latents(n, SAMPLES_SEED, truncation=truncation))


def main() -> None:
    """Train the named arm as standard input requests."""
    name, seed, threads, seconds, data = sys.argv[1:]
    arm = ARMS[name]
    training = arm.loop(arm.recipe_for(data, int(threads)), int(seed), float(seconds))
    description = {
        "what": arm.what,
        "data": {"name": training.info.name, "fingerprint": training.info.fingerprint},
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(description), flush=True)
    for reply in serve(training, sys.stdin, Stopwatch()):
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
