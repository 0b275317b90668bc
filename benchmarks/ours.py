"""Time ganbench's training loop as ``ganbench train`` runs it, with its event log and EMA."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ganbench.experiment.build_trainer import make_trainer
from ganbench.experiment.run_hooks import Every, log_scalars
from ganbench.inference.build import make_dataset
from ganbench.recipes.base import Recipe
from ganbench.runs.event_log import EventLog
from ganbench.training.engine import Engine


def sections_per_step(recipe: Recipe, steps: int, warmup: int) -> dict[str, float]:
    """Return the wall seconds per step by section and in ``total``, without the ``warmup`` steps."""
    with Engine(recipe.machine) as engine:
        recipe = recipe.override({"schedule.steps": warmup + steps})
        trainer = make_trainer(recipe, make_dataset(recipe), engine, seed=0)
        for _ in range(warmup):
            trainer.train_step()
        trainer.read_log()
        with tempfile.TemporaryDirectory() as folder:
            events = EventLog(Path(folder) / "events.jsonl")
            hook = Every(recipe.schedule.log_every, log_scalars(events, lambda step, terms, rate: None))
            trainer.train([hook])
            times: dict[str, float] = {}
            for event in events.read("speed"):
                for name, seconds in event["seconds"].items():
                    times[name] = times.get(name, 0.0) + seconds / steps
            return times
