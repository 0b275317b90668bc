"""Diverging: the score has lost much of what the best one had, or a loss has run away."""

from __future__ import annotations

from ganbench.health.signals import EARLY, Signals, early

_LOST = 0.5
_HELD = 5
_RUNAWAY = 1000.0
_LARGE = 100.0


class Diverging:
    """The score is worse than the best by more than half of its scale, at two scores in a row; or a loss ran away.

    The scale is what the best has gained on the first score, or the best itself if that is more, so that the noise of
    a score near its best possible value does not count. Young GANs come by good scores and lose them again, so the best
    must have been held: no more than half the scale lost at five scores in a row, or the run is in its second half,
    after 1,000 steps and eight scores.

    A loss has run away where its size is above 100 and above 1,000 times that of its first five reports, at two reports
    in a row: Wasserstein losses have no scale of their own, and healthy ones grow by tens.
    """

    name, events = "diverging", ("score", "scalars")
    advice = (
        "go back to the best checkpoint (--step best), and lower the learning rates or let them decay, keep a "
        "moving average of G, or strengthen the penalty"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, if anything is."""
        return _worse(signals) if signals.kind == "score" else _runaway(signals)


def _worse(signals: Signals) -> str | None:
    if len(signals.scores) < 3:
        return None
    sign = 1 if signals.better == "higher" else -1
    scores = [sign * score for score in signals.scores]
    best = max(scores[:-2])
    scale = max(best - scores[0], abs(best))
    near = [best - score <= _LOST * scale for score in scores]
    held = any(all(near[i : i + _HELD]) for i in range(len(near) - _HELD + 1))
    if any(near[-2:]) or not (held or signals.grown(len(scores))):
        return None
    return f"the score is diverging: it is {signals.scores[-1]:.4g}, the best was {sign * best:.4g}"


def _runaway(signals: Signals) -> str | None:
    for name, values in signals.terms.items():
        now = min(abs(value) for value in values[-2:])
        # The ends of the series are enough: long runs would be slow to look at otherwise.
        usual = early([abs(value) for value in values[:EARLY]])
        if len(values) > 2 and now > max(_LARGE, _RUNAWAY * usual):
            return f"'{name}' has run away: it is {values[-1]:.3g}, early on it was {early(values):.3g}"
    return None
