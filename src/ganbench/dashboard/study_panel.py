"""The HTML page of a study: score table, verdicts, curves with bands over seeds, and samples side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganbench.dashboard.run_panels import PICTURE_BUDGET, render_charts, render_page
from ganbench.errors import UserError
from ganbench.report.chart import band_chart
from ganbench.report.html import section
from ganbench.report.study_tables import result_table, verdicts
from ganbench.report.timeline import encode_series, timeline_html
from ganbench.runs.run import Run
from ganbench.studies.curves import study_curves
from ganbench.studies.incomparable import split_incomparable
from ganbench.studies.rows import Row
from ganbench.studies.study import Study
from ganbench.studies.summary import DETAIL_DIRECTIONS, summaries

_MAX_SEEDS = 1000


def study_page(path: Path) -> str:
    """Return the page of a study, finished or not.

    Raises:
        UserError: the study's records are damaged, or it has too many seeds.
    """
    study = Study(path)
    if study.plan.seeds > _MAX_SEEDS:
        raise UserError(f"the study has {study.plan.seeds} seeds; at most {_MAX_SEEDS} can be shown")
    rows, incomparable = split_incomparable(study.rows())
    table = summaries(rows)
    runs = _started_runs(study, rows)
    curves = band_chart(study_curves(runs, DETAIL_DIRECTIONS))
    samples = {f"{label}, {group[0].path.name}": group[0].samples for label, group in runs.items()}
    return render_page(
        section("Table", result_table(rows, table, incomparable))
        + section("Verdicts", verdicts(rows, table, incomparable))
        + section("Curves", "" if curves is None else render_charts([curves]))
        + section(
            "Samples during training",
            timeline_html(encode_series(samples, PICTURE_BUDGET), "all recipes"),
        )
    )


def _started_runs(study: Study, rows: Sequence[Row]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    for row in rows:
        path = study.folder.run(row.recipe, row.seed)
        if (path / "recipe.json").is_file():
            runs.setdefault(row.recipe, []).append(Run(path))
    return runs
