"""G starved: hardly any gradient comes back to it."""

from __future__ import annotations

from ganbench.health.signals import Signals, early

_SHARE = 1e-3


class Starved:
    """The norm of G's whole gradient is below a thousandth of what it was early on, at two reports in a row.

    Early on means the middle one of the first five reports. Gradients of healthy runs also shrink, as G comes near
    the data or D is regularised, but by tens, not thousands; and one small gradient may be chance.
    """

    name, events = "G starved", ("layers",)
    advice = (
        "use the non-saturating, hinge or Wasserstein loss, or hold D back (a penalty, a smaller learning rate, "
        "fewer updates)"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, if anything is."""
        norms = signals.gradients.get("G", [])
        if len(norms) < 3:
            return None
        usual, now = early(norms), max(norms[-2:])
        if now > _SHARE * usual:
            return None
        return f"G is starved: the norm of its gradient is {now:.2g}, early on it was {usual:.2g}"
