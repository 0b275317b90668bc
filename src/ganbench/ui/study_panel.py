"""What a study looks like as a page for a frame: the table, the verdicts, bands over seeds, recipes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganbench.errors import UserError
from ganbench.report.chart import band_chart
from ganbench.report.html import section, table, text
from ganbench.report.study_curves import curves_of
from ganbench.report.timeline import fitting, player
from ganbench.runs import Run
from ganbench.studies.rows import Row
from ganbench.studies.study import Study, comparisons
from ganbench.studies.summary import DETAILS, Summary, usual_pairs
from ganbench.studies.table import cells, constants
from ganbench.ui.panels import charts, framed

_ROOM = 4_000_000  # characters of a page for its pictures
_MOST_SEEDS = 1000


def study(path: Path) -> str:
    """Return the page of a study, whether it is finished or not.

    Raises:
        UserError: its records are damaged, or scores in it are unlike.
    """
    opened = Study(path)
    if opened.plan.seeds > _MOST_SEEDS:
        raise UserError(f"a study of {opened.plan.seeds} seeds is not shown; at most {_MOST_SEEDS}")
    rows, found = opened.rows(), opened.summaries()
    runs = _begun(opened, rows)
    curves = band_chart(curves_of(runs, DETAILS))
    first = {f"{label}, {each[0].path.name}": each[0].samples for label, each in runs.items()}
    return framed(
        section("Table", _table(rows, found))
        + section("Verdicts", _verdicts(rows, found))
        + section("Curves", "" if curves is None else charts([curves]))
        + section("Through the training", player(fitting(first, _ROOM), "all recipes"))
    )


def _begun(opened: Study, rows: Sequence[Row]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    for row in rows:
        path = opened.folder.run(row.recipe, row.seed)
        if (path / "recipe.json").is_file():
            runs.setdefault(row.recipe, []).append(Run(path))
    return runs


def _table(rows: Sequence[Row], found: Sequence[Summary]) -> str:
    head, lines = cells(found)
    same = constants(found)
    said = f"<p>The same in every run: {text(same)}.</p>" if same else ""
    rest = [[f"{r.recipe} seed {r.seed}", r.status, r.step, r.error] for r in rows if r.status != "finished"]
    below = table(["run", "status", "step", "why"], rest, "Runs that are not finished") if rest else ""
    return table(head, lines) + said + below


def _verdicts(rows: Sequence[Row], found: Sequence[Summary]) -> str:
    said = [[f"{one['a']} and {one['b']}", one["sentence"]] for one in comparisons(rows, usual_pairs(found))]
    return table(["pair", "verdict"], said) if said else "<p>There is nothing to compare yet.</p>"
