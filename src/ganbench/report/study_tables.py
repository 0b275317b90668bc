"""The result table and the verdicts of a study's pages; incomparable runs are excluded from both and listed."""

from __future__ import annotations

from collections.abc import Sequence

from ganbench.report.html import escape, table
from ganbench.studies.incomparable import Incomparable
from ganbench.studies.rows import Row
from ganbench.studies.study import compare_pairs
from ganbench.studies.summary import Summary, default_pairs
from ganbench.studies.table import describe_constants, table_cells


def result_table(
    rows: Sequence[Row], summaries: Sequence[Summary], incomparable: Sequence[Incomparable]
) -> str:
    """Return the table of recipes, followed by constant numbers, incomparable runs and unfinished runs."""
    head, lines = table_cells(summaries)
    constants = describe_constants(summaries)
    note = f"<p>The same in every run: {escape(constants)}.</p>" if constants else ""
    excluded = {(item.row.recipe, item.row.seed) for item in incomparable}
    unfinished = [
        [_name(row), row.status, row.step, row.error]
        for row in rows
        if row.status != "finished" and (row.recipe, row.seed) not in excluded
    ]
    rest = (
        table(["run", "status", "step", "error"], unfinished, "Unfinished, failed and changed runs")
        if unfinished
        else ""
    )
    return table(head, lines) + note + _incomparable_table(incomparable) + rest


def verdicts(rows: Sequence[Row], summaries: Sequence[Summary], incomparable: Sequence[Incomparable]) -> str:
    """Return the comparison of each pair of recipes, and the runs that it excludes."""
    lines = [
        [f"{c['a']} and {c['b']}", "yes" if c["resolved"] else "no", c["sentence"]]
        for c in compare_pairs(rows, default_pairs(summaries))
    ]
    names = ", ".join(_name(item.row) for item in incomparable)
    note = f"<p>Excluded because they were measured differently: {escape(names)}.</p>" if incomparable else ""
    if not lines:
        return "<p>Nothing to compare yet: two recipes need a finished seed in common.</p>" + note
    return table(["pair", "resolved", "verdict"], lines) + note


def _incomparable_table(incomparable: Sequence[Incomparable]) -> str:
    if not incomparable:
        return ""
    lines = [
        [
            _name(item.row),
            ", ".join(f"{score.name} {score.value:.4g} (incomparable)" for score in item.row.scores),
            item.reason,
        ]
        for item in incomparable
    ]
    caption = "Excluded from the table: runs that were measured differently"
    return table(["run", "scores", "reason"], lines, caption)


def _name(row: Row) -> str:
    return f"{row.recipe} seed {row.seed}"
