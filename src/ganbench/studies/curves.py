"""Curves of a study: the mean over seeds as a line, from the least to the most as a band."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganbench.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

#: For each quantity, for each recipe, for each seed: value by step.
Curves = Mapping[str, Mapping[str, Sequence[Mapping[int, float]]]]
_MOST = 4


def curves_of(runs: Mapping[str, Sequence[Run]], details: Iterable[str]) -> Curves:
    """Return the scores taken on the way and the first one's ``details``; losses where nothing was scored.

    ``runs`` are each recipe's; no more than four quantities come back, the first score before all.
    """
    scores = {label: [run.events.read("score") for run in each] for label, each in runs.items()}
    names = list(dict.fromkeys(e["name"] for each in scores.values() for events in each for e in events))
    if not names:
        return dict(list(loss_curves(runs).items())[:_MOST])
    wanted = [(names[0], None), *((names[0], detail) for detail in details), *((n, None) for n in names[1:])]
    found: dict[str, dict[str, list[dict[int, float]]]] = {}
    for name, detail in wanted:
        for label, each in scores.items():
            for curve in (_curve(events, name, detail) for events in each):
                if curve:
                    found.setdefault(detail or name, {}).setdefault(label, []).append(curve)
    return dict(list(found.items())[:_MOST])


def _curve(events: Iterable[Mapping[str, Any]], name: str, detail: str | None) -> dict[int, float]:
    """Return a score, or a number that goes with it, by step."""
    of_score = [event for event in events if event["name"] == name]
    values = {e["step"]: e["value"] if detail is None else e["details"].get(detail) for e in of_score}
    return {step: float(value) for step, value in values.items() if value is not None}


def loss_curves(runs: Mapping[str, Sequence[Run]]) -> Curves:
    """Return every loss term of each recipe's ``runs``, where it is a finite number."""
    found: dict[str, dict[str, list[dict[int, float]]]] = {}
    for label, each in runs.items():
        for events in (run.events.read("scalars") for run in each):
            for name in dict.fromkeys(n for e in events for n in e if n not in ("kind", "step", "kimg")):
                curve = {e["step"]: float(e[name]) for e in events if _is_finite(e.get(name))}
                if curve:
                    found.setdefault(name, {}).setdefault(label, []).append(curve)
    return found


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def band(curves: Sequence[Mapping[int, float]]) -> list[tuple[int, float, float, float]]:
    """Return the step, mean, least and most over the seeds that have a value at that step."""
    steps = sorted({step for curve in curves for step in curve})
    values = [(step, [curve[step] for curve in curves if step in curve]) for step in steps]
    return [(step, sum(v) / len(v), min(v), max(v)) for step, v in values]


def draw_curves(figure: FigureBase, curves: Curves, colours: Mapping[str, str], *, columns: int) -> None:
    """Draw a diagram for each quantity, with a line and a band for each recipe."""
    rows = -(-len(curves) // columns)
    for i, (name, by_label) in enumerate(curves.items()):
        axes = figure.add_subplot(rows, columns, i + 1)
        for label, each in by_label.items():
            steps, means, least, most = zip(*band(each), strict=True)
            marker = "o" if len(steps) < 3 else None
            axes.plot(steps, means, color=colours[label], label=label, linewidth=1.4, marker=marker)
            axes.fill_between(steps, least, most, color=colours[label], alpha=0.15, linewidth=0)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("generator steps", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
