"""When the next step is due at the speed that a page asks for, and when the next frame."""

from __future__ import annotations

import time
from collections.abc import Callable

from ganbench.playground.limits import PlaygroundLimits

_SLOW = 2.0  # steps per second; the eye can follow the updates within a step up to this speed


class Pace:
    """The pace of one page.

    Args:
        limits: How many frames there may be.
        clock: Returns the time in seconds.

    Attributes:
        shows_updates: Whether the updates of a step are shown one by one.
    """

    def __init__(self, limits: PlaygroundLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._steps_per_second: float | None = None
        self._pictures = 1  # of the present step
        self._step_due = self._frame_due = clock()
        self._measured: tuple[float, int] | None = None
        self.shows_updates = False

    @property
    def full_speed(self) -> bool:
        """Whether steps are trained as fast as possible."""
        return self._steps_per_second is None

    def change(self, steps_per_second: float | None, phases: bool) -> None:
        """Set the speed, None for as fast as possible, and whether to show the updates of a step if it is slow."""
        self._steps_per_second = steps_per_second
        self.shows_updates = phases and steps_per_second is not None and steps_per_second <= _SLOW
        self.restart()

    def restart(self) -> None:
        """Make a step due now, and measure the speed anew."""
        self._step_due, self._measured = self._clock(), None

    def seconds_to_step(self) -> float:
        """Return the seconds until the next step, or the next picture of the present one."""
        return 0.0 if self.full_speed else self._step_due - self._clock()

    def seconds_to_frame(self) -> float:
        """Return the seconds until the next frame of a finished step may be made."""
        return self._frame_due - self._clock()

    def stepped(self, pictures: int) -> None:
        """Note that a step is trained, which will be shown in so many pictures."""
        self._pictures = pictures
        self.pictured(first=True)

    def pictured(self, *, first: bool = False) -> None:
        """Note that a picture of the present step is shown: the next is due later; the first one is due at once."""
        now = self._clock()
        if first and self._pictures > 1:
            self._step_due = now
        elif self._steps_per_second is not None:
            interval = 1 / (self._steps_per_second * self._pictures)
            self._step_due = max(self._step_due + interval, now)

    def framed(self, begun: float) -> None:
        """Note that a frame is made, begun at this time: the next may follow when frames do not take too much time."""
        took = self._clock() - begun
        self._frame_due = begun + max(1 / self._limits.frames_per_second, took / self._limits.frames_share)

    def speed(self, step: int) -> float | None:
        """Return the steps per second since the last call, and None for the first."""
        now, before = self._clock(), self._measured
        self._measured = now, step
        if before is None or step <= before[1] or now <= before[0]:
            return None
        return (step - before[1]) / (now - before[0])
