"""Train and resume a run: build data, networks and trainer, run the training loop, and fill the run folder."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ganbench.data.base import Dataset
from ganbench.data.python_data import with_stored_data
from ganbench.errors import NotFiniteError, RunError, Stopped, UserError
from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.closing import close_run
from ganbench.experiment.continuation import describe_jump, load_first_weights, record_extension
from ganbench.experiment.heading import heading
from ganbench.experiment.misfit import explain_misfit, try_generator, undo_misfit
from ganbench.experiment.new_run import describe_start, unused_folder
from ganbench.experiment.resolve_recipe import resolve_recipe
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.stop import StopRequest
from ganbench.experiment.time_budget import fit_to_budget
from ganbench.experiment.trackers.base import require_trackers
from ganbench.experiment.trackers.mirror import Mirror
from ganbench.experiment.validation import PeriodicEvaluation
from ganbench.inference.build import ModelParts, assemble, load_pretrained_weights, make_dataset
from ganbench.inference.model import Model
from ganbench.recipes.base import Budget, Recipe
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.training.settings import Device
from ganbench.utils.console import Console, SilentConsole
from ganbench.utils.cores import threads_per_process
from ganbench.utils.files import write_sealed_json
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
        dataset, parts = _prepare(recipe, seed, track, trusted)
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
            Run.create(path, recipe, describe_start(dataset, engine, seed, resolved.reasons, first))
        engine.broadcast("created")  # the other processes wait until the folder exists
        run = Run(path)
        for line in (*heading(path, recipe, dataset.info, trainer), *first.notes):
            console.note(line)
        with undo_misfit(run, recipe, trainer), _exclusive_access(run, engine):
            _run_loop(run, RunHooks(run, trainer, parts.latent, dataset, recipe, trusted), track, console)
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
    recipe, meta = run.recipe(trusted), run.meta
    planned = recipe.schedule.steps
    if steps is not None:
        steps = whole_number(steps, "the number of steps", at_least=1)
        recipe = recipe.override({"schedule.steps": steps})
    if threads is None:
        threads = recipe.machine.threads or _threads_of_resumed_run(meta["machine"])
    device = device or recipe.machine.device
    engine = Engine(dataclasses.replace(recipe.machine, threads=threads, device=device))
    with engine, _exclusive_access(run, engine):
        dataset, parts = _prepare(recipe, meta["seed"], track, trusted)
        run.require_classes(dataset.info)
        if dataset.info.fingerprint != run.info.fingerprint:
            raise UserError(
                f"the data set {dataset.info.name} is not the one that {run.path} was trained on: "
                f"its fingerprint is {dataset.info.fingerprint}, but was {run.info.fingerprint} then"
            )
        state = run.read_checkpoint()
        if state is None:
            load_first_weights(run, recipe, parts.networks)
        elif "optimizers" not in state:
            raise UserError(f"{run.path} cannot resume: it holds networks, but no optimizers' state")
        trainer = make_trainer(recipe, dataset, engine, meta["seed"], parts)
        if state is not None:
            with run.explain_load_errors(state["step"]):
                trainer.load_state_dict(state)
        if steps is not None and steps < trainer.step:
            raise UserError(f"{run.path} is at step {trainer.step} already, past --steps {steps}")
        _warn_if_machine_changed(meta["machine"], engine, console)
        for line in heading(run.path, recipe, dataset.info, trainer):
            console.note(line)
        console.note(_describe_start(trainer.step, recipe.schedule.steps))
        meta = record_extension(meta, trainer.step, planned, recipe.schedule.steps)
        if jump := describe_jump(recipe, meta, trainer.step):
            console.warn(jump)
        if engine.is_main_process and steps is not None:
            write_sealed_json(run.path / "meta.json", meta)
            write_sealed_json(run.path / "recipe.json", recipe.to_dict())
        _run_loop(run, RunHooks(run, trainer, parts.latent, dataset, recipe, trusted), track, console)
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


def _prepare(
    recipe: Recipe, seed: int, track: Collection[str], trusted: Collection[str]
) -> tuple[Dataset, ModelParts]:
    """Open the data set and build the model.

    Check that trackers and periodic evaluation will work, which would otherwise fail in the middle of the run.
    """
    require_trackers(track)
    with explain_misfit(recipe):
        dataset = make_dataset(recipe)
        parts = assemble(recipe, dataset.info, seed)
        model = Model(parts.algorithm, parts.networks, parts.latent, dataset.info, step=0)
        try_generator(recipe, model)
        if recipe.schedule.evaluate_every:
            PeriodicEvaluation(recipe, dataset, trusted).check_metrics(model)
    return dataset, parts


def _run_loop(run: Run, hooks: RunHooks, track: Collection[str], console: Console) -> None:
    """Train to the last step or until a signal, save a checkpoint, and log the failure if there is one."""
    trainer, schedule, stop = hooks.trainer, hooks.recipe.schedule, StopRequest()
    is_main = trainer.engine.is_main_process
    mirror, status = Mirror(run, track if is_main else (), trainer.step, console), "failed"
    try:
        if is_main:
            run.remove_temporary_files()
            run.events.cut(trainer.step)  # drop events after the checkpoint; these steps are trained again
        with stop.catch_signals(), console.progress(trainer.step, schedule.steps, schedule.batch) as report:
            finished = trainer.train(hooks.create(console, report, mirror), stop)
            hooks.save(trainer)
        status = "finished" if finished else "stopped"
        if is_main and finished:
            close_run(run, hooks.monitor.findings.values(), trainer.step, console, hooks.trusted)
    except (RunError, NotFiniteError) as error:  # the latter when the run's own samples are not finite
        if is_main:
            _log_failure(run, trainer.step, str(error))
        raise RunError(str(error)) from error
    except OSError as error:
        path, reason = error.filename or run.path, error.strerror or error
        problem = f"{path} could not be read or written ({reason}); checkpoints are intact"
        if is_main:
            _log_failure(run, trainer.step, problem)
        raise RunError(problem) from error
    finally:
        mirror.close(trainer.step, status)
    if not finished and stop.signal is not None:
        raise Stopped(
            f"stopped at step {trainer.step}, checkpoint saved; continue with: ganbench resume {run.path}",
            stop.signal,
        )
    if not finished:  # another process received the signal
        raise Stopped(f"stopped at step {trainer.step}, checkpoint saved", signal.SIGTERM)


def _log_failure(run: Run, step: int, problem: str) -> None:
    """Log why the run failed, if the log can still be written: a full disk must not hide the reason."""
    with suppress(OSError):
        run.events.append("failure", step, error=problem)


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
