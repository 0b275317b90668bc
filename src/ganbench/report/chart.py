"""Charts as data: lines over steps, thinned so that a long run stays small; the page and a dashboard draw the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.config.dotted_keys import value_at
from ganbench.recipes.base import Recipe
from ganbench.studies.curves import Curves, band
from ganbench.visualization.layer_plots import Series, short_name

MOST = 500  # stretches of a line, of which the least and the most value are kept
_RATES = 200  # points of a learning rate's line
_NO_TERM = ("kind", "step", "kimg")
#: What the numbers of ``health`` events are called; the last one has no curve.
HEALTH = {
    "spread": "distance of two samples, of real ones' 1",
    "nearest": "distance to nearest neighbour, of real ones' 1",
    "separation": "pairs that D ranks rightly",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """Values at steps, ``[n]`` each; None where there was no finite number. ``low`` and ``high`` bound a band."""

    name: str
    steps: Sequence[int]
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One or several views of the same lines' names, each a diagram over steps by its title."""

    title: str
    views: Mapping[str, Sequence[Line]]
    log: bool = False

    def in_words(self) -> str:
        """Say what the first view shows, for those who cannot see it: each line's first, last, least and most value."""
        view, lines = next(iter(self.views.items()))
        return f"{self.title}, {view}: " + "; ".join(_line_in_words(line) for line in lines[:12])

    def to_dict(self, most: int = MOST) -> dict[str, Any]:
        """Return the chart as JSON can hold it, thinned to ``most`` stretches, five digits of each number."""
        views = {
            view: [
                {
                    "name": line.name,
                    "x": list(thin.steps),
                    "y": _short(thin.values),
                    "low": _short(thin.low),
                    "high": _short(thin.high),
                }
                for line in lines
                for thin in (thinned(line, most),)
            ]
            for view, lines in self.views.items()
        }
        return {"title": self.title, "log": self.log, "views": views}


