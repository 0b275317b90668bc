"""What a run does between its steps: log, draw samples, score, warn of what goes wrong, save."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.data.base import Dataset
from ganbench.experiment.tensorboard import TensorBoardMirror
from ganbench.experiment.validation import PeriodicEvaluation
from ganbench.health import HealthMonitor
from ganbench.health.measure import health_numbers
from ganbench.inference.critic_scores import why_not
from ganbench.inference.snapshots import training_model
from ganbench.metrics.score import Score
from ganbench.recipes.base import Recipe
from ganbench.runs.checkpoint import prune_checkpoints, save_checkpoint
from ganbench.runs.event_log import EventLog
from ganbench.runs.run import Run
from ganbench.training.layer_statistics import parameter_statistics
from ganbench.training.trainer import Hook, Trainer
from ganbench.utils.console import Console
from ganbench.utils.files import write_bytes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.code_sweeps import sweep_arrangement
from ganbench.visualization.critic import critic_picture
from ganbench.visualization.image_grid import sample_picture
from ganbench.visualization.sample_grid import grid_of


class RunHooks:
    """The actions of one run, attached to the loop as hooks. Only the leading process writes."""

    def __init__(
        self, run: Run, trainer: Trainer, dataset: Dataset, recipe: Recipe, trusted: Collection[str] = ()
    ) -> None:
        self.run, self.trainer, self.dataset, self.recipe = run, trainer, dataset, recipe
        self.scoring = PeriodicEvaluation(recipe, dataset, trusted)
        self.model = training_model(trainer, recipe, dataset.info)
        self.real_index = RandomStream(trainer.seed, "real").integers(
            recipe.schedule.samples, dataset.info.size
        )
        self.draws_critic = why_not(self.model) is None
        codes = hasattr(self.model.latent, "codes")
        self.sweeps = sweep_arrangement(self.model, 5, RandomStream(trainer.seed, "grid")) if codes else None
        self.saved_step = trainer.step if trainer.step in run.checkpoint_steps() else -1
        self.watch, self.new_events = HealthMonitor(recipe.schedule.steps), run.events.follow()

    def hooks(self, console: Console, show: Any, mirror: TensorBoardMirror | None) -> list[Hook]:
        """Return the hooks in the order in which they run after a step."""
        schedule = self.recipe.schedule
        shows = [show] if mirror is None else [show, mirror.add]
        self.watch.update(self.new_events())  # what an earlier part of the run has told already
        told = [
            Every(schedule.log_every, log_terms(self.run.events, shows)),
            Every(schedule.layers_every, log_layers(self.run.events)),
            Every(schedule.sample_every, self.draw_samples),
            Every(schedule.evaluate_every, lambda trainer: self.evaluate(trainer, console)),
        ]
        warn = After(told, lambda trainer: self.warn(trainer, console))
        return [*told, warn, Every(schedule.checkpoint_every, self.save)]

    def warn(self, trainer: Trainer, console: Console) -> None:
        """Tell what has gone wrong since the last look, a line for each thing when it is first seen."""
        if trainer.engine.is_main_process:
            for finding in self.watch.update(self.new_events()):
                console.warn(f"step {finding.step}: {finding.sentence}; to try: {finding.advice}")

    def draw_samples(self, trainer: Trainer) -> None:
        """Write the grid of the same latents and classes as always and, for points, what D makes of where they lie."""
        if not trainer.engine.is_main_process or not self.model.algorithm.generates:
            return
        self.model.step = trainer.step
        # Arranged anew, since networks that move may have a part in what samples start from.
        grid = grid_of(self.model, self.recipe.schedule.samples, RandomStream(trainer.seed, "grid"))
        samples = self.model.decode(grid.latents, grid.labels)
        real = self.dataset.items(self.real_index)
        title, name = f"step {trainer.step}", f"step-{trainer.step:08d}.png"
        picture = sample_picture(self.dataset.info, samples, real, title, columns=grid.columns)
        write_bytes(self.run.samples / name, picture)
        self.run.events.append("health", trainer.step, **health_numbers(self.model, samples, real))
        if self.draws_critic:
            self.run.critic.mkdir(exist_ok=True)
            write_bytes(self.run.critic / name, critic_picture(self.model, samples, real, title))
        if self.sweeps is not None:
            self.run.sweeps.mkdir(exist_ok=True)
            write_bytes(self.run.sweeps / name, self.sweeps.picture(self.model))

    def evaluate(self, trainer: Trainer, console: Console) -> None:
        """Score the model; a checkpoint with the best score so far is saved and kept."""
        if trainer.engine.is_main_process:
            self._score(trainer, console)
        if trainer.engine.any(trainer.engine.is_main_process and self.run.best_step() == trainer.step):
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
        if not trainer.engine.is_main_process:
            return
        trainer.refuse_infinite()
        self.run.events.sync()
        save_checkpoint(self.run.checkpoints, state)
        keep_last, best = self.recipe.schedule.keep_last, self.run.best_step()
        prune_checkpoints(self.run.checkpoints, trainer.step, keep_last, best)


def _in_words(score: Score) -> str:
    details = [f"{k} {v:.4g}" for k, v in score.details.items() if isinstance(v, int | float)]
    return f"{score.name} {score.value:.4g}" + (f" ({', '.join(details)})" if details else "")


@dataclass(frozen=True)
class Every:
    """Calls an action every so many steps and after the last one; never if ``steps`` is 0."""

    steps: int
    action: Callable[[Trainer], None]

    def due(self, step: int, steps: int) -> bool:
        """Whether the action happens after this step."""
        return self.steps > 0 and (step % self.steps == 0 or step == steps)

    def __call__(self, trainer: Trainer) -> None:
        """Do it."""
        self.action(trainer)


@dataclass(frozen=True)
class After:
    """Calls an action after each step after which one of some hooks was due; it stands behind them."""

    hooks: Sequence[Every]
    action: Callable[[Trainer], None]

    def due(self, step: int, steps: int) -> bool:
        """Whether the action happens after this step."""
        return any(hook.due(step, steps) for hook in self.hooks)

    def __call__(self, trainer: Trainer) -> None:
        """Do it."""
        self.action(trainer)


def log_terms(
    events: EventLog, shows: Sequence[Callable[[int, Mapping[str, float], float], None]]
) -> Callable[[Trainer], None]:
    """Return an action that writes the mean terms and the speed, and shows them.

    ``show(step, terms, images_per_second)`` is called in the leading process only. Times go into events of
    their own kind, so that the scalars of a resumed run are those of an uninterrupted one.
    """
    before: list[int] = []  # images at the last call

    def action(trainer: Trainer) -> None:
        terms = trainer.read_log()
        if not trainer.engine.is_main_process:
            return
        seconds = trainer.clock.take()
        images = trainer.images - (before[-1] if before else trainer.first_images)
        before[:] = [trainer.images]
        rate = images / max(seconds["total"], 1e-9)
        events.append("scalars", trainer.step, kimg=trainer.images / 1000, **terms)
        rounded = {name: round(value, 4) for name, value in seconds.items()}
        events.append("speed", trainer.step, images_per_second=round(rate, 1), seconds=rounded)
        for show in shows:
            show(trainer.step, terms, rate)

    return action


def log_layers(events: EventLog) -> Callable[[Trainer], None]:
    """Return an action that writes gradient norm, mean and spread of every parameter that moves, by its name.

    The gradients are those of each network's last update in the step: they stay until its next one.
    """

    def action(trainer: Trainer) -> None:
        if trainer.engine.is_main_process:
            statistics = parameter_statistics(trainer.networks, trainer.optimizers)
            events.append("layers", trainer.step, parameters=statistics)

    return action
