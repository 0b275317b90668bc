"""Things that happen every so many steps; each is a function of the trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ganbench.training.log import EventLog
from ganbench.training.parameters import parameter_statistics
from ganbench.training.trainer import Trainer


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
        if not trainer.engine.leads:
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
        if trainer.engine.leads:
            statistics = parameter_statistics(trainer.networks, trainer.optimizers)
            events.append("layers", trainer.step, parameters=statistics)

    return action
