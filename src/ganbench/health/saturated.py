"""D saturated: it separates real and generated samples perfectly, and its loss is close to zero."""

from __future__ import annotations

from ganbench.health.signals import Signals

_MAX_SHARE, _MAX_SHARE_ONCE = 0.02, 0.002  # of an undecided D's loss
_MIN_SEPARATION = 0.99


class Saturated:
    """D's adversarial loss is below 2 % of an undecided D's at two reports in a row, or below 0.2 % at one.

    For cross-entropies, 2 % corresponds to a mean confidence of about 99 % in the right answer; healthy runs of all
    recipes here stay above a tenth. Losses without a natural scale (Wasserstein) have no undecided value and never
    count as saturated. If D scores samples individually, it must also rank 99 % of pairs (real, generated) correctly,
    to exclude losses that are small for another reason.
    """

    name, events = "D saturated", ("scalars", "health")
    advice = (
        "give D a gradient penalty (R1) or spectral norm, a lower learning rate or fewer updates, "
        "or augment the data if the set is small"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, or None."""
        losses, undecided = signals.losses.get("D/adversarial", []), signals.health.get("undecided", [])
        separation = signals.health.get("separation", [])
        if len(losses) < 2 or not undecided or (separation and separation[-1] < _MIN_SEPARATION):
            return None
        before, now = (loss / undecided[-1] for loss in losses[-2:])
        if not (0 <= now < _MAX_SHARE_ONCE or 0 <= min(before, now) <= max(before, now) < _MAX_SHARE):
            return None
        return f"D is saturated: its loss is {100 * now:.2g} % of that of an undecided D"