def thinned(line: Line, most: int = MOST) -> Line:
    """Return the line with at most two points of each of ``most`` stretches, the least and the most: peaks stay."""
    n = len(line.steps)
    if n <= 2 * most:
        return line
    kept: list[int] = []
    for i in range(most):
        stretch = range(i * n // most, (i + 1) * n // most)
        finite = [j for j in stretch if line.values[j] is not None] or [stretch[0]]
        ends = {
            min(finite, key=lambda j: line.values[j] or 0.0),
            max(finite, key=lambda j: line.values[j] or 0.0),
        }
        kept += sorted(ends)
    kept[0], kept[-1] = 0, n - 1

    def pick(values: Sequence[float | None]) -> Sequence[float | None]:
        return [values[j] for j in kept] if values else ()

    return Line(
        name=line.name,
        steps=[line.steps[j] for j in kept],
        values=pick(line.values),
        low=pick(line.low),
        high=pick(line.high),
    )


def loss_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the loss terms of ``scalars`` events; None if there are none."""
    return _chart("Losses", {"loss terms": _columns(events, _NO_TERM)})


def score_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the scores taken on the way, each a view, and the numbers that go with them, each one more."""
    views: dict[str, list[Line]] = {}
    columns: dict[tuple[str, str], tuple[list[int], list[float | None]]] = {}
    for event in events:
        name = str(event.get("name"))
        numbers = {name: event.get("value"), **_numbers(event.get("details"))}
        for key, value in numbers.items():
            steps, values = columns.setdefault((name, key), ([], []))
            steps.append(event["step"])
            values.append(_finite(value))
    for (name, key), (steps, values) in columns.items():
        view = key if key == name else f"{name}: {key}"
        views[view] = [Line(name=key, steps=steps, values=values)]
    return _chart("Scores during training", views)


def health_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return how varied samples were and how well D told them from real ones, by ``health`` events."""
    lines = [line for line in _columns(events, _NO_TERM) if line.name in HEALTH]
    named = [
        Line(name=f"{line.name}: {HEALTH[line.name]}", steps=line.steps, values=line.values) for line in lines
    ]
    return _chart("Variety of the samples and balance", {"shares": named})


def speed_chart(events: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return images per second by ``speed`` events."""
    kept = [{"step": e["step"], "images per second": e.get("images_per_second")} for e in events]
    return _chart("Speed", {"images per second": _columns(kept, _NO_TERM)})


def probe_chart(scores: Iterable[Mapping[str, Any]]) -> Chart | None:
    """Return the test cross-entropies of linear probes on their way to the best, by records of ``representation``."""
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
    return _chart("Linear probes: cross-entropy on test items, each time tried", views)


def rate_chart(recipe: Recipe, last: int) -> Chart | None:
    """Return each network's learning rate up to the ``last`` step, as the recipe plans it; None before the first.

    A run that was resumed for more steps than were planned at first had other rates until then, if they decay.
    """
    steps = sorted({round(i * (last - 1) / _RATES) for i in range(_RATES + 1)}) if last > 1 else []
    shared: dict[tuple[float, ...], list[str]] = {}
    for network, optimizer in recipe.optimizers.items():
        rate = value_at(optimizer, ("lr",))
        if isinstance(rate, int | float):
            rates = tuple(rate * recipe.schedule.learning_rate_at(step) for step in steps)
            shared.setdefault(rates, []).append(network)
    shown = [step + 1 for step in steps]
    lines = [Line(name=" and ".join(names), steps=shown, values=rates) for rates, names in shared.items()]
    return _chart("Learning rates", {"learning rate": lines})


def layer_charts(series: Mapping[str, Mapping[str, Series]]) -> list[Chart]:
    """Return a chart for each network, with a line for each named parameter: gradient's norm, mean and spread."""
    kinds = {"norm of the gradient": "gradient", "mean": "mean", "standard deviation": "std"}
    return [
        Chart(
            title=f"Layers of {network}",
            views={
                view: [_of_series(name, found, kind) for name, found in parameters.items()]
                for view, kind in kinds.items()
            },
            log=True,
        )
        for network, parameters in series.items()
    ]


def band_chart(curves: Curves) -> Chart | None:
    """Return a view for each quantity of a study: a line for each recipe, the mean over seeds in its band."""
    views: dict[str, list[Line]] = {}
    for quantity, by_recipe in curves.items():
        for label, each in by_recipe.items():
            columns = zip(*band(each), strict=True)
            steps, mean, low, high = (list(column) for column in columns)
            line = Line(name=label, steps=[int(s) for s in steps], values=mean, low=low, high=high)
            views.setdefault(quantity, []).append(line)
    return _chart("Curves: mean over seeds, from the least to the most as a band", views)


def _chart(title: str, views: Mapping[str, Sequence[Line]]) -> Chart | None:
    drawn = {
        view: lines
        for view, lines in views.items()
        if any(v is not None for line in lines for v in line.values)
    }
    return Chart(title=title, views=drawn) if drawn else None


def _columns(events: Iterable[Mapping[str, Any]], left_out: Sequence[str]) -> list[Line]:
    found: dict[str, tuple[list[int], list[float | None]]] = {}
    for event in events:
        for name, value in event.items():
            if name not in left_out:
                steps, values = found.setdefault(name, ([], []))
                steps.append(event["step"])
                values.append(_finite(value))
    return [Line(name=name, steps=steps, values=values) for name, (steps, values) in found.items()]


def _of_series(name: str, series: Series, kind: str) -> Line:
    values = [_finite(float(value)) for value in getattr(series, kind)]
    return Line(name=short_name(name), steps=[int(step) for step in series.steps], values=values)


def _numbers(details: object) -> dict[str, object]:
    if not isinstance(details, Mapping):
        return {}
    return {k: v for k, v in details.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _finite(value: object) -> float | None:
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _short(values: Sequence[float | None]) -> list[float | None]:
    return [None if v is None or not math.isfinite(v) else float(f"{v:.5g}") for v in values]


def _line_in_words(line: Line) -> str:
    finite = [value for value in line.values if value is not None]
    if not finite:
        return f"{line.name} has no finite value"
    return f"{line.name} from {finite[0]:.4g} to {finite[-1]:.4g}, between {min(finite):.4g} and {max(finite):.4g}"
