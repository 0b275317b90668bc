"""A study's table and verdicts on its pages; runs that were measured differently are marked, and count in neither."""

from __future__ import annotations

from collections.abc import Sequence

from ganbench.report.html import table, text
from ganbench.studies.incomparable import Incomparable
from ganbench.studies.rows import Row
from ganbench.studies.study import comparisons
from ganbench.studies.summary import Summary, usual_pairs
from ganbench.studies.table import cells, constants


def result_table(rows: Sequence[Row], found: Sequence[Summary], unlike: Sequence[Incomparable]) -> str:
    """Return the table of recipes; below it what is the same everywhere, the unlike runs and the unfinished ones."""
    head, lines = cells(found)
    same = constants(found)
    said = f"<p>The same in every run: {text(same)}.</p>" if same else ""
    apart = {(one.row.recipe, one.row.seed) for one in unlike}
    failed = [
        [_name(row), row.status, row.step, row.error]
        for row in rows
        if row.status != "finished" and (row.recipe, row.seed) not in apart
    ]
    rest = table(["run", "state", "step", "why"], failed, "Runs that are not finished") if failed else ""
    return table(head, lines) + said + _unlike(unlike) + rest


def verdicts(rows: Sequence[Row], found: Sequence[Summary], unlike: Sequence[Incomparable]) -> str:
    """Return what can be said of pairs of recipes, and whom it leaves out."""
    sentences = [
        [f"{c['a']} and {c['b']}", "yes" if c["resolved"] else "no", c["sentence"]]
        for c in comparisons(rows, usual_pairs(found))
    ]
    names = ", ".join(_name(one.row) for one in unlike)
    left = f"<p>Left out, as measured differently: {text(names)}.</p>" if unlike else ""
    if not sentences:
        return (
            "<p>There is nothing to compare: it takes two recipes with a finished seed in common.</p>" + left
        )
    return table(["pair", "resolved", "verdict"], sentences) + left


def _unlike(unlike: Sequence[Incomparable]) -> str:
    if not unlike:
        return ""
    lines = [
        [_name(one.row), ", ".join(f"{s.name} {s.value:.4g} (unlike)" for s in one.row.scores), one.why]
        for one in unlike
    ]
    return table(
        ["run", "scores", "why"], lines, "Left out of the table: runs that were measured differently"
    )


def _name(row: Row) -> str:
    return f"{row.recipe} seed {row.seed}"
