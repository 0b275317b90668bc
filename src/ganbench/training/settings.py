"""How long a run is, what happens when, and what it asks of the computer."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field, fields
from typing import Literal

from ganbench.config.spec import Spec, check
from ganbench.errors import UserError
from ganbench.training.schedule import Constant


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long a run is and what happens when. Steps are generator steps; ``batch`` is the global batch.

    ``learning_rate`` is a factor on every optimizer's rate, after a linear ``warmup`` of that many steps.
    ``gradient_clip`` is the largest norm of each network's gradient, all its weights together (None: any).
    ``ema_half_life`` counts images (None: no average); early on it is at most ``ema_ramp`` of the images seen.
    ``*_every`` are in steps; 0 turns samples, scores or statistics of layers off, but not the log or checkpoints.
    ``evaluate_metrics`` are measured on the way (none named: what suits the data) in ``evaluate_features``; the best
    checkpoint is kept ``best_by`` one of them (empty: the first).
    """

    steps: int
    batch: int
    microbatches: int = 1
    learning_rate: Spec = field(default_factory=lambda: Spec(Constant))
    warmup: int = 0
    gradient_clip: float | None = None
    ema_half_life: float | None = None
    ema_ramp: float = 0.05
    log_every: int = 100
    layers_every: int = 100
    sample_every: int = 1000
    samples: int = 64
    checkpoint_every: int = 1000
    keep_last: int = 2
    evaluate_every: int = 0
    evaluate_samples: int = 2500
    evaluate_metrics: tuple[str, ...] = ()
    evaluate_features: str = "efficientnet-lite0"
    best_by: str = ""

    def __post_init__(self) -> None:
        _check_types(self, "schedule")
        for name in (
            "steps",
            "batch",
            "microbatches",
            "log_every",
            "samples",
            "checkpoint_every",
            "keep_last",
        ):
            if getattr(self, name) < 1:
                raise UserError(f"schedule.{name} must be at least 1, not {getattr(self, name)}")
        for name in (
            "warmup",
            "ema_ramp",
            "layers_every",
            "sample_every",
            "evaluate_every",
            "evaluate_samples",
        ):
            if getattr(self, name) < 0:
                raise UserError(f"schedule.{name} must not be negative, but is {getattr(self, name)}")
        if self.gradient_clip is not None and self.gradient_clip <= 0:
            raise UserError("schedule.gradient_clip must be above 0; 'null' turns clipping off")
        if self.ema_half_life is not None and self.ema_half_life <= 0:
            raise UserError("schedule.ema_half_life must be above 0 images; 'null' turns the average off")
        if self.batch % self.microbatches:
            raise UserError(
                f"schedule.batch={self.batch} cannot be divided into {self.microbatches} microbatches"
            )

    def learning_rate_at(self, step: int) -> float:
        """Return the factor on learning rates for the update that follows ``step`` finished steps."""
        ramp = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        factor: float = self.learning_rate()(step, self.steps)
        return ramp * factor


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the run asks of the computer. ``threads`` None means as many as there are cores."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["fp32", "bf16"] = "fp32"
    threads: int | None = None
    channels_last: bool = True
    flush_denormals: bool = True
    keep_pages: bool = True

    def __post_init__(self) -> None:
        _check_types(self, "machine")
        if self.threads is not None and self.threads < 1:
            raise UserError(f"machine.threads must be at least 1, not {self.threads}")


def _check_types(settings: Schedule | Machine, name: str) -> None:
    hints = typing.get_type_hints(type(settings))
    for f in fields(settings):
        value = check(getattr(settings, f.name), hints[f.name], f"{name}.{f.name}")
        object.__setattr__(settings, f.name, value)
