"""What rules look at: the series that a run's events tell, fed event by event."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_KEPT_LAYERS = 3  # events of this many reports; they are the largest
EARLY = 5  # reports


class Signals:
    """The series of a run up to an event.

    Attributes:
        steps: how many are planned; 0 if nobody knows.
        step, kind: of the newest event.
        terms: each loss term, report by report.
        health: the numbers of the ``health`` events by name, report by report (see :mod:`ganbench.health.measure`).
        scores: the first score, time by time; ``better`` says which way is better.
        modes: for scores that count modes, how many are captured of how many, time by time.
        layers: the newest three reports of all parameters: gradient's norm, mean, standard deviation.
        gradients: each network's gradient norm over all its parameters, report by report.
        failure: what the run ended with, if it failed.
    """

    def __init__(self, steps: int = 0) -> None:
        self.steps, self.step, self.kind = steps, 0, ""
        self.terms: dict[str, list[float]] = {}
        self.health: dict[str, list[float]] = {}
        self.scores: list[float] = []
        self.better, self._score = "lower", ""
        self.modes: list[tuple[int, int]] = []
        self.layers: list[Mapping[str, Any]] = []
        self.gradients: dict[str, list[float]] = {}
        self.failure = ""

    def add(self, event: Mapping[str, Any]) -> None:
        """Take in one event; kinds that no rule asks for change nothing but the step."""
        self.step, self.kind = event["step"], event["kind"]
        take = getattr(self, f"_add_{event['kind']}", None)
        if take is not None:
            take(event)

    def _add_scalars(self, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if name not in ("kind", "step", "kimg") and isinstance(value, int | float):
                self.terms.setdefault(name, []).append(float(value))

    def _add_health(self, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if name not in ("kind", "step") and isinstance(value, int | float):
                self.health.setdefault(name, []).append(float(value))

    def _add_score(self, event: Mapping[str, Any]) -> None:
        self._score = self._score or event["name"]  # where several things are scored, the first decides
        if event["name"] != self._score:
            return
        self.scores.append(float(event["value"]))
        self.better = event["better"]
        of = event.get("details", {}).get("modes")
        if isinstance(of, int) and "modes" in event["name"]:
            self.modes.append((round(event["value"]), of))

    def _add_layers(self, event: Mapping[str, Any]) -> None:
        parameters = event["parameters"]
        self.layers = [*self.layers, parameters][-_KEPT_LAYERS:]
        squares: dict[str, float] = {}
        for name, (gradient, _, _) in parameters.items():
            network = name.partition(".")[0]
            squares[network] = squares.get(network, 0.0) + (gradient or 0.0) ** 2
        for network, square in squares.items():
            self.gradients.setdefault(network, []).append(math.sqrt(square))

    def _add_failure(self, event: Mapping[str, Any]) -> None:
        self.failure = str(event["error"])


def early(values: list[float]) -> float:
    """Return the middle one of the first five values (or as many as there are)."""
    first = sorted(values[:EARLY])
    return first[len(first) // 2]
