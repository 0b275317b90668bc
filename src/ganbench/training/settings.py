"""Settings of a run: its schedule, and how it uses the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ganbench.config.spec import Spec, check_value, field_types
from ganbench.errors import UserError
from ganbench.training.schedule import Constant

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The length of a run, and when what happens. Steps are generator steps; all ``*_every`` are in steps.

    Attributes:
        steps: The length of the run.
        batch: The global batch size.
        microbatches: The number of microbatches into which each process splits its share of a batch, to save memory.
            Batch norm sees each alone, and spectral norm runs one power iteration for each.
        learning_rate: A factor on every optimizer's learning rate.
        warmup: The number of steps at the start over which learning rates rise linearly.
        gradient_clip: The largest norm of each network's gradient, over all its weights; None for no limit.
        clipped_networks: The names of the networks to which ``gradient_clip`` applies; if empty, all.
        ema_half_life: In images; None for no moving average.
        ema_ramp: Early on, the half-life is at most this share of the images seen.
        log_every: Steps between log entries of losses.
        layers_every: Steps between log entries of layer statistics; 0 for none.
        sample_every: Steps between sample grids; 0 for none.
        samples: The number of samples in a grid.
        checkpoint_every: Steps between checkpoints.
        keep_last: The number of checkpoints to keep, in addition to the best one.
        evaluate_every: Steps between evaluations; 0 for none.
        evaluate_samples: The number of samples in an evaluation.
        evaluate_metrics: Its metrics; if empty, the default ones for the data.
        evaluate_features: Its feature extractor.
        best_by: The metric that decides which checkpoint is the best; if empty, the first.

    Example:
        >>> from ganbench import Schedule
        >>> Schedule(steps=1000, batch=64, warmup=100).learning_rate_at(49)
        0.5
    """

    steps: int
    batch: int
    microbatches: int = 1
    learning_rate: Spec = field(default_factory=lambda: Spec(Constant))
    warmup: int = 0
    gradient_clip: float | None = None
    clipped_networks: tuple[str, ...] = ()
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

    def gradient_limit(self, network: str) -> float | None:
        """Return the largest norm of this network's gradient, or None for no limit."""
        applies = not self.clipped_networks or network in self.clipped_networks
        return self.gradient_clip if applies else None

    def learning_rate_at(self, step: int) -> float:
        """Return the factor on learning rates for the update that follows ``step`` finished steps."""
        ramp = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        factor: float = self.learning_rate()(step, self.steps)
        return ramp * factor


MAX_THREADS = 1024  # with millions, OpenMP ends the process


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How a run uses the machine.

    Attributes:
        device: "auto" is the first of CUDA, MPS and CPU that is available.
        precision: The precision of forward passes.
        threads: The number of CPU threads; None for torch's own number, which ``OMP_NUM_THREADS`` sets, but at most one
            per core that the process may use.
        channels_last: Whether images and image weights use the channels-last memory format.
        flush_denormals: Whether denormal floating-point numbers are treated as 0, which is faster on CPU.
        keep_pages: Whether freed memory stays with the process, which is faster.
        timeout: Seconds that a process waits for another one of the same run before it gives up; None for torch's own
            (30 minutes on CPU). It must be longer than an evaluation, during which the other processes wait.
        compile: Whether ``torch.compile`` compiles the networks' passes, except those that are differentiated twice;
            "reduce-overhead" replays them as CUDA graphs. Meant for GPUs: on CPU it was never faster.

    Example:
        >>> from ganbench import Machine
        >>> Machine(precision="fp16")
        Traceback (most recent call last):
        ganbench.errors.UserError: machine.precision must be one of fp32, bf16, not 'fp16'
    """

    device: Device = "auto"
    precision: Literal["fp32", "bf16"] = "fp32"
    threads: int | None = None
    channels_last: bool = True
    flush_denormals: bool = True
    keep_pages: bool = True
    timeout: float | None = None
    compile: Literal["none", "default", "reduce-overhead"] = "none"

    def __post_init__(self) -> None:
        _check_types(self, "machine")
        if self.threads is not None and self.threads < 1:
            raise UserError(f"machine.threads must be at least 1, not {self.threads}")
        if self.timeout is not None and self.timeout <= 0:
            raise UserError(f"machine.timeout must be above 0 seconds, not {self.timeout}")
        if self.threads is not None and self.threads > MAX_THREADS:
            raise UserError(f"machine.threads must be at most {MAX_THREADS:,}, not {self.threads:,}")


def _check_types(settings: Schedule | Machine, name: str) -> None:
    for key, annotation in field_types(type(settings)).items():
        object.__setattr__(settings, key, check_value(getattr(settings, key), annotation, f"{name}.{key}"))
