"""One self-contained report.html about a study: the table, the verdicts, bands over seeds, recipes side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganbench.report import sections as parts
from ganbench.report.chart import Chart, band_chart
from ganbench.report.html import details, facts, page, sections, source, table, text
from ganbench.report.page_budget import PageBudget, within_limit
from ganbench.report.run_data import RunData, read_run
from ganbench.report.score_table import flat, score_table
from ganbench.report.study_tables import result_table, verdicts
from ganbench.runs.run import Run
from ganbench.studies.curves import curves_of, loss_curves
from ganbench.studies.incomparable import split_incomparable
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row
from ganbench.studies.study import Study
from ganbench.studies.summary import DETAILS, summaries
from ganbench.utils.files import write_bytes

_NO_DIFFERENCE = ("name", "summary", "papers", "format")


def write_study_report(study: Study) -> Path:
    """Write ``report.html`` into the study's folder and return its path; the page needs no network.

    Raises:
        UserError: the study's records are damaged.
    """
    rows, unlike = split_incomparable(study.rows())
    found = summaries(rows)
    readings = _readings(study, rows)
    name = study.path.resolve().name

    def build(room: PageBudget) -> str:
        inside = {
            "Table": result_table(rows, found, unlike),
            "Verdicts": verdicts(rows, found, unlike),
            "Curves": room.charts(_curves(readings)),
            "Recipes side by side through the training": room.timeline(_first_runs(readings), "all recipes"),
            "Health": _health(readings),
            "What differs between the recipes": _differences(study.plan),
            "What was run": _facts(study, readings),
            "How the scores were measured": _measured(rows, bool(unlike)),
        }
        top = f"<h1>{text(name)}</h1><p>Recipes: {len(study.plan.recipes)}. Seeds of each: {study.plan.seeds}.</p>"
        return page(name, top + sections(inside) + parts.thinned(room.notes))

    path = study.path / "report.html"
    write_bytes(path, within_limit(build).encode())
    return path


def _readings(study: Study, rows: Sequence[Row]) -> dict[tuple[str, int], RunData]:
    """Return what each run that has begun tells, by recipe and seed."""
    paths = {(row.recipe, row.seed): study.folder.run(row.recipe, row.seed) for row in rows}
    return {key: read_run(Run(path)) for key, path in paths.items() if (path / "recipe.json").is_file()}


def _curves(readings: Mapping[tuple[str, int], RunData]) -> list[Chart]:
    runs: dict[str, list[Run]] = {}
    for (label, _), reading in readings.items():
        runs.setdefault(label, []).append(reading.run)
    drawn = band_chart({**curves_of(runs, DETAILS), **loss_curves(runs)})
    return [] if drawn is None else [drawn]


def _first_runs(readings: Mapping[tuple[str, int], RunData]) -> dict[str, Path]:
    """Return the samples of one run of each recipe, that of its first seed, by title."""
    first: dict[str, tuple[int, Path]] = {}
    for (label, seed), reading in readings.items():
        first.setdefault(label, (seed, reading.run.samples))
    return {f"{label}, seed {seed}": path for label, (seed, path) in first.items()}


def _health(readings: Mapping[tuple[str, int], RunData]) -> str:
    lines = [
        [f"{label} seed {seed}", finding.rule, f"{finding.step:,}", finding.sentence]
        for (label, seed), reading in readings.items()
        for finding in reading.findings
    ]
    if not lines:
        return "<p>No rule found anything wrong in any run.</p>"
    return table(["run", "what", "since step", "in words"], lines)


def _differences(plan: Plan) -> str:
    """Return a table of the settings that are not the same in all recipes, a column for each recipe."""
    leaves = {label: dict(flat(recipe)) for label, recipe in plan.recipes.items()}
    keys = dict.fromkeys(key for values in leaves.values() for key in values)
    lines = [
        [key, *values]
        for key in sorted(keys)
        if key.split(".")[0] not in _NO_DIFFERENCE
        and len(set(values := [leaves[label].get(key, "") for label in leaves])) > 1
    ]
    if not lines:
        return "<p>Nothing.</p>" if len(leaves) > 1 else ""
    return table(["setting", *leaves], lines)


def _facts(study: Study, readings: Mapping[tuple[str, int], RunData]) -> str:
    plan = study.plan
    machines = dict.fromkeys(parts.machine(reading.meta) for reading in readings.values())
    known = {
        "budget": plan.budget,
        "seeds": plan.seeds,
        "changes to all recipes": json.dumps(dict(plan.overrides)),
        "metrics": ", ".join(plan.metrics) or "what suits the data",
        "samples scored": plan.n or "the metric's own number",
        "machines": "; ".join(machines),
    }
    cited = parts.papers(plan.recipes.values())
    resolved = "".join(
        details(f"the recipe {label}", source(json.dumps(recipe, indent=1)))
        for label, recipe in plan.recipes.items()
    )
    return facts(known) + (f"<h3>Papers</h3>{cited}" if cited else "") + f"<h3>Recipes</h3>{resolved}"


def _measured(rows: Sequence[Row], unlike: bool) -> str:
    first = next((row for row in rows if row.scores), None)
    if first is None:
        return "<p>No run has a score yet.</p>"
    others = "the others in the table" if unlike else "the others"
    said = f"<p>Those of {text(first.recipe)}, seed {first.seed}; {others} were measured alike.</p>"
    return said + score_table([score.to_dict() for score in first.scores])
