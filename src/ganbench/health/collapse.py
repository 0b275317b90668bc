"""Mode collapse: generated samples vary much less than the data."""

from __future__ import annotations

from itertools import pairwise

from ganbench.health.signals import Signals

# For each sign: at or below the first value it counts as collapsed, at or above the second as healthy.
_SPREAD, _NEAREST, _MODES = (0.25, 0.5), (0.1, 0.2), (0.5, 0.75)


class Collapse:
    """Samples vary much less than real items at two reports in a row, by one of three signs.

    - The mean distance between two samples is at most a quarter of that between two real items: one mode of many,
      or nearly identical images.
    - The mean distance of a sample to its nearest neighbour is at most a tenth of that of real items: a few points,
      however far apart.
    - Where modes are counted, at most half of them are captured.

    Early in training, G makes a small blob and finds modes one by one. So a sign counts only after it was healthy at
    two reports in a row (half the real distance, a fifth of it, three quarters of the modes), or in the second half
    of the planned run, after at least 1,000 steps and eight reports. All reports use the same latents.
    """

    name, events = "collapse", ("health", "score")
    advice = (
        "add a gradient penalty (R1, or R1 and R2 with the relativistic loss), pack samples for D "
        "(algorithm.packing=2), or lower G's learning rate"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, or None."""
        if signals.kind == "score":
            return _few_modes(signals)
        spread, nearest = signals.health.get("spread", []), signals.health.get("nearest", [])
        if _has_collapsed(signals, spread, *_SPREAD):
            return (
                f"G has collapsed: the mean distance between samples is {100 * spread[-1]:.2g} % of that "
                "between real items"
            )
        if _has_collapsed(signals, nearest, *_NEAREST):
            return (
                f"G has collapsed: the mean distance of samples to their nearest neighbours is "
                f"{100 * nearest[-1]:.2g} % of that of real items"
            )
        return None


def _few_modes(signals: Signals) -> str | None:
    if not _has_collapsed(signals, [captured / total for captured, total in signals.modes], *_MODES):
        return None
    captured, total = signals.modes[-1]
    return f"G has collapsed: it captures {captured} of {total} modes"


def _has_collapsed(signals: Signals, values: list[float], threshold: float, healthy: float) -> bool:
    was_healthy = any(min(pair) >= healthy for pair in pairwise(values))
    below = len(values) >= 2 and max(values[-2:]) <= threshold
    return below and (was_healthy or signals.is_mature(len(values)))
