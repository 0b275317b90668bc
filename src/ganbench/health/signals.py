"""The series that rules check, collected from a run's events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

EARLY_REPORTS = 5
_LAYER_REPORTS = 3  # only the newest are kept, since layer events are the largest
MATURE_STEPS = 1000
_MATURE_REPORTS = 8


class Signals:
    """The series of a run up to its newest event.

    Attributes:
        steps: the number of planned steps; 0 if unknown.
        step, kind: of the newest event.
        losses: the values of each loss term, one per report.
        health: the metrics of the ``health`` events by name, one value per report (see :mod:`ganbench.health.measure`).
        scores: the values of the first score; ``better`` is "lower" or "higher".
        modes: for scores that count modes, (captured, total) of each.
        layers: the newest three reports of all parameters: gradient norm, mean, standard deviation.
        gradients: the norm of each network's whole gradient, one per report.
        failure: the error message, if the run failed.
    """

    def __init__(self, steps: int = 0) -> None:
        self.steps, self.step, self.kind = steps, 0, ""
        self.losses: dict[str, list[float]] = {}
        self.health: dict[str, list[float]] = {}
        self.scores: list[float] = []
        self.better, self._score_name = "lower", ""
        self.modes: list[tuple[int, int]] = []
        self.layers: list[Mapping[str, Any]] = []
        self.gradients: dict[str, list[float]] = {}
        self.failure = ""

    def add(self, event: Mapping[str, Any]) -> None:
        """Add an event; kinds that no rule uses only change the step and the kind."""
        self.step, self.kind = event["step"], event["kind"]
        add = getattr(self, f"_add_{event['kind']}", None)
        if add is not None:
            add(event)

    def is_mature(self, reports: int) -> bool:
        """Return whether a run with this many reports should have been healthy by now.

        That is the case in the second half of the planned run, after at least 1,000 steps and eight reports. A run of
        a few hundred steps never matures.
        """
        second_half = 0 < self.steps <= 2 * self.step
        return second_half and self.step >= MATURE_STEPS and reports >= _MATURE_REPORTS

    def _add_scalars(self, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if name not in ("kind", "step", "kimg") and isinstance(value, int | float):
                self.losses.setdefault(name, []).append(float(value))

    def _add_health(self, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if name not in ("kind", "step") and isinstance(value, int | float):
                self.health.setdefault(name, []).append(float(value))

    def _add_score(self, event: Mapping[str, Any]) -> None:
        self._score_name = self._score_name or event["name"]  # of several scores, the first one counts
        if event["name"] != self._score_name:
            return
        self.scores.append(float(event["value"]))
        self.better = event["better"]
        total = event.get("details", {}).get("modes")
        if isinstance(total, int) and "modes" in event["name"]:
            self.modes.append((round(event["value"]), total))

    def _add_layers(self, event: Mapping[str, Any]) -> None:
        parameters = event["parameters"]
        self.layers = [*self.layers, parameters][-_LAYER_REPORTS:]
        squares: dict[str, float] = {}
        for name, (gradient, _, _) in parameters.items():
            network = name.partition(".")[0]
            squares[network] = squares.get(network, 0.0) + (gradient or 0.0) ** 2
        for network, square in squares.items():
            self.gradients.setdefault(network, []).append(math.sqrt(square))

    def _add_failure(self, event: Mapping[str, Any]) -> None:
        self.failure = str(event["error"])


def early_median(values: list[float]) -> float:
    """Return the median of the first five values, or of all if there are fewer."""
    first = sorted(values[:EARLY_REPORTS])
    return first[len(first) // 2]
