"""D saturated: it tells every real sample from every generated one, and its loss is all but gone."""

from __future__ import annotations

from ganbench.health.signals import Signals

_SHARE, _SURE = 0.02, 0.002  # of the loss of a D that cannot tell
_SEPARATION = 0.99


class Saturated:
    """D's adversarial loss is below 2 % of that of an undecided D at two reports in a row, or below .2 % at one.

    For cross-entropies 2 % stands for a mean confidence of some 99 % in the right answer; healthy runs of all
    recipes here stay above a tenth. Losses without such a scale (Wasserstein) have no undecided value and are never
    called saturated. Where D scores single samples, it must also rank 99 % of pairs (real, generated) rightly, so
    that a loss that is small for another reason is not taken for it.
    """

    name, events = "D saturated", ("scalars", "health")
    advice = (
        "give D a gradient penalty (R1) or spectral norm, a smaller learning rate or fewer updates, "
        "or augment the data if it is small"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, if anything is."""
        losses, undecided = signals.terms.get("D/adversarial", []), signals.health.get("undecided", [])
        separation = signals.health.get("separation", [])
        if len(losses) < 2 or not undecided or (separation and separation[-1] < _SEPARATION):
            return None
        before, now = (loss / undecided[-1] for loss in losses[-2:])
        if not (0 <= now < _SURE or 0 <= min(before, now) <= max(before, now) < _SHARE):
            return None
        return f"D is saturated: its loss is {100 * now:.2g} % of that of a D that cannot tell"
