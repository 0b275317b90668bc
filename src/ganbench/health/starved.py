"""G starved: it receives almost no gradient."""

from __future__ import annotations

from ganbench.health.signals import Signals, early_median

_MAX_SHARE = 1e-3


class Starved:
    """The norm of G's whole gradient is at most a thousandth of its early value, at two reports in a row.

    The early value is the median of the first five reports. Gradients of healthy runs also shrink as G approaches
    the data or D is regularised, but by factors of tens, not thousands; and a single small gradient may be chance.
    """

    name, events = "G starved", ("layers",)
    advice = (
        "use the non-saturating, hinge or Wasserstein loss, or weaken D (a gradient penalty, a lower learning rate, "
        "fewer updates)"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, or None."""
        norms = signals.gradients.get("G", [])
        if len(norms) < 3:
            return None
        early, now = early_median(norms), max(norms[-2:])
        if now > _MAX_SHARE * early:
            return None
        return f"G is starved: its gradient norm is {now:.2g}, compared with {early:.2g} early in training"
