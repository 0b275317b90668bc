"""Training curves of a study: the mean over seeds as a line, the range from minimum to maximum as a band."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganbench.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

#: Value by step, for each quantity, each recipe and each seed.
Curves = Mapping[str, Mapping[str, Sequence[Mapping[int, float]]]]
_MAX_QUANTITIES = 4


def study_curves(runs: Mapping[str, Sequence[Run]], details: Iterable[str]) -> Curves:
    """Return at most four curves of scores measured during training, or of losses if no run has such scores.

    The first score comes first, then those of its ``details`` that exist, then the other scores.

    Args:
        runs: the runs of each recipe, by label.
        details: names of numbers in the first score's details to include.
    """
    score_events = {label: [_events(run, "score") for run in group] for label, group in runs.items()}
    names = list(
        dict.fromkeys(e["name"] for group in score_events.values() for events in group for e in events)
    )
    if not names:
        return dict(list(loss_curves(runs).items())[:_MAX_QUANTITIES])
    quantities = [
        (names[0], None),
        *((names[0], detail) for detail in details),
        *((n, None) for n in names[1:]),
    ]
    curves: dict[str, dict[str, list[dict[int, float]]]] = {}
    for name, detail in quantities:
        for label, group in score_events.items():
            for curve in (_score_curve(events, name, detail) for events in group):
                if curve:
                    curves.setdefault(detail or name, {}).setdefault(label, []).append(curve)
    return dict(list(curves.items())[:_MAX_QUANTITIES])


def _score_curve(events: Iterable[Mapping[str, Any]], name: str, detail: str | None) -> dict[int, float]:
    """Return a score by step, or one of its details."""
    matching = [event for event in events if event["name"] == name]
    values = {e["step"]: e["value"] if detail is None else e["details"].get(detail) for e in matching}
    return {step: float(value) for step, value in values.items() if value is not None}


def loss_curves(runs: Mapping[str, Sequence[Run]]) -> Curves:
    """Return the finite values of every loss term of each recipe's ``runs``."""
    curves: dict[str, dict[str, list[dict[int, float]]]] = {}
    for label, group in runs.items():
        for events in (_events(run, "scalars") for run in group):
            for name in dict.fromkeys(n for e in events for n in e if n not in ("kind", "step", "kimg")):
                curve = {e["step"]: float(e[name]) for e in events if _is_finite(e.get(name))}
                if curve:
                    curves.setdefault(name, {}).setdefault(label, []).append(curve)
    return curves


def _events(run: Run, kind: str) -> list[Mapping[str, Any]]:
    """Return the events of one kind, thinned if there are many."""
    return [event for event in run.events.history().events() if event["kind"] == kind]


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def mean_and_range(curves: Sequence[Mapping[int, float]]) -> list[tuple[int, float, float, float]]:
    """Return (step, mean, minimum, maximum) for each step, over the seeds that have a value at that step."""
    steps = sorted({step for curve in curves for step in curve})
    values = [(step, [curve[step] for curve in curves if step in curve]) for step in steps]
    return [(step, sum(v) / len(v), min(v), max(v)) for step, v in values]


def draw_curves(figure: FigureBase, curves: Curves, colours: Mapping[str, str], *, columns: int) -> None:
    """Draw one plot for each quantity, with a line and a band for each recipe."""
    rows = -(-len(curves) // columns)
    for i, (name, by_label) in enumerate(curves.items()):
        axes = figure.add_subplot(rows, columns, i + 1)
        for label, group in by_label.items():
            steps, means, low, high = zip(*mean_and_range(group), strict=True)
            marker = "o" if len(steps) < 3 else None
            axes.plot(steps, means, color=colours[label], label=label, linewidth=1.4, marker=marker)
            axes.fill_between(steps, low, high, color=colours[label], alpha=0.15, linewidth=0)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("generator steps", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
