"""Train and resume a run: build data, networks and trainer, run the training loop, and fill the run folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench.data.base import Dataset
from ganbench.data.python_data import with_stored_data
from ganbench.errors import UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.continuation import describe_jump
from ganbench.experiment.continue_run import continue_run
from ganbench.experiment.heading import heading
from ganbench.experiment.misfit import explain_misfit, undo_misfit
from ganbench.experiment.new_run import run_metadata, unused_folder
from ganbench.experiment.resolve_recipe import resolve_recipe
from ganbench.experiment.restart import continues_run
from ganbench.experiment.run_loop import RunLoop
from ganbench.experiment.session import Session, build_parts
from ganbench.experiment.time_budget import fit_to_budget
from ganbench.experiment.trackers.base import require_trackers
from ganbench.inference.build import load_pretrained_weights, make_dataset
from ganbench.recipes.base import Budget, Recipe
from ganbench.runs.changes import read_changes, recipe_at
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.training.processes import may_restart
from ganbench.training.settings import Device
from ganbench.utils.console import Console, SilentConsole
from ganbench.utils.cores import threads_per_process
from ganbench.utils.whole_number import whole_number


def train(
    recipe: str | Recipe,
    *,
    budget: Budget | str | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    track: Collection[str] = (),
    console: Console | None = None,
    trusted: Collection[str] = (),
) -> Run:
    """Train a recipe in a new run folder.

    Args:
        recipe: A name, a YAML or JSON file, ``file.py:function``, a Recipe, or "auto", which chooses a recipe by rules
            for the data set in ``overrides`` (see :mod:`ganbench.auto`).
        budget: The size of the recipe: "laptop", "hour" or "reference" (the default). Or a time such as "20m": train
            the laptop size for as many steps as fit (see :mod:`ganbench.experiment.time_budget`). The default of
            "auto" is 10 minutes.
        seed: Determines every random number of the run.
        out: The run folder; default ``runs/NAME-seedN``, with a number appended if that exists.
        overrides: New values by dotted key, as {"schedule.steps": 100}; "data" may be an array, too (data/python_data).
        track: Names of programs that show the run too, such as "tensorboard" (see experiment/trackers).
        console: Receives progress, notes and warnings; default: nothing is printed.
        trusted: Names of Python modules outside ganbench whose code the recipe may run.

    Returns:
        The finished run.

    Raises:
        UserError: an argument is wrong; no folder is created.
        RunError: training failed; everything saved so far is intact.
        Stopped: a signal asked the run to stop; a checkpoint is saved.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/first", overrides={"schedule.steps": 20})
        >>> run.checkpoint_steps()
        [20]
    """
    console, seed = console or SilentConsole(), whole_number(seed, "the seed")
    resolved = resolve_recipe(recipe, budget, with_stored_data(overrides or {}), trusted)
    recipe = resolved.recipe
    for reason in resolved.reasons:  # what "auto" chose, and why
        console.note(reason)
    with Engine(recipe.machine) as engine:
        require_trackers(track)
        if resolved.minutes is not None and may_restart():
            raise UserError(
                "a time as budget would be timed again at each restart; give schedule.steps instead"
            )
        if continues_run(out, recipe, seed, engine):
            return resume(str(out), track=track, console=console, trusted=trusted)
        dataset = _open_data(recipe)
        parts = build_parts(recipe, dataset, seed, trusted)
        if resolved.minutes is not None:
            console.note("timing a few steps, to see how many fit into the budget")
            recipe, plan = fit_to_budget(
                recipe, resolved.minutes, dataset, engine, seed, changed=resolved.changed
            )
            recipe = dataclasses.replace(recipe, budget=resolved.budget)
            console.note(plan.describe(recipe.schedule))
            if warning := plan.warning():
                console.warn(warning)
        first = load_pretrained_weights(parts.networks, recipe.start)
        trainer = make_trainer(recipe, dataset, engine, seed, parts)
        path = Path(engine.broadcast(str(out if out is not None else unused_folder(recipe.name, seed))))
        if engine.is_main_process:
            Run.create(path, recipe, run_metadata(dataset, engine, seed, resolved.reasons, first))
        engine.broadcast("created")  # the other processes wait until the folder exists
        run = Run(path)
        for line in (*heading(path, recipe, dataset.info, trainer), *first.notes):
            console.note(line)
        with undo_misfit(run, recipe, trainer), _exclusive_access(run, engine):
            session = Session(run, dataset, engine, seed, track, console, trusted)
            RunLoop(session, session.hooks_of(trainer, parts, recipe)).train()
        return run


def resume(
    run: str | Path | Run,
    *,
    steps: int | None = None,
    device: Device | None = None,
    threads: int | None = None,
    track: Collection[str] = (),
    console: Console | None = None,
    trusted: Collection[str] = (),
) -> Run:
    """Continue a run from its newest intact checkpoint.

    On the same machine with the same number of threads, the result equals that of an uninterrupted run bit for bit.

    Args:
        run: The run, or its folder.
        steps: Train up to this step; default ``schedule.steps`` of the recipe.
        device: The device; default that of the recipe.
        threads: The number of CPU threads; default as many as before, where the machine has them.
        track: Names of programs that show the run too, such as "tensorboard" (see experiment/trackers).
        console: Receives progress, notes and warnings; default: nothing is printed.
        trusted: Names of Python modules outside ganbench whose code the recipe may run.

    Raises:
        UserError: ``run`` is not a run folder, the data set has changed, or the run is already past ``steps``.
        RunError: training failed.
        Stopped: a signal asked the run to stop; a checkpoint is saved.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/short", overrides={"schedule.steps": 20})
        >>> ganbench.resume(run, steps=30).checkpoint_steps()
        [30, 20]
    """
    run = run if isinstance(run, Run) else Run(run)
    console = console or SilentConsole()
    meta, history = run.meta, read_changes(run.meta)
    newest = recipe_at(run.recipe(trusted), history, None, trusted)
    asked = (
        {} if steps is None else {"schedule.steps": whole_number(steps, "the number of steps", at_least=1)}
    )
    if threads is None:
        threads = newest.machine.threads or _threads_of_resumed_run(meta["machine"])
    device = device or newest.machine.device
    engine = Engine(dataclasses.replace(newest.machine, threads=threads, device=device))
    with engine, _exclusive_access(run, engine):
        require_trackers(track)
        dataset = _open_data(newest)
        run.require_classes(dataset.info)
        if dataset.info.fingerprint != run.info.fingerprint:
            raise UserError(
                f"the data set {dataset.info.name} is not the one that {run.path} was trained on: "
                f"its fingerprint is {dataset.info.fingerprint}, but was {run.info.fingerprint} then"
            )
        state = run.read_checkpoint()
        if state is not None and "optimizers" not in state:
            raise UserError(f"{run.path} cannot resume: it holds networks, but no optimizers' state")
        step = 0 if state is None else state["step"]
        if steps is not None and steps < step:
            raise UserError(f"{run.path} is at step {step} already, past --steps {steps}")
        session = Session(run, dataset, engine, meta["seed"], track, console, trusted)
        hooks, history = continue_run(session, recipe_at(newest, history, step, trusted), state, asked)
        recipe, trainer = hooks.recipe, hooks.trainer
        _warn_if_machine_changed(meta["machine"], engine, console)
        for line in heading(run.path, recipe, dataset.info, trainer):
            console.note(line)
        console.note(_describe_start(trainer.step, recipe.schedule.steps))
        if jump := describe_jump(recipe, history, trainer.step):
            console.warn(jump)
        RunLoop(session, hooks).train()
    return run


def _describe_start(step: int, steps: int) -> str:
    if step < steps:
        return f"resuming at step {step} of {steps}"
    return f"all {steps} steps are trained; --steps {2 * steps} would train as many again"


def _threads_of_resumed_run(machine: Mapping[str, Any]) -> int | None:
    """Return as many threads as before, even if there are more cores now, since their number affects rounding.

    None, for the default, if the run cannot have as many: ``OMP_NUM_THREADS`` or the number of usable cores is lower.
    """
    before = machine.get("threads")
    return before if before is not None and before <= threads_per_process() else None


def _open_data(recipe: Recipe) -> Dataset:
    with explain_misfit(recipe):
        return make_dataset(recipe)


@contextmanager
def _exclusive_access(run: Run, engine: Engine) -> Iterator[None]:
    """Hold the run's lock in the main process; the others need none."""
    if not engine.is_main_process:
        yield
        return
    with run.lock():
        yield


def _warn_if_machine_changed(before: Mapping[str, Any], engine: Engine, console: Console) -> None:
    now = engine.describe()
    changed = [k for k in ("device", "threads", "processes", "torch") if before.get(k) != now[k]]
    if changed:
        changes = ", ".join(f"{k} was {before.get(k)}, is {now[k]}" for k in changed)
        console.warn(f"{changes}: the run continues correctly, but not bit for bit as it would have")
