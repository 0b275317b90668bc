"""Compare runs: overlaid curves, and the settings in which the runs differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ganbench.report.chart import Chart, Line, loss_chart, score_chart
from ganbench.report.run_data import RunData
from ganbench.runs.changes import describe_change, readable_changes
from ganbench.studies.plan import recipe_differences


def overlay_charts(runs: Mapping[str, RunData]) -> list[Chart]:
    """Return charts of losses and of scores, with a view for each quantity and a line for each run.

    ``runs`` maps labels to runs. Charts without data are left out.
    """
    losses = {label: loss_chart(run.events_of("scalars")) for label, run in runs.items()}
    scores = {label: score_chart(run.events_of("score")) for label, run in runs.items()}
    # A view of the scores is one quantity. The views of the losses hold all terms.
    overlays = [
        Chart(title="Losses", views=_overlay(losses, lambda view, line: line.name)),
        Chart(title="Scores during training", views=_overlay(scores, lambda view, line: view)),
    ]
    return [chart for chart in overlays if chart.views]


def setting_differences(runs: Mapping[str, RunData]) -> list[list[object]]:
    """Return a row for each setting that differs between runs: its dotted name, then its value in each run."""
    first, *others = [_settings(run) for run in runs.values()]
    differences = [recipe_differences(first, other) for other in others]
    rows: list[list[object]] = []
    for name in sorted({name for difference in differences for name in difference}):
        value = next(difference[name][0] for difference in differences if name in difference)
        rows.append([name, value, *(d[name][1] if name in d else value for d in differences)])
    return rows


def _overlay(
    charts: Mapping[str, Chart | None], quantity: Callable[[str, Line], str]
) -> dict[str, list[Line]]:
    """Return a view for each quantity, which is given by a line and the name of its view, with a line for each run."""
    views: dict[str, list[Line]] = {}
    for label, chart in charts.items():
        for view, lines in ({} if chart is None else chart.views).items():
            for line in lines:
                overlaid = Line(name=label, steps=line.steps, values=line.values)
                views.setdefault(quantity(view, line), []).append(overlaid)
    return views


def _settings(run: RunData) -> dict[str, Any]:
    """Return the recipe plus the settings that only the run records."""
    data = run.meta.get("data")
    return {
        **run.recipe,
        "changed in its midst": [describe_change(entry) for entry in readable_changes(run.meta)],
        "seed": run.meta.get("seed"),
        "data fingerprint": data.get("fingerprint") if isinstance(data, Mapping) else None,
        "ganbench version": run.meta.get("ganbench"),
        "environment": run.meta.get("machine"),
    }
