"""Not a number: a loss or a weight is no longer a finite number, and where that began."""

from __future__ import annotations

from ganbench.health.signals import Signals


class NotFinite:
    """The run failed on a number that is not finite; the trainer has looked for the layer where it began."""

    name, events = "not finite", ("failure",)
    advice = (
        "lower the learning rate of that network, clip its gradient (schedule.gradient_clip), "
        "or strengthen the penalty"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, if anything is."""
        return signals.failure or None
