"""What a study looks like as a page for a frame: the table, the verdicts, bands over seeds, recipes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganbench.dashboard.run_panels import charts, framed
from ganbench.errors import UserError
from ganbench.report.chart import band_chart
from ganbench.report.html import section
from ganbench.report.study_tables import result_table, verdicts
from ganbench.report.timeline import fitting, player
from ganbench.runs.run import Run
from ganbench.studies.curves import curves_of
from ganbench.studies.incomparable import split_incomparable
from ganbench.studies.rows import Row
from ganbench.studies.study import Study
from ganbench.studies.summary import DETAILS, summaries

_ROOM = 4_000_000  # characters of a page for its pictures
_MOST_SEEDS = 1000


def study(path: Path) -> str:
    """Return the page of a study, whether it is finished or not.

    Raises:
        UserError: its records are damaged.
    """
    opened = Study(path)
    if opened.plan.seeds > _MOST_SEEDS:
        raise UserError(f"a study of {opened.plan.seeds} seeds is not shown; at most {_MOST_SEEDS}")
    rows, unlike = split_incomparable(opened.rows())
    found = summaries(rows)
    runs = _begun(opened, rows)
    curves = band_chart(curves_of(runs, DETAILS))
    first = {f"{label}, {each[0].path.name}": each[0].samples for label, each in runs.items()}
    return framed(
        section("Table", result_table(rows, found, unlike))
        + section("Verdicts", verdicts(rows, found, unlike))
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
