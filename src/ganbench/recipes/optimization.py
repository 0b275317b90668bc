"""Optimizers and schedules that several recipes share."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from ganbench.config.spec import Spec
from ganbench.recipes.base import Budget
from ganbench.training.schedule import Constant, Linear
from ganbench.training.settings import Schedule


def adam(lr: float, betas: tuple[float, float], **settings: float) -> Spec:
    """Return Adam with a learning rate, betas and, if given, further settings such as ``weight_decay``."""
    return Spec(torch.optim.Adam, lr=lr, betas=betas, **settings)


def with_scores(schedule: Schedule, *, every: int) -> Schedule:
    """Return a reference schedule that scores 10,000 samples every ``every`` steps and keeps the best checkpoint.

    A score takes about a minute on a CPU; choose an interval that takes much longer to train.
    """
    return dataclasses.replace(schedule, evaluate_every=every, evaluate_samples=10_000)


def ema_schedule(steps: int, batch: int, **settings: Any) -> Schedule:
    """Return a schedule with an EMA of G (half-life 10,000 images) and samples and checkpoints every 500 steps."""
    return Schedule(
        steps=steps, batch=batch, ema_half_life=10_000, sample_every=500, checkpoint_every=500, **settings
    )


def warmup_schedule(budget: Budget, steps: int, batch: int, end: float = 0.2) -> Schedule:
    """Return the schedule of a short run: learning rates warm up and decay to ``end``, with an EMA of G.

    Without warmup D wins at once, its gradients vanish, and Adam makes the next updates too large. With a decay to 0,
    the last quarter of the run improves nothing. With ``end`` 1 the learning rates stay constant.
    """
    interval = 1000 if budget == "laptop" else 2000
    return Schedule(
        steps=steps,
        batch=batch,
        warmup=300,
        learning_rate=Spec(Constant) if end == 1 else Spec(Linear, end=end),
        ema_half_life=batch * (300 if budget == "laptop" else 600),
        sample_every=interval,
        checkpoint_every=interval,
    )
