"""What a run, several runs or a study look like as pages for a frame: the report's own parts, kept up to date.

Everything from a run folder is escaped by the report's HTML; the frame's policy lets nothing else in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganbench.report import parts
from ganbench.report.chart import Chart, layer_charts
from ganbench.report.html import chart, details, page, section, source, table
from ganbench.report.layers import layer_series
from ganbench.report.page import curves_of, facts_of, folders_of
from ganbench.report.reading import Reading
from ganbench.report.study_page import study_body
from ganbench.report.timeline import fitting, player
from ganbench.studies.study import Study
from ganbench.ui.comparing import differences, overlaid

_ROOM = 4_000_000  # characters of a page for its pictures


def curves(reading: Reading) -> str:
    """Return losses, scores, variety and speed over the steps."""
    return _of_run(reading, _charts(curves_of(reading)) or "<p>No events yet.</p>")


def timeline(reading: Reading) -> str:
    """Return the pictures of the same latents through the run, all kinds under one slider."""
    shown = player(fitting(folders_of(reading.run), _ROOM), "the training")
    return _of_run(reading, shown or "<p>No pictures yet.</p>")


def layers(reading: Reading) -> str:
    """Return gradients' norms, means and spreads of each named parameter."""
    drawn = _charts(layer_charts(layer_series(reading.of("layers"))))
    return _of_run(reading, drawn or "<p>No layers were logged: schedule.layers_every is 0.</p>")


def records(reading: Reading) -> str:
    """Return the scores in ``eval/`` with how they were measured, and what was run."""
    listed = list(reading.scores.values())
    scores = parts.scores(listed) if listed else "<p>No evaluation yet.</p>"
    recipe = details("the resolved recipe", source(json.dumps(reading.recipe, indent=1)))
    return _of_run(reading, section("Scores", scores) + section("What was run", facts_of(reading) + recipe))


def compared(readings: Mapping[str, Reading]) -> str:
    """Return runs side by side: what differs, timelines under one slider, curves in one diagram."""
    rows = [[name, *map(_setting, values)] for name, *values in differences(readings)]
    differ = table(["setting", *readings], rows) if rows else "<p>Nothing but the path.</p>"
    folders = {label: reading.run.samples for label, reading in readings.items()}
    return _framed(
        "compared",
        section("What differs", differ)
        + section("Through the training", player(fitting(folders, _ROOM), "all runs"))
        + section("Curves", _charts(overlaid(readings))),
    )


def study(path: Path) -> str:
    """Return a study: the table, the verdicts, bands over seeds, recipes side by side.

    Raises:
        UserError: its records are damaged, or scores in it are unlike.
    """
    return _framed("study", study_body(Study(path)))


def _charts(drawn: Sequence[Chart]) -> str:
    return "".join(chart(one) for one in drawn)


def _setting(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _of_run(reading: Reading, shown: str) -> str:
    """Return what is shown of a run below what the rules found wrong with it and what could not be read."""
    return _framed("run", parts.warnings(reading.findings, reading.problems) + shown)


def _framed(title: str, body: str) -> str:
    """Return the whole page; halves of characters, which no page can hold, become question marks."""
    return page(title, body).encode(errors="replace").decode()
