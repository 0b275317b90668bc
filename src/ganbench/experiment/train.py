"""Train and resume: make the parts, run the loop with its actions, leave a whole run folder."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench.data.base import Dataset
from ganbench.errors import RunError, Stopped, UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.resolve_recipe import resolve
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.stop import StopRequest
from ganbench.experiment.tensorboard import TensorBoardMirror, require_tensorboard
from ganbench.experiment.time_budget import planned
from ganbench.experiment.validation import PeriodicEvaluation
from ganbench.inference.build import load_pretrained_weights, make_dataset
from ganbench.metrics.record import versions
from ganbench.recipes.base import Budget, Recipe
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.utils.console import Console, Silent
from ganbench.utils.files import write_json


def train(
    recipe: str | Recipe,
    *,
    budget: Budget | str | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    tensorboard: bool = False,
    console: Console | None = None,
    trusted: Collection[str] = (),
) -> Run:
    """Train a recipe in a new run folder and return the run.

    ``recipe`` is a name, a YAML or JSON file, ``file.py:function`` or a Recipe; ``overrides`` are dotted keys
    (``{"schedule.steps": 100}``); ``out`` defaults to ``runs/NAME-seedN``, with a number if that exists. A ``budget``
    such as "20m" is the laptop's recipe with as many steps as fit into that time here (see
    :mod:`ganbench.experiment.time_budget`).
    The recipe "auto" is chosen by rules for the data set that ``overrides`` name, in 10 minutes unless ``budget`` says
    otherwise (see :mod:`ganbench.auto`); any other has the budget "reference" where none is given.

    Raises:
        UserError: something asked for is wrong; no folder is made.
        RunError: the run failed; what was saved is whole.
        Stopped: a signal asked the run to stop; a checkpoint is saved.
    """
    console = console or Silent()
    found = resolve(recipe, budget, overrides or {}, trusted)
    chosen = found.recipe
    for reason in found.reasons:
        console.note(reason)
    engine = Engine(chosen.machine)
    try:
        dataset = _dataset(chosen, tensorboard, trusted)
        if found.minutes is not None:
            chosen, plan = planned(chosen, found.minutes, dataset, engine, seed)
            chosen = dataclasses.replace(chosen, budget=found.budget)
            console.note(plan.words(chosen.schedule))
        trainer = make_trainer(chosen, dataset, engine, seed)
        load_pretrained_weights(trainer.networks)
        path = Path(engine.broadcast(str(out if out is not None else _free_folder(chosen.name, seed))))
        if engine.is_main_process:
            Run.create(path, chosen, _meta(dataset, engine, seed, found.reasons))
        engine.broadcast("made")  # nobody opens the folder before it is there
        run = Run(path)
        with _only_trainer(run, engine):
            _go(run, RunHooks(run, trainer, dataset, chosen, trusted), tensorboard, console)
        return run
    finally:
        engine.close()


def resume(
    run: str | Path | Run,
    *,
    steps: int | None = None,
    tensorboard: bool = False,
    console: Console | None = None,
    trusted: Collection[str] = (),
) -> Run:
    """Go on from a run's newest whole checkpoint, up to its planned steps or to ``steps``.

    The result is the one an uninterrupted run would have, bit for bit, on the same machine and thread count.

    Raises:
        UserError: it is no run, its data set or the classes there have changed, or ``steps`` is below what is done.
        RunError: the run failed.
        Stopped: a signal asked the run to stop; a checkpoint is saved.
    """
    run = run if isinstance(run, Run) else Run(run)
    console = console or Silent()
    recipe, meta = run.recipe(trusted), run.meta
    if steps is not None:
        recipe = recipe.override({"schedule.steps": steps})
    # With as many threads as before, even on a machine with more cores: another number gives other last bits.
    threads = recipe.machine.threads or meta["machine"].get("threads")
    engine = Engine(dataclasses.replace(recipe.machine, threads=threads))
    try:
        with _only_trainer(run, engine):
            dataset = _dataset(recipe, tensorboard, trusted)
            run.require_classes(dataset.info)
            if dataset.info.fingerprint != run.info.fingerprint:
                raise UserError(
                    f"the data set {dataset.info.name} is not the one that {run.path} was trained on: "
                    f"its fingerprint is {dataset.info.fingerprint}, then it was {run.info.fingerprint}"
                )
            trainer = make_trainer(recipe, dataset, engine, meta["seed"])
            state = run.read_checkpoint()
            if state is not None:
                with run.fits(state["step"]):
                    trainer.load_state_dict(state)
            if steps is not None and steps < trainer.step:
                raise UserError(f"{run.path} is at step {trainer.step} already, past --steps {steps}")
            _say_what_differs(meta["machine"], engine, console)
            console.note(f"going on from step {trainer.step} of {recipe.schedule.steps}")
            if engine.is_main_process and steps is not None:
                write_json(run.path / "recipe.json", recipe.to_dict())
            _go(run, RunHooks(run, trainer, dataset, recipe, trusted), tensorboard, console)
        return run
    finally:
        engine.close()


def _dataset(recipe: Recipe, tensorboard: bool, trusted: Collection[str]) -> Dataset:
    """Make the data set, and refuse what would fail only in the middle of the run."""
    if tensorboard:
        require_tensorboard()
    dataset = make_dataset(recipe)
    if recipe.schedule.evaluate_every:
        PeriodicEvaluation(recipe, dataset, trusted).require()
    return dataset


def _go(run: Run, actions: RunHooks, tensorboard: bool, console: Console) -> None:
    trainer, schedule, stop = actions.trainer, actions.recipe.schedule, StopRequest()
    leads = trainer.engine.is_main_process
    mirror = TensorBoardMirror(run.path / "tensorboard", trainer.step) if tensorboard and leads else None
    try:
        if leads:
            run.sweep()
            run.events.cut(trainer.step)
        with stop.listening(), console.progress(trainer.step, schedule.steps, schedule.batch) as show:
            done = trainer.train(actions.hooks(console, show, mirror), stop)
            actions.save(trainer)
        if leads and done and (best := run.selection()) is not None:
            console.note(_best_in_words(run, best))
    except RunError as error:
        if leads:
            run.events.append("failure", trainer.step, error=str(error))
        raise
    except OSError as error:
        where, why = error.filename or run.path, error.strerror or error
        raise RunError(f"{where} could not be read or written ({why}); checkpoints are intact") from error
    finally:
        if mirror is not None:
            mirror.close()
    if not done and stop.signal is not None:
        raise Stopped(
            f"stopped at step {trainer.step}, checkpoint saved; go on with: ganbench resume {run.path}",
            stop.signal,
        )
    if not done:  # another process got the signal
        raise Stopped(f"stopped at step {trainer.step}, checkpoint saved", 15)


def _best_in_words(run: Run, best: Mapping[str, Any]) -> str:
    return (
        f"best of {best['of_steps']} scored steps: {best['step']}, by {best['by']} {best['value']:.4g} on samples that "
        f"no report uses; `ganbench evaluate {run.path} --step both` reports the best and the last"
    )


@contextmanager
def _only_trainer(run: Run, engine: Engine) -> Iterator[None]:
    if not engine.is_main_process:
        yield
        return
    with run.lock():
        yield


def _free_folder(name: str, seed: int) -> Path:
    base = Path("runs") / f"{name}-seed{seed}"
    numbered = (base.with_name(f"{base.name}-{i}") for i in itertools.count(2))
    return next(p for p in itertools.chain([base], numbered) if not p.exists())


def _meta(dataset: Dataset, engine: Engine, seed: int, reasons: tuple[str, ...]) -> dict[str, Any]:
    return {
        **versions("ganbench"),
        "seed": seed,
        **({"chosen": list(reasons)} if reasons else {}),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": dataset.info.to_dict(),
        "machine": dict(engine.describe()),
    }


def _say_what_differs(before: Mapping[str, Any], engine: Engine, console: Console) -> None:
    now = engine.describe()
    changed = [k for k in ("device", "threads", "processes", "torch") if before.get(k) != now[k]]
    if changed:
        words = ", ".join(f"{k} was {before.get(k)}, is {now[k]}" for k in changed)
        console.warn(f"{words}: the run goes on correctly, but not bit for bit as it would have")
