"""Show the progress of a run by the clock, between two entries of its log."""

from __future__ import annotations

import time
from collections.abc import Callable

from ganbench.training.trainer import Trainer
from ganbench.utils.console import ShowProgress


class ClockProgress:
    """A hook that shows the step and the speed after every step that ends ``seconds`` after the last one shown.

    Args:
        show: Called with the step, no loss terms, and images per second.
        images: The number of images that the run has seen when the first step starts.
        seconds: The shortest time between two calls.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        show: ShowProgress,
        images: int,
        seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show, self._seconds, self._clock = show, seconds, clock
        self._last, self._images = clock(), images

    def due(self, step: int, steps: int) -> bool:
        """Whether enough time has passed."""
        return self._clock() - self._last >= self._seconds

    def __call__(self, trainer: Trainer) -> None:
        """Show the step and the speed since the last call."""
        now, images = self._clock(), trainer.images
        if trainer.engine.is_main_process:
            self._show(trainer.step, {}, (images - self._images) / max(now - self._last, 1e-9))
        self._last, self._images = now, images
