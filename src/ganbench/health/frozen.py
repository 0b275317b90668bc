"""Frozen training: the losses, or the weights of a network, no longer change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganbench.health.signals import Signals

_TOLERANCE = 1e-6


class Frozen:
    """All adversarial losses keep six digits, or all weights of a network keep five, over three reports.

    A loss is a mean over batches, whose noise alone changes the third digit; it is constant only if D's outputs no
    longer depend on the samples. For weights, the log holds the mean and standard deviation of each parameter in five
    digits, and all parameters of a network must keep both. So a bias made useless by a norm does not count, nor does
    a learning rate that has become small.

    While a loss term is exactly 0, such as one whose coefficient is scheduled to rise later, a network without its
    own loss (InfoGAN's Q) may be waiting for it and does not count as frozen.
    """

    name, events = "losses frozen", ("scalars", "layers")
    advice = (
        "check the learning rates and their schedule, and whether D's output is the same for all samples "
        "(dead ReLUs, weights decayed or clipped to zero)"
    )

    def check(self, signals: Signals) -> str | None:
        """Return what is wrong now, or None."""
        terms = [values[-3:] for name, values in signals.losses.items() if name.endswith("/adversarial")]
        if terms and all(_is_constant(values) for values in terms):
            losses = " and ".join(f"{values[-1]:.5g}" for values in terms)
            return f"the losses are frozen: they were {losses} in the last three reports"
        networks = _frozen_networks(signals.layers) if signals.kind == "layers" else []
        if any(values[-3:] == [0.0] * 3 for values in signals.losses.values()):
            with_loss = {name.partition("/")[0] for name in signals.losses}
            networks = [network for network in networks if network in with_loss]
        if networks:
            return (
                f"the weights of {' and '.join(networks)} are frozen: none changed in the last three reports"
            )
        return None


def _is_constant(values: list[float]) -> bool:
    return len(values) == 3 and max(values) - min(values) <= _TOLERANCE * abs(values[0])


def _frozen_networks(reports: list[Mapping[str, Any]]) -> list[str]:
    """Return the networks whose parameters all have the same mean and standard deviation in three reports."""
    if len(reports) < 3:
        return []
    changed: dict[str, bool] = {}
    for name, (_, mean, std) in reports[-1].items():
        network = name.partition(".")[0]
        same = all(report.get(name, (None, None, None))[1:] == [mean, std] for report in reports[:-1])
        changed[network] = changed.get(network, False) or not same
    return [network for network, value in changed.items() if not value]
