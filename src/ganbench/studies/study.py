"""Train recipes over several seeds in processes of their own, score them alike, and say what can be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ganbench.errors import RunError, Stopped, UserError
from ganbench.recipes.base import Budget, Recipe
from ganbench.runs.run import Run
from ganbench.studies.plan import Plan, make_plan, refuse_other_run
from ganbench.studies.preflight import require_one_table
from ganbench.studies.queue import work_off
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.summary import Summary, compare_recipes, summaries, usual_pairs
from ganbench.studies.table import as_csv, as_markdown, run_records
from ganbench.studies.task import usual_jobs
from ganbench.utils.bootstrap import Comparison
from ganbench.utils.console import Console, Silent
from ganbench.utils.file_lock import only_one
from ganbench.utils.files import write_bytes, write_json

_SEEDS = 5
_BEFORE_THE_PLAN = {".lock", "recipes"}  # what a study that was killed at once may have left


class Study:
    """A study folder: ``study.json``, ``recipes/``, ``runs/``, ``results/``, ``logs/``, tables and pictures."""

    def __init__(self, path: str | Path) -> None:
        """Open a study, whether it is finished or not.

        Raises:
            UserError: the folder is not a study.
        """
        self.path = Path(path)
        self.folder, self.plan = StudyFolder(self.path), Plan.read(self.path)

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r})"

    def rows(self) -> list[Row]:
        """Return what has become of each run, recipe by recipe."""
        return [
            self.folder.row(self.plan, label, seed)
            for label in self.plan.recipes
            for seed in range(self.plan.seeds)
        ]

    def summaries(self) -> list[Summary]:
        """Return a summary of each recipe, the best first. Raises UserError for scores that are unlike."""
        return summaries(self.rows())

    def compare(self, a: str, b: str, by: str | None = None) -> Comparison:
        """Compare two recipes over the seeds that both have finished, by their score or a number that goes with it.

        Raises:
            UserError: there is nothing to compare, or the scores are unlike.
        """
        return compare_recipes(self.rows(), a, b, by)

    def markdown(self) -> str:
        """Return the table of recipes as Markdown."""
        return as_markdown(self.summaries())

    def record(self) -> dict[str, Any]:
        """Return all that is known as JSON can hold it: settings, runs, summaries and comparisons."""
        rows, found = self.rows(), self.summaries()
        runs = [
            {**record, "scores": [score.to_dict() for score in row.scores]}
            for record, row in zip(run_records(rows), rows, strict=True)
        ]
        return {
            "budget": self.plan.budget,
            "overrides": dict(self.plan.overrides),
            "seeds": self.plan.seeds,
            "runs": runs,
            "summary": [summary.to_dict() for summary in found],
            "comparisons": comparisons(rows, usual_pairs(found)),
        }

    def write_tables(self) -> None:
        """Write ``table.json``, ``table.csv`` (a row a run), ``summary.csv`` and ``table.md`` (a row a recipe)."""
        found = self.summaries()
        write_json(self.path / "table.json", self.record())
        texts = {
            "table.csv": as_csv(run_records(self.rows())),
            "summary.csv": as_csv([summary.to_dict() for summary in found]),
            "table.md": as_markdown(found),
        }
        for name, text in texts.items():
            write_bytes(self.path / name, text.encode())

    def draw(self) -> None:
        """Draw ``curves.png``, ``panels.png`` and, of both and the scores, ``study.png``."""
        from ganbench.studies.figure import study_pictures

        for name, picture in study_pictures(self.folder, self.plan, self.rows(), self.summaries()).items():
            write_bytes(self.path / name, picture)


def study(
    recipes: Sequence[str | Recipe] = (),
    *,
    seeds: int | None = None,
    out: str | Path | None = None,
    budget: Budget | None = None,
    jobs: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = (),
    n: int | None = None,
    modules: Sequence[str | Path] = (),
    retry_failed: bool = False,
    console: Console | None = None,
) -> Study:
    """Train and score recipes over seeds 0, 1, ..., draw and write the tables, and return the study.

    What is finished is kept and what was cut goes on, so the same call again completes a study; with more recipes or
    seeds it adds to it, and with no recipes it goes on with the one at ``out``. Runs that failed are results: they
    are tried again with ``retry_failed`` only. ``jobs`` runs are at work side by side (default: one for each core).

    ``seeds`` defaults to those of the study that is there, else 5; ``budget`` to "reference"; ``out`` to
    ``studies/DATA-BUDGET``. A study that is there must have the same budget, overrides, metrics and n.

    Raises:
        UserError: something asked for is wrong, or does not fit the study that is there; nothing is trained.
        RunError: a run's process was killed, or every run failed; the rest is done and kept.
        Stopped: a signal asked the study to stop; the runs have saved checkpoints.
    """
    if jobs is not None and jobs < 1:
        raise UserError(f"the number of jobs must be at least 1, not {jobs}")
    given = {"budget": budget, "overrides": overrides, "metrics": tuple(metrics), "n": n, "seeds": seeds}
    given = {name: value for name, value in given.items() if value not in (None, ())}
    path, plan = _planned(recipes, out, given, modules)
    require_one_table(plan)
    path.mkdir(parents=True, exist_ok=True)
    with only_one(path, "the study", f"another process is at work on {path}"):
        plan.write(path)
        made = Study(path)
        _look_over(made, retry_failed)
        console = console or Silent()
        try:
            cut = work_off(made.folder, plan, jobs=jobs or usual_jobs(plan), console=console)
        except Stopped:
            made.write_tables()
            raise
        made.write_tables()
        made.draw()
    _require_results(made, cut)
    return made


def comparisons(
    rows: Sequence[Row], pairs: Sequence[tuple[str, str]], by: str | None = None
) -> list[dict[str, Any]]:
    """Return the comparison of each pair that has a finished seed in common, with its sentence."""
    seeds = {
        label: {row.seed for row in rows if row.recipe == label and row.status == "finished"}
        for pair in pairs
        for label in pair
    }
    found = []
    for a, b in pairs:
        if seeds[a] & seeds[b]:
            result = compare_recipes(rows, a, b, by)
            said = {"resolved": result.resolved, "sentence": result.sentence(a, b)}
            found.append({"a": a, "b": b, **asdict(result), **said})
    return found


def _planned(
    recipes: Sequence[str | Recipe],
    out: str | Path | None,
    given: Mapping[str, Any],
    modules: Sequence[str | Path],
) -> tuple[Path, Plan]:
    """Return the study's folder and its plan, which is the one that is there with what is new."""
    there = Path(out) if out is not None else None
    old = Plan.read(there) if there is not None and (there / "study.json").exists() else None
    if not recipes:
        if there is None:
            raise UserError("name at least one recipe, or with --out a study to go on with")
        old = old or Plan.read(there)
        return there, old.with_added(replace(old, **given), there)
    plan = make_plan(recipes, modules=modules, **{"seeds": old.seeds if old else _SEEDS, **given})
    if there is None:
        there = Path("studies") / f"{_data_name(plan)}-{plan.budget}"
        old = Plan.read(there) if (there / "study.json").exists() else None
    if old is None and there.exists() and {path.name for path in there.iterdir()} - _BEFORE_THE_PLAN:
        raise UserError(f"{there} exists and is not a study; give another --out")
    return there, plan if old is None else old.with_added(plan, there)


def _data_name(plan: Plan) -> str:
    first = next(iter(plan.recipes.values()))
    return str(first["data"]["target"]).rpartition(":")[2].replace("_", "-")


def _look_over(study: Study, retry_failed: bool) -> None:
    """Refuse run folders that are not the study's, and forget failures that are to be tried again."""
    for label, seed in study.plan.jobs():
        path = study.folder.run(label, seed)
        if (path / "recipe.json").is_file():
            refuse_other_run(Run(path), study.plan.recipes[label], seed)
        if retry_failed:
            study.folder.forget_failure(label, seed)


def _require_results(study: Study, cut: Sequence[Row]) -> None:
    if cut:
        names = ", ".join(f"{row.recipe} seed {row.seed}" for row in cut)
        raise RunError(f"killed by a signal: {names}; go on with: ganbench study --out {study.path}")
    rows = study.rows()
    if all(row.status == "failed" for row in rows):
        raise RunError(
            f"all {len(rows)} runs failed, the first with: {rows[0].error} (more in {study.path / 'results'}); "
            f"try again with: ganbench study --out {study.path} --retry-failed"
        )
