"""What a run, several runs or a study look like as pages for a frame, made of the report's parts.

Everything from a run folder is escaped by the report's HTML; the frame's policy lets nothing else in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ganbench.dashboard.compare_runs import differences, overlaid
from ganbench.report import sections as parts
from ganbench.report.chart import (
    Chart,
    health_chart,
    layer_charts,
    loss_chart,
    probe_chart,
    score_chart,
    speed_chart,
)
from ganbench.report.html import chart, details, facts, page, section, source, table
from ganbench.report.run_data import RunData, picture_folders
from ganbench.report.score_table import score_table
from ganbench.report.timeline import fitting, player
from ganbench.visualization.layer_plots import layer_series

_ROOM = 4_000_000  # characters of a page for its pictures


def curves(reading: RunData) -> str:
    """Return losses, scores, variety and speed over the steps."""
    drawn = [
        loss_chart(reading.of("scalars")),
        score_chart(reading.of("score")),
        health_chart(reading.of("health")),
        probe_chart(reading.scores.values()),
        speed_chart(reading.of("speed")),
    ]
    return _of_run(reading, charts([one for one in drawn if one is not None]) or "<p>No events yet.</p>")


def timeline(reading: RunData) -> str:
    """Return the pictures of the same latents through the run, all kinds under one slider."""
    folders = {folder.name: folder for folder in picture_folders(reading.run)}
    return _of_run(reading, player(fitting(folders, _ROOM), "the training") or "<p>No pictures yet.</p>")


def layers(reading: RunData) -> str:
    """Return gradients' norms, means and spreads of each named parameter."""
    drawn = charts(layer_charts(layer_series(reading.of("layers"))))
    return _of_run(reading, drawn or "<p>No layers were logged: schedule.layers_every is 0.</p>")


def records(reading: RunData) -> str:
    """Return the scores in ``eval/`` with how they were measured, and what was run."""
    listed = list(reading.scores.values())
    scores = score_table(listed) if listed else "<p>No evaluation yet.</p>"
    meta = {name: _setting(value) for name, value in reading.meta.items()}
    recipe = details("the resolved recipe", source(json.dumps(reading.recipe, indent=1)))
    return _of_run(reading, section("Scores", scores) + section("What was run", facts(meta) + recipe))


def compared(readings: Mapping[str, RunData]) -> str:
    """Return runs side by side: what differs, timelines under one slider, curves in one diagram."""
    rows = [[name, *map(_setting, values)] for name, *values in differences(readings)]
    differ = table(["setting", *readings], rows) if rows else "<p>Nothing but the path.</p>"
    folders = {label: reading.run.samples for label, reading in readings.items()}
    return framed(
        section("What differs", differ)
        + section("Through the training", player(fitting(folders, _ROOM), "all runs"))
        + section("Curves", charts(overlaid(readings)))
    )


def charts(drawn: Sequence[Chart]) -> str:
    """Return charts, one below the other."""
    return "".join(chart(one) for one in drawn)


def framed(body: str) -> str:
    """Return the whole page; halves of characters, which no page can hold, become question marks."""
    return page("ganbench", body).encode(errors="replace").decode()


def _of_run(reading: RunData, shown: str) -> str:
    """Return what is shown of a run below what the rules found wrong with it and what could not be read."""
    return framed(parts.warnings(reading.findings, reading.problems) + shown)


def _setting(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
