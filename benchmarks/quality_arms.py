"""One arm of the benchmark of quality: it trains in slices, in a process of its own, and hands out its samples.

    python -m benchmarks.quality_arms ARM SEED THREADS SECONDS DATA

When its data are read, it says so. Then each line of standard input,
``{"until": 15.0, "samples": 5000, "file": PATH}``, has it train until its own clock of training is there (``null``: to
the end of its plan), write samples, and answer with a line of what was spent so far. The clock runs in these slices
only: while an arm makes samples, or waits for the others, it stands still. It counts what is between data in memory
and trained networks: making the networks, starting the loader's processes, and the short trial by which a plan finds
its number of steps.
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

WORKERS = 4  # of the plain loop's loader, as in the reference system's own configurations
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
    """What is trained: a recipe at laptop size with changes, for a share of the longest time, by which loop."""

    what: str
    recipe: str
    loop: Callable[[Recipe, int, float], Training]
    changes: dict[str, Any] = field(default_factory=dict)
    share: float = 1.0

    @property
    def planned(self) -> bool:
        """Whether it has an end of its own, by its plan."""
        return self.loop is Planned

    def resolved(self, data: str, threads: int) -> Recipe:
        """Return the recipe on that data set and so many threads."""
        recipe = find_recipe(self.recipe, "laptop")
        return recipe.override(
            {"data": data, "machine.threads": threads, "machine.device": "cpu", **self.changes}
        )


class Training(Protocol):
    """A training that can stand still. Its data are read when it is made, all else is made by :meth:`begin`."""

    recipe: Recipe
    info: DataInfo

    @property
    def steps(self) -> int:
        """How many updates of G were done."""

    def begin(self) -> None:
        """Make networks and whatever else the first step needs."""

    def train(self, over: Callable[[], bool]) -> None:
        """Do steps until ``over()`` or the end of the plan."""

    def model(self) -> Model:
        """Return what samples as it is now, the averaged G where there is one."""


class Plain:
    """The loop as it is usually written, without an end of its own, a moving average or any setting of memory."""

    def __init__(self, recipe: Recipe, seed: int, seconds: float) -> None:
        self.recipe, self._seed = recipe, seed
        torch.set_num_threads(recipe.machine.threads or 1)
        self._items = Items(recipe)
        self.info, self.steps = self._items.info, 0

    def begin(self) -> None:
        """Make the networks, their optimizers and the loader."""
        torch.manual_seed(self._seed)
        self._loop = PlainLoop(self.recipe, self._items, WORKERS, self._seed)

    def train(self, over: Callable[[], bool]) -> None:
        """Do steps until ``over()``."""
        while not over():
            self._loop.train_step()
            self.steps += 1

    def model(self) -> Model:
        """Return the live networks."""
        loop = self._loop
        return Model(loop.algorithm, loop.networks, loop.latent, self.info, self.steps)


class Lean:
    """ganbench's own loop at the recipe's rate, without the pictures and checkpoints of a run folder."""

    def __init__(self, recipe: Recipe, seed: int, seconds: float) -> None:
        self.recipe, self._seed, self._seconds = recipe, seed, seconds
        self.engine = Engine(recipe.machine)
        self.dataset = make_dataset(recipe)
        self.info = self.dataset.info
        self._parts: ModelParts | None = None
        self._trainer: Trainer | None = None

    def begin(self) -> None:
        """Make all that the run needs."""
        self._parts = assemble(self.recipe, self.info, self._seed)
        self._trainer = make_trainer(self.recipe, self.dataset, self.engine, self._seed, self._parts)

    @property
    def trainer(self) -> Trainer:
        """The trainer, when it has begun."""
        assert self._trainer is not None, "begin() comes first"
        return self._trainer

    @property
    def steps(self) -> int:
        """How many updates of G were done."""
        return self.trainer.step

    def train(self, over: Callable[[], bool]) -> None:
        """Do steps, and read the log as often as a run writes it."""
        self.trainer.train([Every(self.recipe.schedule.log_every, _read_log)], stop=over)

    def model(self) -> Model:
        """Return the averaged networks, or the live ones where no average is kept."""
        parts, networks = self._parts, self.trainer.sampling_networks()
        assert parts is not None, "begin() comes first"
        return Model(parts.algorithm, networks, parts.latent, self.info, self.steps)


def _read_log(trainer: Trainer) -> None:
    trainer.read_log()


class Planned(Lean):
    """The same by a plan for the seconds it has, as ``--budget`` makes it: steps by a trial, rates that fall."""

    def __init__(self, recipe: Recipe, seed: int, seconds: float, *, tried: float = TRIAL_SHARE) -> None:
        super().__init__(recipe, seed, seconds)
        self._tried = tried

    def begin(self) -> None:
        """Try a few steps, plan, and make all that the run needs."""
        minutes = self._seconds / 60
        self.recipe, _ = fit_to_budget(
            self.recipe, minutes, self.dataset, self.engine, self._seed, trial_share=self._tried
        )
        super().begin()


ARMS = {
    "reference": Arm(
        "plain loop, five D updates to one of G, no average (the reference system's DCGAN, width 64)",
        "dcgan-cifar10",
        Plain,
        {**_DCGAN, "algorithm.critic_steps": 5, "schedule.ema_half_life": None},
    ),
    "lean": Arm(
        "the same networks in our loop, one D update to one of G, an average of G; half the time",
        "dcgan-cifar10",
        Lean,
        _DCGAN,
        share=0.5,
    ),
    "sndcgan": Arm("`sndcgan-cifar10`, planned for the time", "sndcgan-cifar10", Planned),
    "sndcgan-acgan": Arm("`sndcgan-acgan-cifar10`, planned for the time", "sndcgan-acgan-cifar10", Planned),
}
BARS, OURS = ("reference", "lean"), ("sndcgan", "sndcgan-acgan")


def processor_seconds() -> float:
    """Return what this process and its children, those still alive too, have had of the processor, user and system."""
    spent = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return spent + sum(_of_process(child.pid) for child in multiprocessing.active_children())


def _of_process(pid: int | None) -> float:
    """Return a living process's processor seconds, 0 where the system does not tell (it does on Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Stopwatch:
    """Wall and processor seconds of the blocks that it ran through."""

    def __init__(
        self, wall: Callable[[], float] = time.perf_counter, cpu: Callable[[], float] = processor_seconds
    ) -> None:
        self._clocks, self._spent = (wall, cpu), (0.0, 0.0)
        self._since: float | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of the block."""
        began = [clock() for clock in self._clocks]
        self._since = began[0]
        try:
            yield
        finally:
            self._spent = tuple(
                s + clock() - b for s, clock, b in zip(self._spent, self._clocks, began, strict=True)
            )
            self._since = None

    @property
    def wall(self) -> float:
        """Wall seconds so far, the running block's too."""
        return self._spent[0] + (0.0 if self._since is None else self._clocks[0]() - self._since)

    @property
    def cpu(self) -> float:
        """Processor seconds of the blocks that have ended."""
        return self._spent[1]


