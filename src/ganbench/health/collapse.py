"""Collapse: what G makes is much less varied than the data."""

from __future__ import annotations

from itertools import pairwise

from ganbench.health.signals import Signals

#: Of each sign, what counts as collapsed and what as having been well.
_SPREAD, _NEAREST, _MODES = (0.25, 0.5), (0.1, 0.2), (0.5, 0.75)


class Collapse:
    """Three signs, each at two reports in a row, of samples from the same latents as always.

    - The mean distance between two samples is below a quarter of that between two real ones: one mode of many, or
      nearly one picture.
    - The mean distance of a sample to its nearest neighbour is below a tenth of the real ones': a few points, however
      far apart.
    - Where modes are counted, at most half of them are captured.

    A young G makes a small blob and finds modes one by one, so a sign counts only once things had been well in that
    respect at two reports in a row (half the real distance, a fifth, three quarters of the modes), or in the second
    half of the planned run, after 1,000 steps and eight reports.
    """

    name, events = "collapse", ("health", "score")
    advice = (
        "add a gradient penalty (R1, or R1 and R2 with the relativistic loss), let D judge packs of samples "
        "(algorithm.packing=2), or lower G's learning rate"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, if anything is."""
        if signals.kind == "score":
            return _few_modes(signals)
        spread, nearest = signals.health.get("spread", []), signals.health.get("nearest", [])
        if _below(signals, spread, *_SPREAD):
            share = 100 * spread[-1]
            return f"G has collapsed: two samples are {share:.2g} % as far apart as two real ones"
        if _below(signals, nearest, *_NEAREST):
            share = 100 * nearest[-1]
            return f"G has collapsed: samples lie {share:.2g} % as far from their nearest neighbours as real ones"
        return None


def _few_modes(signals: Signals) -> str | None:
    if not _below(signals, [modes / of for modes, of in signals.modes], *_MODES):
        return None
    modes, of = signals.modes[-1]
    return f"G has collapsed: it captures {modes} of {of} modes"


def _below(signals: Signals, values: list[float], threshold: float, well: float) -> bool:
    held = any(min(pair) >= well for pair in pairwise(values))
    return len(values) >= 2 and max(values[-2:]) <= threshold and (held or signals.grown(len(values)))
