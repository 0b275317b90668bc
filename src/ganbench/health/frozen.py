"""Losses frozen: they, or a network's weights, no longer change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganbench.health.signals import Signals

_RELATIVE = 1e-6


class Frozen:
    """All adversarial losses the same in six digits, or a whole network's weights in five, at three reports in a row.

    A loss is a mean over batches, whose noise alone changes the third digit; it stands still only where scores no
    longer depend on the samples. Of weights the log keeps mean and spread in five digits; all parameters of a network
    must keep both, so a bias that a norm makes useless raises no alarm, nor does a learning rate that has become small.
    While a term is exactly 0, such as one whose coefficient comes in later, a network without a loss of its own
    (InfoGAN's Q) may be waiting for it and raises none either.
    """

    name, events = "losses frozen", ("scalars", "layers")
    advice = (
        "look at the learning rates and their schedule, and for a D whose output is the same for all samples "
        "(dead ReLUs, weights decayed or clipped to nothing)"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, if anything is."""
        terms = [values[-3:] for name, values in signals.terms.items() if name.endswith("/adversarial")]
        if terms and all(_constant(values) for values in terms):
            return f"the losses are frozen: at three reports in a row they were {_listed(terms)}"
        still = _still(signals.layers) if signals.kind == "layers" else []
        if any(values[-3:] == [0.0] * 3 for values in signals.terms.values()):
            own = {name.partition("/")[0] for name in signals.terms}
            still = [network for network in still if network in own]
        if still:
            return (
                f"the weights of {' and '.join(still)} are frozen: at three reports in a row none has moved"
            )
        return None


def _constant(values: list[float]) -> bool:
    return len(values) == 3 and max(values) - min(values) <= _RELATIVE * abs(values[0])


def _listed(terms: list[list[float]]) -> str:
    return " and ".join(f"{values[-1]:.5g}" for values in terms)


def _still(reports: list[Mapping[str, Any]]) -> list[str]:
    """Return the networks none of whose parameters' means and spreads differ between three reports."""
    if len(reports) < 3:
        return []
    moved: dict[str, bool] = {}
    for name, (_, mean, std) in reports[-1].items():
        network = name.partition(".")[0]
        same = all(report.get(name, (None, None, None))[1:] == [mean, std] for report in reports[:-1])
        moved[network] = moved.get(network, False) or not same
    return [network for network, moves in moved.items() if not moves]
