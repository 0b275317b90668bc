"""Divergence: the score is much worse than the best one, or a loss has grown without bound."""

from __future__ import annotations

from ganbench.health.signals import EARLY_REPORTS, Signals, early_median

_MAX_LOST = 0.5
_HELD_SCORES = 5
_MIN_FACTOR = 1000.0
_MIN_LOSS = 100.0


class Diverging:
    """The score is worse than the best by more than half of its scale, at two scores in a row; or a loss has diverged.

    The scale is the best score's gain over the first score, or the best score itself if that is larger, so that the
    noise of a score near its best possible value does not count. Early in training, good scores come and go by luck.
    So the best score must have been held: at most half the scale was lost at five scores in a row, or the run is in
    its second half, after at least 1,000 steps and eight scores.

    A loss has diverged if its absolute value is above 100 and above 1,000 times the median of its first five reports,
    at two reports in a row. Wasserstein losses have no natural scale, and healthy ones grow by factors of tens.
    """

    name, events = "diverging", ("score", "scalars")
    advice = (
        "return to the best checkpoint (--step best), and lower or decay the learning rates, use an EMA of G, "
        "or strengthen the gradient penalty"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, or None."""
        return _worse_score(signals) if signals.kind == "score" else _diverged_loss(signals)


def _worse_score(signals: Signals) -> str | None:
    if len(signals.scores) < 3:
        return None
    sign = 1 if signals.better == "higher" else -1
    scores = [sign * score for score in signals.scores]
    best = max(scores[:-2])
    scale = max(best - scores[0], abs(best))
    near_best = [best - score <= _MAX_LOST * scale for score in scores]
    windows = (near_best[i : i + _HELD_SCORES] for i in range(len(near_best) - _HELD_SCORES + 1))
    was_held = any(all(window) for window in windows)
    if any(near_best[-2:]) or not (was_held or signals.is_mature(len(scores))):
        return None
    return f"the score is diverging: it is {signals.scores[-1]:.4g}, and the best was {sign * best:.4g}"


def _diverged_loss(signals: Signals) -> str | None:
    for name, values in signals.losses.items():
        latest = min(abs(value) for value in values[-2:])
        # Only the ends of the series are used: a long run has many reports.
        early = early_median([abs(value) for value in values[:EARLY_REPORTS]])
        if len(values) > 2 and latest > max(_MIN_LOSS, _MIN_FACTOR * early):
            return (
                f"'{name}' has diverged: it is {values[-1]:.3g}, compared with {early_median(values):.3g} "
                "early in training"
            )
    return None
