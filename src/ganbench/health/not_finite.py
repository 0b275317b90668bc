"""Not finite: a loss or a weight is NaN or infinite; the message names the layer where that began."""

from __future__ import annotations

from ganbench.health.signals import Signals


class NotFinite:
    """The run failed on a number that is not finite. The trainer's error message names the layer where it began."""

    name, events = "not finite", ("failure",)
    advice = (
        "lower the learning rate of that network, clip its gradient (schedule.gradient_clip), "
        "or strengthen the gradient penalty"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, or None."""
        return signals.failure or None
