"""Charts as data: lines over steps, thinned so that long runs stay small; shared by reports and the dashboard."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.config.dotted_keys import value_at
from ganbench.recipes.base import Recipe
from ganbench.runs.changes import Change, recipe_at
from ganbench.studies.curves import Curves, mean_and_range
from ganbench.visualization.layer_plots import LayerSeries, short_name

MAX_BUCKETS = 500  # per line; each bucket keeps its minimum and maximum
_RATE_POINTS = 200  # of a learning rate's line
_EVENT_FIELDS = ("kind", "step", "kimg")
#: Labels of the numbers in ``health`` events that are drawn.
HEALTH_LABELS = {
    "spread": "distance between samples, relative to real data",
    "nearest": "distance to the nearest neighbour, relative to real data",
    "separation": "fraction of (real, fake) pairs that D ranks correctly",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """Values at steps, ``[n]`` each; None replaces missing and non-finite values. ``low`` and ``high`` bound a band."""

    name: str
    steps: Sequence[int]
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One or more views, each a plot of lines over steps; ``log`` starts it with a logarithmic scale."""

    title: str
    views: Mapping[str, Sequence[Line]]
    log: bool = False

    def describe(self) -> str:
        """Return the first view as text for screen readers: the first, last, minimum and maximum value of each line."""
        view, lines = next(iter(self.views.items()))
        return f"{self.title}, {view}: " + "; ".join(_describe_line(line) for line in lines[:12])

    def to_dict(self, max_buckets: int = MAX_BUCKETS) -> dict[str, Any]:
        """Return the chart as JSON values, thinned to ``max_buckets`` and rounded to five digits."""
        views = {
            view: [
                {
                    "name": line.name,
                    "x": list(thin.steps),
                    "y": _round(thin.values),
                    "low": _round(thin.low),
                    "high": _round(thin.high),
                }
                for line in lines
                for thin in (thin_line(line, max_buckets),)
            ]
            for view, lines in self.views.items()
        }
        return {"title": self.title, "log": self.log, "views": views}


