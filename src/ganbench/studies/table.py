"""A study's table: as JSON, CSV and Markdown, and on a terminal."""

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
    """Return one record a run, with its numbers as columns."""
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
    """Return records as CSV with all their columns, in the order in which they first appear."""
    names = dict.fromkeys(name for record in records for name in record)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def cells(found: Sequence[Summary]) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table for people: one row a recipe, columns that vary.

    A mean stands with its 95 % confidence interval; a further number as its mean and, if they differ, the least
    and the most over seeds.
    """
    score = next((s.score for s in found if s.score is not None), None)
    names = [name for name in dict.fromkeys(n for s in found for n in s.columns) if name != score]
    names = [name for name in names if not _constant(name, found)]
    head = [
        "recipe",
        "runs",
        f"{score or 'score'}, mean [95 % interval]",
        "middle half",
        "worst",
        *names,
        "time",
    ]
    return head, [_row(summary, names) for summary in found]


def constants(found: Sequence[Summary]) -> str:
    """Say what is the same in every finished run, and so is no column: "modes 8, not_finite 0"."""
    names = dict.fromkeys(n for s in found for n in s.columns if n != s.score and _constant(n, found))
    values = {name: next(s.columns[name].values[0] for s in found if name in s.columns) for name in names}
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items())


def as_markdown(found: Sequence[Summary]) -> str:
    """Return the table as Markdown."""
    head, rows = cells(found)
    lines = [head, ["---", *["--:" for _ in head[1:]]], *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def as_rich(found: Sequence[Summary]) -> Table:
    """Return the table for a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    head, rows = cells(found)
    table = Table(box=box.SIMPLE_HEAD, caption=constants(found) or None, caption_justify="left")
    for i, name in enumerate(head):
        table.add_column(Text(name), justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    return table


def _constant(name: str, found: Sequence[Summary]) -> bool:
    """Whether a number is one and the same in all runs, of which there must be several to tell."""
    values = [value for s in found if name in s.columns for value in s.columns[name].values]
    return len(values) > 1 and len(set(values)) == 1


def _row(summary: Summary, names: Sequence[str]) -> list[str]:
    ranked, runs = summary.ranked, str(summary.finished)
    if summary.failed:
        runs += f", {summary.failed} failed"
    if summary.unfinished:
        runs += f", {summary.unfinished} not done"
    if ranked is None:
        return [summary.recipe, runs, "-", "-", "-", *["-" for _ in names], "-"]
    interval = ranked.interval
    said = "" if interval is None else f" [{_number(interval[0])}, {_number(interval[1])}]"
    middle, least = summary.interquartile_mean, summary.worst
    return [
        summary.recipe,
        runs,
        f"{_number(ranked.mean)}{said}",
        "-" if middle is None else _number(middle),
        "-" if least is None else _number(least),
        *[_spread(summary, name) for name in names],
        "-" if summary.seconds is None else f"{summary.seconds:.0f} s",
    ]


def _spread(summary: Summary, name: str) -> str:
    if name not in summary.columns:
        return "-"
    column = summary.columns[name]
    low, high = _number(min(column.values)), _number(max(column.values))
    return _number(column.mean) if low == high else f"{_number(column.mean)} ({low} to {high})"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