def answers(training: Training, commands: Iterable[str], watch: Stopwatch) -> Iterator[dict[str, Any]]:
    """Do what each command asks, and yield what was spent so far."""
    for number, line in enumerate(commands):
        asked = json.loads(line)
        until = math.inf if asked["until"] is None else asked["until"]
        with watch.running():
            if number == 0:
                training.begin()
            training.train(lambda until=until: watch.wall >= until)  # type: ignore[misc]
        np.save(asked["file"], samples_of(training.model(), asked["samples"]).numpy())
        yield {
            "seconds": round(watch.wall, 2),
            "processor_seconds": round(watch.cpu, 2),
            "steps": training.steps,
            "recipe": training.recipe.to_dict(),
        }


def samples_of(model: Model, n: int, truncation: float | None = None) -> Tensor:
    """Return ``n`` samples, uint8 ``[n, C, H, W]``, in eval mode; a model of classes makes each in turn."""
    return model.decode(model.latents(n, SAMPLES_SEED, truncation=truncation))


def main() -> None:
    """Train the arm that is named as standard input asks."""
    name, seed, threads, seconds, data = sys.argv[1:]
    arm = ARMS[name]
    training = arm.loop(arm.resolved(data, int(threads)), int(seed), float(seconds))
    told = {
        "what": arm.what,
        "data": {"name": training.info.name, "fingerprint": training.info.fingerprint},
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(told), flush=True)
    for answer in answers(training, sys.stdin, Stopwatch()):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
