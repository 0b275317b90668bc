"""Train and resume: make the parts, attach what happens on the way, run the loop, leave a whole run folder."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ganbench
from ganbench.build import make_algorithm, make_dataset, make_trainer
from ganbench.catalogue import find_recipe
from ganbench.console import Console, Silent
from ganbench.data.base import Dataset
from ganbench.errors import RunError, Stopped, UserError
from ganbench.metrics.base import Score
from ganbench.model import Model
from ganbench.on_the_way import OnTheWay
from ganbench.recipe import Budget, Recipe
from ganbench.report.arrangement import grid_of
from ganbench.report.critic import critic_picture, why_not
from ganbench.report.grid import sample_picture
from ganbench.report.sweeps import sweep_arrangement
from ganbench.runs import Run, write_bytes, write_json
from ganbench.training.checkpoint import prune_checkpoints, save_checkpoint
from ganbench.training.draws import Draws
from ganbench.training.engine import Engine
from ganbench.training.hooks import Every, log_layers, log_terms
from ganbench.training.stop import StopRequest
from ganbench.training.tensorboard import TensorBoardMirror, require_tensorboard
from ganbench.training.trainer import Hook, Trainer


def train(
    recipe: str | Recipe,
    *,
    budget: Budget = "reference",
    seed: int = 0,
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    tensorboard: bool = False,
    console: Console | None = None,
    trusted: Collection[str] = (),
) -> Run:
    """Train a recipe in a new run folder and return the run.

    ``recipe`` is a name, a YAML or JSON file, ``file.py:function`` or a Recipe; ``overrides`` are dotted keys
    (``{"schedule.steps": 100}``); ``out`` defaults to ``runs/NAME-seedN``, with a number if that exists.

    Raises:
        UserError: something asked for is wrong; no folder is made.
        RunError: the run failed; what was saved is whole.
        Stopped: a signal asked the run to stop; a checkpoint is saved.
    """
    chosen = recipe if isinstance(recipe, Recipe) else find_recipe(recipe, budget, trusted)
    chosen = chosen.override(overrides or {}, trusted)
    engine = Engine(chosen.machine)
    try:
        dataset = _dataset(chosen, tensorboard, trusted)
        trainer = make_trainer(chosen, dataset, engine, seed)
        path = Path(engine.share(str(out if out is not None else _free_folder(chosen.name, seed))))
        if engine.leads:
            Run.create(path, chosen, _meta(dataset, engine, seed))
        engine.share("made")  # nobody opens the folder before it is there
        run = Run(path)
        with _only_trainer(run, engine):
            _go(run, Actions(run, trainer, dataset, chosen, trusted), tensorboard, console or Silent())
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
            if engine.leads and steps is not None:
                write_json(run.path / "recipe.json", recipe.to_dict())
            _go(run, Actions(run, trainer, dataset, recipe, trusted), tensorboard, console)
        return run
    finally:
        engine.close()


def _dataset(recipe: Recipe, tensorboard: bool, trusted: Collection[str]) -> Dataset:
    """Make the data set, and refuse what would fail only in the middle of the run."""
    if tensorboard:
        require_tensorboard()
    dataset = make_dataset(recipe)
    if recipe.schedule.evaluate_every:
        OnTheWay(recipe, dataset, trusted).require()
    return dataset


def _go(run: Run, actions: Actions, tensorboard: bool, console: Console) -> None:
    trainer, schedule, stop = actions.trainer, actions.recipe.schedule, StopRequest()
    leads = trainer.engine.leads
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


class Actions:
    """What a run does on its way: log, draw samples, score, save. Only the leading process writes."""

    def __init__(
        self, run: Run, trainer: Trainer, dataset: Dataset, recipe: Recipe, trusted: Collection[str] = ()
    ) -> None:
        self.run, self.trainer, self.dataset, self.recipe = run, trainer, dataset, recipe
        self.scoring = OnTheWay(recipe, dataset, trusted)
        algorithm, latent = trainer.algorithm, make_algorithm(recipe, dataset.info)[1]
        averaged = trainer.average is not None
        self.model = Model(
            algorithm,  # type: ignore[arg-type]
            trainer.generators(),
            latent,
            dataset.info,
            trainer.step,
            weights="averaged" if averaged else "live",
            keeps_average=averaged,
        )
        self.grid = grid_of(self.model, recipe.schedule.samples, Draws(trainer.seed, "grid"))
        self.real_index = Draws(trainer.seed, "real").integers(recipe.schedule.samples, dataset.info.size)
        self.draws_critic = why_not(self.model) is None
        codes = hasattr(latent, "codes")
        self.sweeps = sweep_arrangement(self.model, 5, Draws(trainer.seed, "grid")) if codes else None
        self.saved_step = trainer.step if trainer.step in run.checkpoint_steps() else -1

    def hooks(self, console: Console, show: Any, mirror: TensorBoardMirror | None) -> list[Hook]:
        """Return the hooks in the order in which they run after a step."""
        schedule = self.recipe.schedule
        shows = [show] if mirror is None else [show, mirror.add]
        return [
            Every(schedule.log_every, log_terms(self.run.events, shows)),
            Every(schedule.layers_every, log_layers(self.run.events)),
            Every(schedule.sample_every, self.draw_samples),
            Every(schedule.evaluate_every, lambda trainer: self.evaluate(trainer, console)),
            Every(schedule.checkpoint_every, self.save),
        ]

    def draw_samples(self, trainer: Trainer) -> None:
        """Write the grid of the same latents and classes as always and, for points, what D makes of where they lie."""
        if not trainer.engine.leads:
            return
        self.model.step = trainer.step
        samples = self.model.decode(self.grid.latents, self.grid.labels)
        real = self.dataset.items(self.real_index)
        title, name = f"step {trainer.step}", f"step-{trainer.step:08d}.png"
        picture = sample_picture(self.dataset.info, samples, real, title, columns=self.grid.columns)
        write_bytes(self.run.samples / name, picture)
        if self.draws_critic:
            self.run.critic.mkdir(exist_ok=True)
            write_bytes(self.run.critic / name, critic_picture(self.model, samples, real, title))
        if self.sweeps is not None:
            self.run.sweeps.mkdir(exist_ok=True)
            write_bytes(self.run.sweeps / name, self.sweeps.picture(self.model))

    def evaluate(self, trainer: Trainer, console: Console) -> None:
        """Score the model; a checkpoint with the best score so far is saved and kept."""
        if trainer.engine.leads:
            self._score(trainer, console)
        if trainer.engine.any(trainer.engine.leads and self.run.best_step() == trainer.step):
            self.save(trainer)

    def _score(self, trainer: Trainer, console: Console) -> None:
        self.model.step = trainer.step
        for score in self.scoring.scores(self.model, trainer.seed):
            self.run.events.append("score", trainer.step, **score.to_dict())
            console.note(f"step {trainer.step}: {_in_words(score)}")

    def save(self, trainer: Trainer) -> None:
        """Write a checkpoint of this step, unless there is one, and delete those that are not to be kept."""
        if trainer.step == self.saved_step:
            return
        self.saved_step = trainer.step
        state = trainer.state_dict()  # every process has a part in it
        if not trainer.engine.leads:
            return
        trainer.refuse_infinite()
        self.run.events.sync()
        save_checkpoint(self.run.checkpoints, state)
        keep_last, best = self.recipe.schedule.keep_last, self.run.best_step()
        prune_checkpoints(self.run.checkpoints, trainer.step, keep_last, best)


def _in_words(score: Score) -> str:
    details = [f"{k} {v:.4g}" for k, v in score.details.items() if isinstance(v, int | float)]
    return f"{score.name} {score.value:.4g}" + (f" ({', '.join(details)})" if details else "")


def _best_in_words(run: Run, best: Mapping[str, Any]) -> str:
    return (
        f"best of {best['of_steps']} scored steps: {best['step']}, by {best['by']} {best['value']:.4g} on samples that "
        f"no report uses; `ganbench evaluate {run.path} --step both` reports the best and the last"
    )


@contextmanager
def _only_trainer(run: Run, engine: Engine) -> Iterator[None]:
    if not engine.leads:
        yield
        return
    with run.lock():
        yield


def _free_folder(name: str, seed: int) -> Path:
    base = Path("runs") / f"{name}-seed{seed}"
    numbered = (base.with_name(f"{base.name}-{i}") for i in itertools.count(2))
    return next(p for p in itertools.chain([base], numbered) if not p.exists())


def _meta(dataset: Dataset, engine: Engine, seed: int) -> dict[str, Any]:
    return {
        "ganbench": ganbench.__version__,
        "seed": seed,
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
