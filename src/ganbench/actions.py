"""What a run does between its steps: log, draw samples, score, warn of what goes wrong, save."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ganbench.console import Console
from ganbench.data.base import Dataset
from ganbench.health import Watch
from ganbench.health.measure import health_numbers
from ganbench.metrics.base import Score
from ganbench.on_the_way import OnTheWay
from ganbench.recipe import Recipe
from ganbench.report.arrangement import grid_of
from ganbench.report.critic import critic_picture, why_not
from ganbench.report.grid import sample_picture
from ganbench.report.sweeps import sweep_arrangement
from ganbench.runs import Run, write_bytes
from ganbench.snapshots import in_training
from ganbench.training.checkpoint import prune_checkpoints, save_checkpoint
from ganbench.training.draws import Draws
from ganbench.training.hooks import After, Every, log_layers, log_terms
from ganbench.training.tensorboard import TensorBoardMirror
from ganbench.training.trainer import Hook, Trainer


class Actions:
    """The actions of one run, attached to the loop as hooks. Only the leading process writes."""

    def __init__(
        self, run: Run, trainer: Trainer, dataset: Dataset, recipe: Recipe, trusted: Collection[str] = ()
    ) -> None:
        self.run, self.trainer, self.dataset, self.recipe = run, trainer, dataset, recipe
        self.scoring = OnTheWay(recipe, dataset, trusted)
        self.model = in_training(trainer, recipe, dataset.info)
        self.real_index = Draws(trainer.seed, "real").integers(recipe.schedule.samples, dataset.info.size)
        self.draws_critic = why_not(self.model) is None
        codes = hasattr(self.model.latent, "codes")
        self.sweeps = sweep_arrangement(self.model, 5, Draws(trainer.seed, "grid")) if codes else None
        self.saved_step = trainer.step if trainer.step in run.checkpoint_steps() else -1
        self.watch, self.new_events = Watch(recipe.schedule.steps), run.events.follow()

    def hooks(self, console: Console, show: Any, mirror: TensorBoardMirror | None) -> list[Hook]:
        """Return the hooks in the order in which they run after a step."""
        schedule = self.recipe.schedule
        shows = [show] if mirror is None else [show, mirror.add]
        self.watch.see(self.new_events())  # what an earlier part of the run has told already
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
        if trainer.engine.leads:
            for finding in self.watch.see(self.new_events()):
                console.warn(f"step {finding.step}: {finding.sentence}; to try: {finding.advice}")

    def draw_samples(self, trainer: Trainer) -> None:
        """Write the grid of the same latents and classes as always and, for points, what D makes of where they lie."""
        if not trainer.engine.leads or not self.model.algorithm.generates:
            return
        self.model.step = trainer.step
        # Arranged anew, since networks that move may have a part in what samples start from.
        grid = grid_of(self.model, self.recipe.schedule.samples, Draws(trainer.seed, "grid"))
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
