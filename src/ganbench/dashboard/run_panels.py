"""HTML pages of single runs and of several runs side by side, built from parts of the report.

The report's HTML functions escape everything that comes from a run folder. In addition, the page's content security
policy allows only the page's own scripts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ganbench.dashboard.compare_runs import overlay_charts, setting_differences
from ganbench.report.chart import (
    Chart,
    health_chart,
    layer_charts,
    loss_chart,
    probe_chart,
    score_chart,
    speed_chart,
)
from ganbench.report.html import chart, code_block, details, key_value_table, page, section, table
from ganbench.report.run_data import RunData, picture_folders
from ganbench.report.score_table import score_table
from ganbench.report.sections import health_warnings
from ganbench.report.timeline import encode_series, timeline_html
from ganbench.visualization.layer_plots import layer_series

PICTURE_BUDGET = 4_000_000  # characters of a page that its pictures may take


def curves_page(run: RunData) -> str:
    """Return a page with losses, scores, sample variety, probes and speed over the steps."""
    charts = [
        loss_chart(run.events_of("scalars")),
        score_chart(run.events_of("score")),
        health_chart(run.events_of("health")),
        probe_chart(run.scores.values()),
        speed_chart(run.events_of("speed")),
    ]
    return _run_page(
        run, render_charts([item for item in charts if item is not None]) or "<p>No events yet.</p>"
    )


def timeline_page(run: RunData) -> str:
    """Return a page with pictures of the same latents over the steps; one slider moves all kinds of pictures."""
    folders = {folder.name: folder for folder in picture_folders(run.run)}
    series = encode_series(folders, PICTURE_BUDGET)
    return _run_page(run, timeline_html(series, "the training") or "<p>No pictures yet.</p>")


def layers_page(run: RunData) -> str:
    """Return a page with the gradient norm, mean and standard deviation of each named parameter."""
    html = render_charts(layer_charts(layer_series(run.events_of("layers"))))
    return _run_page(run, html or "<p>No layers were logged: schedule.layers_every is 0.</p>")


def records_page(run: RunData) -> str:
    """Return a page with the scores in ``eval/`` and how they were measured, the run's metadata and its recipe."""
    records = list(run.scores.values())
    scores = score_table(records) if records else "<p>No evaluation yet.</p>"
    meta = {name: _format_setting(value) for name, value in run.meta.items()}
    recipe = details("Resolved recipe", code_block(json.dumps(run.recipe, indent=1)))
    return _run_page(
        run, section("Scores", scores) + section("Configuration", key_value_table(meta) + recipe)
    )


def comparison_page(runs: Mapping[str, RunData]) -> str:
    """Return a page with runs side by side: differing settings, timelines under one slider, overlaid curves."""
    rows = [[name, *map(_format_setting, values)] for name, *values in setting_differences(runs)]
    settings = table(["setting", *runs], rows) if rows else "<p>All settings are equal.</p>"
    folders = {label: run.run.samples for label, run in runs.items()}
    timelines = timeline_html(encode_series(folders, PICTURE_BUDGET), "all runs")
    return render_page(
        section("Differing settings", settings)
        + section("Samples during training", timelines)
        + section("Curves", render_charts(overlay_charts(runs)))
    )


def render_charts(charts: Sequence[Chart]) -> str:
    """Return charts as HTML, one below the other."""
    return "".join(chart(item) for item in charts)


def render_page(body: str) -> str:
    """Return a whole page; lone surrogates, which no page can hold, become question marks."""
    return page("ganbench", body).encode(errors="replace").decode()


def _run_page(run: RunData, body: str) -> str:
    """Return a page with the run's health warnings and unreadable files above its body."""
    return render_page(health_warnings(run.findings, run.problems, run.step) + body)


def _format_setting(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
