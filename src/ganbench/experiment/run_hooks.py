"""The hooks of a run, called between training steps: log, draw samples, evaluate, warn, save checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.data.base import Dataset
from ganbench.experiment.clock_progress import ClockProgress
from ganbench.experiment.closing import score_line
from ganbench.experiment.long_run import LongRunNotice
from ganbench.experiment.trackers.mirror import Mirror
from ganbench.experiment.validation import PeriodicEvaluation
from ganbench.health import HealthMonitor
from ganbench.health.measure import health_metrics
from ganbench.inference.critic_scores import critic_unavailable_reason
from ganbench.inference.snapshots import training_model
from ganbench.latents import Latent
from ganbench.recipes.base import Recipe
from ganbench.runs.checkpoint import prune_checkpoints, save_checkpoint
from ganbench.runs.event_log import EventLog
from ganbench.runs.run import Run
from ganbench.training.layer_statistics import parameter_statistics
from ganbench.training.trainer import Hook, Trainer
from ganbench.utils.console import Console
from ganbench.utils.files import write_bytes
from ganbench.utils.random_stream import RandomStream
from ganbench.visualization.code_sweeps import code_sweep_grid
from ganbench.visualization.critic import critic_picture
from ganbench.visualization.image_grid import sample_picture
from ganbench.visualization.sample_grid import make_sample_grid


@dataclass(frozen=True)
class Every:
    """Calls an action every ``steps`` steps and after the last step; never if ``steps`` is 0."""

    steps: int
    action: Callable[[Trainer], None]

    def due(self, step: int, steps: int) -> bool:
        """Whether the action runs after this step."""
        return self.steps > 0 and (step % self.steps == 0 or step == steps)

    def __call__(self, trainer: Trainer) -> None:
        """Run the action."""
        self.action(trainer)


@dataclass(frozen=True)
class AfterAny:
    """Calls an action after every step at which one of the given hooks is due; list it behind them."""

    hooks: Sequence[Every]
    action: Callable[[Trainer], None]

    def due(self, step: int, steps: int) -> bool:
        """Whether the action runs after this step."""
        return any(hook.due(step, steps) for hook in self.hooks)

    def __call__(self, trainer: Trainer) -> None:
        """Run the action."""
        self.action(trainer)


class RunHooks:
    """The hooks of one run. Only the main process writes files."""

    def __init__(
        self,
        run: Run,
        trainer: Trainer,
        latent: Latent,
        dataset: Dataset,
        recipe: Recipe,
        trusted: Collection[str] = (),
    ) -> None:
        self.run, self.trainer, self.dataset, self.recipe = run, trainer, dataset, recipe
        self.trusted, self.evaluation = trusted, PeriodicEvaluation(recipe, dataset, trusted)
        self.model = training_model(trainer, latent, recipe, dataset.info)
        self.real_index = RandomStream(trainer.seed, "real").integers(
            recipe.schedule.samples, dataset.info.size
        )
        self.draws_critic = critic_unavailable_reason(self.model) is None
        has_codes = hasattr(self.model.latent, "codes")
        self.sweeps = (
            code_sweep_grid(self.model, 5, RandomStream(trainer.seed, "grid")) if has_codes else None
        )
        self.saved_step = trainer.step if trainer.step in run.checkpoint_steps() else -1
        self.monitor, self.new_events = HealthMonitor(recipe.schedule.steps), run.events.follow()

    def create(self, console: Console, show: Any, mirror: Mirror) -> list[Hook]:
        """Return the hooks in the order in which they run after a step.

        Args:
            console: Receives scores and health warnings.
            show: Called with the step, the mean loss terms and the images per second.
            mirror: Passes on to trackers what is logged.
        """
        schedule = self.recipe.schedule
        self.monitor.update(self.new_events.stream())  # an earlier part of the run has reported these already
        mirror.skip()
        log = Every(schedule.log_every, log_scalars(self.run.events, show))
        others = [
            Every(schedule.layers_every, log_layers(self.run.events)),
            Every(schedule.sample_every, self.draw_samples),
            Every(schedule.evaluate_every, lambda trainer: self.evaluate(trainer, console)),
        ]
        warn = AfterAny([log, *others], lambda trainer: self.warn(trainer, console))
        # Progress comes after the log, whose lines make its own superfluous.
        progress = ClockProgress(show, self.trainer.images)
        notice = LongRunNotice(self.recipe, console)
        hooks: list[Hook] = [
            log,
            progress,
            notice,
            *others,
            warn,
            Every(schedule.checkpoint_every, self.save),
        ]
        # Trackers come last: they may be slow, and the run's own files count.
        return (
            [*hooks, AfterAny([log, *others], lambda trainer: mirror.send(trainer.step))] if mirror else hooks
        )

    def warn(self, trainer: Trainer, console: Console) -> None:
        """Print each new health finding once."""
        if trainer.engine.is_main_process:
            for finding in self.monitor.update(self.new_events()):
                console.warn(f"step {finding.first_step}: {finding.message}; to try: {finding.advice}")

    def draw_samples(self, trainer: Trainer) -> None:
        """Write the sample grid, always for the same latents and classes; for points also the critic's landscape."""
        if not trainer.engine.is_main_process or not self.model.generates:
            return
        self.model.step = trainer.step
        # The grid is laid out each time, since moving networks may take part in preparing its latents.
        grid = make_sample_grid(self.model, self.recipe.schedule.samples, RandomStream(trainer.seed, "grid"))
        samples = self.model.decode(grid.latents, grid.labels)
        real = self.dataset.items(self.real_index)
        title, name = f"step {trainer.step}", f"step-{trainer.step:08d}.png"
        picture = sample_picture(self.dataset.info, samples, real, title, columns=grid.columns)
        write_bytes(self.run.samples / name, picture)
        self.run.events.append("health", trainer.step, **health_metrics(self.model, samples, real))
        if self.draws_critic:
            self.run.critic.mkdir(exist_ok=True)
            write_bytes(self.run.critic / name, critic_picture(self.model, samples, real, title))
        if self.sweeps is not None:
            self.run.sweeps.mkdir(exist_ok=True)
            write_bytes(self.run.sweeps / name, self.sweeps.render_png(self.model))

    def evaluate(self, trainer: Trainer, console: Console) -> None:
        """Score the model and log the scores; save a checkpoint if it is the best so far.

        All processes score it together, since they share the computation of features.
        """
        self.model.step = trainer.step
        scores = self.evaluation.scores(self.model, trainer.seed, trainer.engine.map_rows)
        if trainer.engine.is_main_process:
            for score in scores:
                self.run.events.append("score", trainer.step, **score.to_dict())
                console.note(f"step {trainer.step}: {score_line(score)}")
        if trainer.engine.any(trainer.engine.is_main_process and self.run.best_step() == trainer.step):
            self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Save a checkpoint of this step unless there is one, and delete the old ones that are not to be kept."""
        if trainer.step == self.saved_step:
            return
        self.saved_step = trainer.step
        state = trainer.state_dict()  # a collective operation: every process takes part
        if not trainer.engine.is_main_process:
            return
        trainer.check_finite()
        self.run.require_lock()
        self.run.events.sync()
        save_checkpoint(self.run.checkpoints, state)
        keep_last, best = self.recipe.schedule.keep_last, self.run.best_step()
        prune_checkpoints(self.run.checkpoints, trainer.step, keep_last, best)


def log_scalars(
    events: EventLog, show: Callable[[int, Mapping[str, float], float], None]
) -> Callable[[Trainer], None]:
    """Return an action that logs the mean loss terms and the speed, and shows them.

    ``show(step, terms, images_per_second)`` is called in the main process only. Times are events of their own kind,
    so that the scalars of a resumed run equal those of an uninterrupted one.
    """
    last_images: list[int] = []

    def action(trainer: Trainer) -> None:
        terms = trainer.read_log()
        if not trainer.engine.is_main_process:
            return
        seconds = trainer.clock.take()
        images = trainer.images - (last_images[-1] if last_images else trainer.images_at_start)
        last_images[:] = [trainer.images]
        rate = images / max(seconds["total"], 1e-9)
        events.append("scalars", trainer.step, kimg=trainer.images / 1000, **terms)
        rounded = {name: round(value, 4) for name, value in seconds.items()}
        events.append("speed", trainer.step, images_per_second=round(rate, 1), seconds=rounded)
        show(trainer.step, terms, rate)

    return action


def log_layers(events: EventLog) -> Callable[[Trainer], None]:
    """Return an action that logs each trained parameter's gradient norm, mean and standard deviation.

    The gradients are those of the network's last update in the step, which stay until its next one.
    """

    def action(trainer: Trainer) -> None:
        if trainer.engine.is_main_process:
            statistics = parameter_statistics(trainer.networks, trainer.optimizers)
            events.append("layers", trainer.step, parameters=statistics)

    return action