def thin_line(line: Line, max_buckets: int = MAX_BUCKETS) -> Line:
    """Return the line with at most two points per bucket, its minimum and maximum, so that peaks stay visible."""
    n = len(line.steps)
    if n <= 2 * max_buckets:
        return line
    indices: list[int] = []
    for i in range(max_buckets):
        bucket = range(i * n // max_buckets, (i + 1) * n // max_buckets)
        finite = [j for j in bucket if line.values[j] is not None] or [bucket[0]]
        extremes = {
            min(finite, key=lambda j: line.values[j] or 0.0),
            max(finite, key=lambda j: line.values[j] or 0.0),
        }
        indices += sorted(extremes)
    indices[0], indices[-1] = 0, n - 1

    def select(values: Sequence[float | None]) -> Sequence[float | None]:
        return [values[j] for j in indices] if values else ()

    return Line(
        name=line.name,
        steps=[line.steps[j] for j in indices],
        values=select(line.values),
        low=select(line.low),
        high=select(line.high),
    )


def loss_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the loss terms of ``scalars`` events; None if there are none."""
    return _chart("Losses", {"loss terms": _lines(events)})


def score_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the scores measured during training and their numeric details, one view each; None if there are none.

    A score's view has the score's name, those of its details are called SCORE: DETAIL. So a detail may have the name of
    a score, as ``modes`` has: it is the number of modes, and not of those that are captured.
    """
    columns: dict[tuple[str, str | None], tuple[list[int], list[float | None]]] = {}
    for event in events:
        name = str(event.get("name"))
        details = _numbers(event.get("details"))
        for detail, value in [(None, event.get("value")), *details.items()]:
            steps, values = columns.setdefault((name, detail), ([], []))
            steps.append(event["step"])
            values.append(_finite(value))
    views = {
        name if detail is None else f"{name}: {detail}": [
            Line(name=detail or name, steps=steps, values=values)
        ]
        for (name, detail), (steps, values) in columns.items()
    }
    return _chart("Scores during training", views)


def health_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the diversity of the samples and how well D separates them from real data, from ``health`` events."""
    lines = [
        Line(name=f"{line.name}: {HEALTH_LABELS[line.name]}", steps=line.steps, values=line.values)
        for line in _lines(events)
        if line.name in HEALTH_LABELS
    ]
    return _chart("Sample diversity and balance of G and D", {"ratios": lines})


def speed_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return images per second from ``speed`` events."""
    rates = [{"step": e["step"], "images per second": e.get("images_per_second")} for e in events]
    return _chart("Speed", {"images per second": _lines(rates)})


def probe_chart(scores: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the test cross-entropies of linear probes during their training, from ``representation`` records."""
    views: dict[str, list[Line]] = {}
    for score in scores:
        details = score.get("details")
        curves = details.get("probe_cross_entropy") if isinstance(details, Mapping) else None
        if not isinstance(curves, Mapping):
            continue
        measured = score.get("measured")
        generator = measured.get("generator") if isinstance(measured, Mapping) else None
        step = generator.get("step") if isinstance(generator, Mapping) else "?"
        views[f"nats, step {step}"] = [
            Line(name=str(name), steps=range(1, len(values) + 1), values=[_finite(value) for value in values])
            for name, values in curves.items()
            if isinstance(values, list)
        ]
    return _chart("Linear probes: cross-entropy on test items at each evaluation", views)


def rate_chart(recipe: Recipe, last_step: int, history: Sequence[Change] = ()) -> Chart | None:
    """Return each network's learning rate up to ``last_step``; None for an empty range.

    ``history`` holds the changes of the run's settings, of which ``recipe`` has the newest.
    """
    steps = (
        sorted({round(i * (last_step - 1) / _RATE_POINTS) for i in range(_RATE_POINTS + 1)})
        if last_step > 1
        else []
    )
    starts = sorted({0, *(entry.step for entry in history)})
    recipes = {start: recipe_at(recipe, history, start) for start in starts}
    counting = [recipes[starts[bisect_right(starts, step) - 1]] for step in steps]
    networks_by_rates: dict[tuple[float, ...], list[str]] = {}
    for network, optimizer in recipe.optimizers.items():
        if isinstance(value_at(optimizer, ("lr",)), int | float):
            rates = tuple(
                value_at(then.optimizers[network], ("lr",)) * then.schedule.learning_rate_at(step)
                for then, step in zip(counting, steps, strict=True)
            )
            networks_by_rates.setdefault(rates, []).append(network)
    lines = [
        Line(name=" and ".join(networks), steps=[step + 1 for step in steps], values=rates)
        for rates, networks in networks_by_rates.items()
    ]
    return _chart("Learning rates", {"learning rate": lines})


def layer_charts(series: Mapping[str, Mapping[str, LayerSeries]]) -> list[Chart]:
    """Return a chart per network with one line per named parameter; its views are gradient norm, mean and spread."""
    statistics = {"gradient norm": "gradient", "mean": "mean", "standard deviation": "std"}
    return [
        Chart(
            title=f"Layers of {network}",
            views={
                view: [_series_line(name, one, statistic) for name, one in parameters.items()]
                for view, statistic in statistics.items()
            },
            log=True,
        )
        for network, parameters in series.items()
    ]


def band_chart(curves: Curves) -> Chart | None:
    """Return a view per quantity of a study, with one line per recipe: the mean over seeds in its band."""
    views: dict[str, list[Line]] = {}
    for quantity, by_recipe in curves.items():
        for label, seeds in by_recipe.items():
            columns = zip(*mean_and_range(seeds), strict=True)
            steps, mean, low, high = (list(column) for column in columns)
            line = Line(name=label, steps=[int(s) for s in steps], values=mean, low=low, high=high)
            views.setdefault(quantity, []).append(line)
    return _chart("Curves: mean over seeds, with a band from minimum to maximum", views)


def _chart(title: str, views: Mapping[str, Sequence[Line]]) -> Chart | None:
    """Return a chart of the views that have a finite value; None if no view has one."""
    nonempty = {
        view: lines
        for view, lines in views.items()
        if any(v is not None for line in lines for v in line.values)
    }
    return Chart(title=title, views=nonempty) if nonempty else None


def _lines(events: Iterable[Mapping[str, Any]]) -> list[Line]:
    columns: dict[str, tuple[list[int], list[float | None]]] = {}
    for event in events:
        for name, value in event.items():
            if name not in _EVENT_FIELDS:
                steps, values = columns.setdefault(name, ([], []))
                steps.append(event["step"])
                values.append(_finite(value))
    return [Line(name=name, steps=steps, values=values) for name, (steps, values) in columns.items()]


def _series_line(name: str, series: LayerSeries, statistic: str) -> Line:
    values = [_finite(float(value)) for value in getattr(series, statistic)]
    return Line(name=short_name(name), steps=[int(step) for step in series.steps], values=values)


def _numbers(details: object) -> dict[str, object]:
    if not isinstance(details, Mapping):
        return {}
    return {k: v for k, v in details.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _finite(value: object) -> float | None:
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _round(values: Sequence[float | None]) -> list[float | None]:
    return [None if v is None or not math.isfinite(v) else float(f"{v:.5g}") for v in values]


def _describe_line(line: Line) -> str:
    finite = [value for value in line.values if value is not None]
    if not finite:
        return f"{line.name} has no finite value"
    return f"{line.name} from {finite[0]:.4g} to {finite[-1]:.4g}, between {min(finite):.4g} and {max(finite):.4g}"
