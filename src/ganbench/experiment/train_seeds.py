"""Train several seeds of a recipe in one process, each in a run folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from torch import nn
from torch.optim import Optimizer

from ganbench.data.base import Dataset
from ganbench.data.python_data import with_stored_data
from ganbench.errors import RunError, Stopped, UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.closing import close_run
from ganbench.experiment.misfit import explain_misfit
from ganbench.experiment.new_run import run_metadata
from ganbench.experiment.resolve_recipe import resolve_recipe
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.session import Session, build_parts
from ganbench.experiment.stop import StopRequest
from ganbench.experiment.trackers.mirror import Mirror
from ganbench.inference.build import load_pretrained_weights, make_dataset
from ganbench.recipes.base import Budget, Recipe
from ganbench.runs.run import Run
from ganbench.training.clock import Clock
from ganbench.training.engine import Engine
from ganbench.training.trainer import Hook
from ganbench.training.vectorized.check import require_separate_seeds
from ganbench.training.vectorized.trainer import VectorizedTrainer
from ganbench.utils.console import Console, SilentConsole
from ganbench.utils.whole_number import whole_number


def train_seeds(
    recipe: str | Recipe,
    seeds: Sequence[int],
    *,
    out: str | Path | None = None,
    budget: Budget | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    console: Console | None = None,
    trusted: Collection[str] = (),
) -> list[Run]:
    """Train a recipe of fully connected networks with several seeds at once; each seed gets the run that it gets alone.

    The networks of all seeds are computed in batched products, which saves time where single ones are small. Each run
    equals the one of its seed alone within rounding, and resumes like it.

    Args:
        recipe: A name, a YAML or JSON file, ``file.py:function``, or a Recipe.
        seeds: The seeds, two or more.
        out: The start of the run folders' path, to which ``-seedN`` is appended; default ``runs/NAME``.
        budget: The size of the recipe: "laptop", "hour" or "reference" (the default).
        overrides: New values by dotted key.
        console: Receives progress, notes and warnings; default: nothing is printed.
        trusted: Names of Python modules outside ganbench whose code the recipe may run.

    Returns:
        The finished runs, in the order of the seeds.

    Raises:
        UserError: an argument is wrong, or the recipe cannot be vectorized; no folder is created.
        RunError: training failed; checkpoints are intact.
        Stopped: a signal asked the runs to stop; checkpoints are saved.

    Example:
        >>> from ganbench.experiment.train_seeds import train_seeds
        >>> runs = train_seeds(
        ...     "gan-ring8", [0, 1], budget="laptop", out="runs/pair", overrides={"schedule.steps": 20}
        ... )
        >>> [run.path.name for run in runs]
        ['pair-seed0', 'pair-seed1']
    """
    console = console or SilentConsole()
    seeds = [whole_number(seed, "a seed") for seed in seeds]
    if len(set(seeds)) < max(2, len(seeds)):
        raise UserError(f"--vectorize needs two or more different seeds, not {seeds}")
    resolved = resolve_recipe(recipe, budget, with_stored_data(overrides or {}), trusted)
    recipe = resolved.recipe
    if resolved.minutes is not None:
        raise UserError("--vectorize takes the budgets laptop, hour and reference, not a time")
    start = Path(out) if out is not None else Path("runs") / recipe.name
    if start.name in ("", ".."):
        raise UserError(
            f"--vectorize appends -seedN to --out, so {out} must end with a name; try {start / 'run'}"
        )
    paths = [start.with_name(f"{start.name}-seed{seed}") for seed in seeds]
    if taken := [path for path in paths if path.exists()]:
        raise UserError(f"{taken[0]} exists; give another --out")
    with Engine(recipe.machine) as engine:
        with explain_misfit(recipe):
            dataset = make_dataset(recipe)
            hooks = _create_runs(recipe, seeds, paths, dataset, engine, trusted)
        console.note(f"runs: {', '.join(map(str, paths))}, trained together")
        _SeedsLoop(recipe, hooks, engine, console, trusted).train()
    return [each.run for each in hooks]


def _create_runs(
    recipe: Recipe,
    seeds: Sequence[int],
    paths: Sequence[Path],
    dataset: Dataset,
    engine: Engine,
    trusted: Collection[str],
) -> list[RunHooks]:
    """Build the trainers, check that they can be vectorized, and create the run folders."""
    built = []
    for seed in seeds:
        parts = build_parts(recipe, dataset, seed, trusted)
        first = load_pretrained_weights(parts.networks, recipe.start)
        built.append((seed, parts, first, make_trainer(recipe, dataset, engine, seed, parts)))
    require_separate_seeds(
        lambda seed: make_trainer(recipe, dataset, engine, seed), seeds[:2], _optimizers(recipe, engine)
    )
    hooks = []
    for path, (seed, parts, first, trainer) in zip(paths, built, strict=True):
        run = Run.create(path, recipe, run_metadata(dataset, engine, seed, (), first))
        session = Session(run, dataset, engine, seed, (), SilentConsole(), trusted)
        hooks.append(session.hooks_of(trainer, parts, recipe))
    return hooks


class _SeedsLoop:
    """The training of several runs, whose hooks see trainers that look like those of single runs."""

    def __init__(
        self,
        recipe: Recipe,
        hooks: Sequence[RunHooks],
        engine: Engine,
        console: Console,
        trusted: Collection[str],
    ) -> None:
        self._hooks, self._console, self._trusted = hooks, console, trusted
        self._schedule, self._stop = recipe.schedule, StopRequest()
        self._trainer = VectorizedTrainer([h.trainer for h in hooks], _optimizers(recipe, engine))

    def train(self) -> None:
        """Train to the last step or until a signal, and save checkpoints."""
        with self._log_failure(self._hooks), ExitStack() as stack:
            for each in self._hooks:
                stack.enter_context(each.run.lock())
            stack.enter_context(self._stop.catch_signals())
            finished = self._train_steps()
        for each in self._hooks if finished else ():
            with self._log_failure([each]):
                findings = each.monitor.findings.values()
                close_run(each.run, findings, self._trainer.step, SilentConsole(), self._trusted)
        if not finished:
            runs = " and ".join(f"ganbench resume {each.run.path}" for each in self._hooks)
            raise Stopped(
                f"stopped at step {self._trainer.step}, checkpoints saved; continue with: {runs}",
                self._stop.signal or 0,
            )

    @contextmanager
    def _log_failure(self, hooks: Iterable[RunHooks]) -> Iterator[None]:
        """Write an error into the logs of the runs that it concerns."""
        try:
            yield
        except RunError as error:
            for each in hooks:
                each.run.events.append("failure", self._trainer.step, error=str(error))
            raise

    def _train_steps(self) -> bool:
        """Run steps and the hooks that are due; return whether the last step is reached."""
        trainer, schedule, seeds = self._trainer, self._schedule, len(self._hooks)
        silent = SilentConsole()
        with (
            trainer.engine.fork_random_state(),
            self._console.progress(trainer.step, schedule.steps, schedule.batch) as show,
        ):
            lists: list[list[Hook]] = []
            for index, each in enumerate(self._hooks):
                mirror = Mirror(each.run, (), trainer.step, silent)
                shown = show if index == 0 else _show_nothing
                lists.append(each.create(self._console if index == 0 else silent, shown, mirror))
                each.trainer.clock = _SharedClock(seeds)
            while not trainer.finished and not self._stop():
                trainer.train_step()
                self._call(lists)
            trainer.synchronize()
            for each in self._hooks:
                each.save(each.trainer)
        return trainer.finished

    def _call(self, lists: Sequence[Sequence[Hook]]) -> None:
        """Call the hooks that are due after this step."""
        step, steps = self._trainer.step, self._schedule.steps
        due = [[hook for hook in hooks if hook.due(step, steps)] for hooks in lists]
        if not any(due):
            return
        self._trainer.synchronize()
        for each, hooks in zip(self._hooks, due, strict=True):
            for hook in hooks:
                hook(each.trainer)
        if not self._hooks[
            0
        ].trainer.log.sums:  # the log has taken the means; all members log at the same steps
            self._trainer.log.clear()


class _SharedClock(Clock):
    """Gives each of several runs that are trained together its equal share of the time."""

    def __init__(self, runs: int) -> None:
        super().__init__()
        self._runs = runs

    def take(self) -> dict[str, float]:
        """Return this run's share of the seconds since the last call."""
        return {name: seconds / self._runs for name, seconds in super().take().items()}


def _show_nothing(step: int, terms: Mapping[str, float], rate: float) -> None:
    """Progress is shown for the first seed only."""


def _optimizers(recipe: Recipe, engine: Engine) -> Callable[[str, Iterable[nn.Parameter]], Optimizer]:
    return lambda name, parameters: engine.optimizer(recipe.optimizers[name], parameters)
