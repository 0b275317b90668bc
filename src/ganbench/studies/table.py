"""The tables of a study: JSON records, CSV, Markdown, and for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganbench.studies.rows import Row
from ganbench.studies.summary import Summary

if TYPE_CHECKING:
    from rich.table import Table


def run_records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return one record per run, with its numbers as columns."""
    return [
        {
            "recipe": row.recipe,
            "seed": row.seed,
            "status": row.status,
            "step": row.step,
            "steps": row.steps,
            "seconds": row.seconds,
            **row.numbers(),
            "error": row.error,
        }
        for row in rows
    ]


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """Return records as CSV with all their columns, in order of first appearance."""
    names = dict.fromkeys(name for record in records for name in record)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def table_cells(summaries: Sequence[Summary]) -> tuple[list[str], list[list[str]]]:
    """Return the header and rows of the table for people: one row per recipe, without columns that never vary.

    The score is shown as its mean with a 95 % confidence interval, other numbers as their mean and, if seeds
    differ, the minimum and maximum over seeds.
    """
    score = next((s.score for s in summaries if s.score is not None), None)
    names = [name for name in dict.fromkeys(n for s in summaries for n in s.columns) if name != score]
    names = [name for name in names if not _is_constant(name, summaries)]
    header = [
        "recipe",
        "runs",
        f"{score or 'score'}, mean [95 % interval]",
        "middle half",
        "worst",
        *names,
        "time",
    ]
    return header, [_row(summary, names) for summary in summaries]


def describe_constants(summaries: Sequence[Summary]) -> str:
    """Return the numbers that are equal in every finished run and so have no column: "modes 8, not_finite 0"."""
    names = dict.fromkeys(
        n for s in summaries for n in s.columns if n != s.score and _is_constant(n, summaries)
    )
    values = {name: next(s.columns[name].values[0] for s in summaries if name in s.columns) for name in names}
    return ", ".join(f"{name} {_format(value)}" for name, value in values.items())


def as_markdown(summaries: Sequence[Summary]) -> str:
    """Return the table as Markdown."""
    header, rows = table_cells(summaries)
    lines = [header, ["---", *["--:" for _ in header[1:]]], *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def as_rich(summaries: Sequence[Summary]) -> Table:
    """Return the table for a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    header, rows = table_cells(summaries)
    table = Table(box=box.SIMPLE_HEAD, caption=describe_constants(summaries) or None, caption_justify="left")
    for i, name in enumerate(header):
        table.add_column(Text(name), justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    return table


def _is_constant(name: str, summaries: Sequence[Summary]) -> bool:
    """Whether a number is equal in all finished runs, of which there are at least two."""
    values = [value for s in summaries if name in s.columns for value in s.columns[name].values]
    return len(values) > 1 and len(set(values)) == 1


def _row(summary: Summary, names: Sequence[str]) -> list[str]:
    column, runs = summary.score_column, str(summary.finished)
    if summary.failed:
        runs += f", {summary.failed} failed"
    if summary.unfinished:
        runs += f", {summary.unfinished} unfinished"
    if column is None:
        return [summary.recipe, runs, "-", "-", "-", *["-" for _ in names], "-"]
    interval = (
        "" if column.interval is None else f" [{_format(column.interval[0])}, {_format(column.interval[1])}]"
    )
    return [
        summary.recipe,
        runs,
        f"{_format(column.mean)}{interval}",
        "-" if summary.interquartile_mean is None else _format(summary.interquartile_mean),
        "-" if summary.worst is None else _format(summary.worst),
        *[_mean_and_range(summary, name) for name in names],
        "-" if summary.seconds is None else f"{summary.seconds:.0f} s",
    ]


def _mean_and_range(summary: Summary, name: str) -> str:
    if name not in summary.columns:
        return "-"
    column = summary.columns[name]
    low, high = _format(min(column.values)), _format(max(column.values))
    return _format(column.mean) if low == high else f"{_format(column.mean)} ({low} to {high})"


def _format(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
