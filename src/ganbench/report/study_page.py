"""The report of a study as one self-contained HTML file: table, verdicts, curves, timeline, health, differences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganbench.health.signals import MATURE_STEPS
from ganbench.report.chart import Chart, band_chart
from ganbench.report.html import code_block, details, escape, key_value_table, page, sections, table
from ganbench.report.page_budget import PageBudget, build_within_limit
from ganbench.report.run_data import RunData, read_run_data
from ganbench.report.score_table import flatten, score_table
from ganbench.report.sections import describe_machine, omitted_section, paper_list
from ganbench.report.study_tables import result_table, verdicts
from ganbench.runs.run import Run
from ganbench.studies.curves import loss_curves, study_curves
from ganbench.studies.incomparable import split_incomparable
from ganbench.studies.plan import Plan
from ganbench.studies.rows import Row
from ganbench.studies.study import Study
from ganbench.studies.summary import DETAIL_DIRECTIONS, summaries
from ganbench.utils.files import write_bytes

_DESCRIPTIVE_KEYS = ("name", "summary", "papers", "format")


def write_study_report(study: Study) -> Path:
    """Write ``report.html`` into the study's folder and return its path; the page needs no network.

    Raises:
        UserError: the study's records are damaged.
    """
    rows, incomparable = split_incomparable(study.rows())
    summary_list = summaries(rows)
    runs = _read_runs(study, rows)
    name = study.path.resolve().name

    def build(budget: PageBudget) -> str:
        contents = {
            "Table": result_table(rows, summary_list, incomparable),
            "Verdicts": verdicts(rows, summary_list, incomparable),
            "Curves": budget.charts(_curves(runs)),
            "Training timeline": budget.timeline(_first_sample_folders(runs), "all recipes"),
            "Health": _health(runs),
            "Differences between the recipes": _differences(study.plan),
            "Setup": _setup(study, runs),
            "How the scores were measured": _protocol(rows, bool(incomparable)),
        }
        counts = f"Recipes: {len(study.plan.recipes)}. Seeds per recipe: {study.plan.seeds}."
        head = f"<h1>{escape(name)}</h1><p>{counts}</p>"
        return page(name, head + sections(contents) + omitted_section(budget.notes))

    path = study.path / "report.html"
    write_bytes(path, build_within_limit(build).encode())
    return path


def _read_runs(study: Study, rows: Sequence[Row]) -> dict[tuple[str, int], RunData]:
    """Return the records of each run that has started, by recipe and seed."""
    paths = {(row.recipe, row.seed): study.folder.run(row.recipe, row.seed) for row in rows}
    return {key: read_run_data(Run(path)) for key, path in paths.items() if (path / "recipe.json").is_file()}


def _curves(runs: Mapping[tuple[str, int], RunData]) -> list[Chart]:
    by_recipe: dict[str, list[Run]] = {}
    for (label, _), run_data in runs.items():
        by_recipe.setdefault(label, []).append(run_data.run)
    chart = band_chart({**study_curves(by_recipe, DETAIL_DIRECTIONS), **loss_curves(by_recipe)})
    return [] if chart is None else [chart]


def _first_sample_folders(runs: Mapping[tuple[str, int], RunData]) -> dict[str, Path]:
    """Return the samples folder of the first seed of each recipe, by title."""
    first: dict[str, tuple[int, Path]] = {}
    for (label, seed), run_data in runs.items():
        first.setdefault(label, (seed, run_data.run.samples))
    return {f"{label}, seed {seed}": path for label, (seed, path) in first.items()}


def _health(runs: Mapping[tuple[str, int], RunData]) -> str:
    lines = [
        [f"{label} seed {seed}", finding.rule, f"{finding.first_step:,}", finding.message]
        for (label, seed), run_data in runs.items()
        for finding in run_data.findings
    ]
    if not lines:
        young = sum(run_data.step < MATURE_STEPS for run_data in runs.values())
        reservation = f"; {young} of {len(runs)} runs are too young to judge" if young else ""
        return f"<p>The health rules found no problem in any run{reservation}.</p>"
    return table(["run", "rule", "since step", "finding"], lines)


def _differences(plan: Plan) -> str:
    """Return a table of the settings that differ between the recipes, one column per recipe."""
    settings = {label: dict(flatten(recipe)) for label, recipe in plan.recipes.items()}
    keys = dict.fromkeys(key for values in settings.values() for key in values)
    lines = [
        [key, *values]
        for key in sorted(keys)
        if key.split(".")[0] not in _DESCRIPTIVE_KEYS
        and len(set(values := [settings[label].get(key, "") for label in settings])) > 1
    ]
    if not lines:
        return "<p>None.</p>" if len(settings) > 1 else ""
    return table(["setting", *settings], lines)


def _setup(study: Study, runs: Mapping[tuple[str, int], RunData]) -> str:
    plan = study.plan
    machines = dict.fromkeys(describe_machine(run_data.meta) for run_data in runs.values())
    settings = {
        "budget": plan.budget,
        "seeds": plan.seeds,
        "overrides of all recipes": json.dumps(dict(plan.overrides)),
        "metrics": ", ".join(plan.metrics) or "default of the data set",
        "samples scored": plan.n or "default of the metric",
        "machines": "; ".join(machines),
    }
    papers = paper_list(plan.recipes.values())
    recipes = "".join(
        details(f"recipe {label}", code_block(json.dumps(recipe, indent=1)))
        for label, recipe in plan.recipes.items()
    )
    papers_part = f"<h3>Papers</h3>{papers}" if papers else ""
    return key_value_table(settings) + papers_part + f"<h3>Recipes</h3>{recipes}"


def _protocol(rows: Sequence[Row], has_incomparable: bool) -> str:
    first = next((row for row in rows if row.scores), None)
    if first is None:
        return "<p>No run has a score yet.</p>"
    others = "the other runs in the table" if has_incomparable else "the other runs"
    sentence = (
        f"<p>Scores of {escape(first.recipe)}, seed {first.seed}; {others} were measured the same way.</p>"
    )
    return sentence + score_table([score.to_dict() for score in first.scores])
