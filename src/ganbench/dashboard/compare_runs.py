"""Several runs side by side: their curves in one diagram each, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganbench.report.chart import Chart, Line, loss_chart, score_chart
from ganbench.report.run_data import RunData
from ganbench.studies.plan import recipe_differences


def overlaid(readings: Mapping[str, RunData]) -> list[Chart]:
    """Return the runs' losses and scores by their labels: a view for each quantity, a line for each run."""
    charts = {
        "Losses": {label: loss_chart(reading.of("scalars")) for label, reading in readings.items()},
        "Scores during training": {
            label: score_chart(reading.of("score")) for label, reading in readings.items()
        },
    }
    made = [Chart(title=title, views=_by_quantity(found)) for title, found in charts.items()]
    return [chart for chart in made if chart.views]


def differences(readings: Mapping[str, RunData]) -> list[list[object]]:
    """Return a row for each setting that is not the same in all runs: its dotted name, then its value in each."""
    first, *others = [_settings(reading) for reading in readings.values()]
    found = [recipe_differences(first, other) for other in others]
    rows: list[list[object]] = []
    for name in sorted({name for one in found for name in one}):
        mine = next(one[name][0] for one in found if name in one)
        rows.append([name, mine, *(one[name][1] if name in one else mine for one in found)])
    return rows


def _by_quantity(charts: Mapping[str, Chart | None]) -> dict[str, list[Line]]:
    views: dict[str, list[Line]] = {}
    for label, chart in charts.items():
        for line in _lines(chart):
            views.setdefault(line.name, []).append(Line(name=label, steps=line.steps, values=line.values))
    return views


def _lines(chart: Chart | None) -> Iterable[Line]:
    return () if chart is None else (line for lines in chart.views.values() for line in lines)


def _settings(reading: RunData) -> dict[str, Any]:
    """Return the recipe, with what of the run is not in it."""
    data = reading.meta.get("data")
    return {
        **reading.recipe,
        "seed": reading.meta.get("seed"),
        "fingerprint of the data": data.get("fingerprint") if isinstance(data, Mapping) else None,
        "version of ganbench": reading.meta.get("ganbench"),
        "ran on": reading.meta.get("machine"),
    }
