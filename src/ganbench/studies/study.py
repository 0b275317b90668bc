"""Train recipes over several seeds in separate processes, score all runs alike, and compare the recipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ganbench.errors import RunError, Stopped, UserError
from ganbench.recipes.base import Budget, Recipe
from ganbench.runs.folder_check import require_safe
from ganbench.runs.run import Run
from ganbench.studies.backends.choice import BackendChoice
from ganbench.studies.equalize import Measure
from ganbench.studies.plan import Plan, require_matching_run
from ganbench.studies.preflight import require_panel_steps, require_shared_reference
from ganbench.studies.queue import run_queue
from ganbench.studies.resolve_plan import resolve_plan
from ganbench.studies.rows import Row, StudyFolder
from ganbench.studies.search.settings import SearchOutcome
from ganbench.studies.summary import Summary, compare_recipes, default_pairs, summaries
from ganbench.studies.table import as_csv, as_markdown, run_records
from ganbench.studies.task import default_jobs
from ganbench.studies.vectorized import train_vectorized
from ganbench.utils.bootstrap import Comparison
from ganbench.utils.console import Console, SilentConsole
from ganbench.utils.file_lock import exclusive_lock
from ganbench.utils.files import write_bytes, write_json


class Study:
    """A study folder: ``study.json``, ``recipes/``, ``runs/``, ``results/``, ``logs/``, tables and figures."""

    def __init__(self, path: str | Path) -> None:
        """Open a study, finished or not.

        Raises:
            UserError: the folder is not a study, or is unsafe: it holds a link, a pipe or a huge file.
        """
        self.path = Path(path)
        require_safe(self.path, skip=("runs",))  # each run is checked when it is opened
        self.folder, self.plan = StudyFolder(self.path), Plan.read(self.path)

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r})"

    def rows(self) -> list[Row]:
        """Return the state of each run, recipe by recipe."""
        return [
            self.folder.row(self.plan, label, seed)
            for label in self.plan.recipes
            for seed in self.plan.seed_numbers
        ]

    def summaries(self) -> list[Summary]:
        """Return a summary of each recipe, the best first. Raises UserError if scores were measured differently."""
        return summaries(self.rows())

    def compare(self, a: str, b: str, by: str | None = None) -> Comparison:
        """Compare two recipes over the seeds that both have finished, by score or by the detail ``by``.

        Raises:
            UserError: there is nothing to compare, or the scores were measured differently.
        """
        return compare_recipes(self.rows(), a, b, by)

    def markdown(self) -> str:
        """Return the table of recipes as Markdown, and below it what a search has found."""
        outcome = SearchOutcome.read(self.path)
        search = f"\n{outcome.describe()}.\n" if outcome else ""
        return as_markdown(self.summaries()) + search

    def record(self) -> dict[str, Any]:
        """Return settings, runs, summaries and comparisons as JSON values."""
        rows, summary_list = self.rows(), self.summaries()
        runs = [
            {**record, "scores": [score.to_dict() for score in row.scores]}
            for record, row in zip(run_records(rows), rows, strict=True)
        ]
        return {
            "budget": self.plan.budget,
            "overrides": dict(self.plan.overrides),
            "seeds": self.plan.seeds,
            "runs": runs,
            "summary": [summary.to_dict() for summary in summary_list],
            "comparisons": compare_pairs(rows, default_pairs(summary_list)),
            **({"equal": dict(self.plan.equal)} if self.plan.equal else {}),
            **({"search": asdict(outcome)} if (outcome := SearchOutcome.read(self.path)) else {}),
        }

    def write_tables(self) -> None:
        """Write ``table.json``, ``table.csv`` (a row per run), ``summary.csv`` and ``table.md`` (a row per recipe)."""
        summary_list = self.summaries()
        write_json(self.path / "table.json", self.record())
        tables = {
            "table.csv": as_csv(run_records(self.rows())),
            "summary.csv": as_csv([summary.to_dict() for summary in summary_list]),
            "table.md": self.markdown(),
        }
        for name, content in tables.items():
            write_bytes(self.path / name, content.encode())

    def draw(self) -> None:
        """Draw ``curves.png``, ``panels.png`` and the overview ``study.png``."""
        from ganbench.studies.figure import draw_study_figures

        figures = draw_study_figures(self.folder, self.plan, self.rows(), self.summaries())
        for name, picture in figures.items():
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
    panel_steps: Sequence[int] = (),
    retry_failed: bool = False,
    vectorize: bool = False,
    equalize: Measure | None = None,
    backend: str | None = None,
    backend_options: Mapping[str, Any] | None = None,
    max_restarts: int | None = None,
    console: Console | None = None,
) -> Study:
    """Train and score recipes over seeds 0, 1, ..., write tables and figures, and return the study.

    Finished runs are kept and interrupted runs resume, so repeating the call completes a study. With more recipes or
    seeds the call extends the study at ``out``; without recipes it continues it. An existing study must have the same
    budget, overrides, metrics and n.

    Args:
        recipes: names, files or objects.
        seeds: the number of seeds; default that of the existing study, else 5.
        out: the study folder; default ``runs/study-DATA-BUDGET``.
        budget: default "reference".
        jobs: the number of parallel runs; default one per core, on a cluster all of them up to 100.
        overrides: changes to every recipe.
        metrics: metric names; default the data set's own.
        n: the number of samples to score; default the metric's own.
        modules: the user's own files, whose parts the recipes use.
        panel_steps: the steps whose samples the panels show; default equal shares of each recipe's training. Each needs
            a recipe with a sample picture at that step (``schedule.sample_every``).
        retry_failed: whether to try failed runs again; otherwise a failure is a result.
        vectorize: whether to train the seeds of a recipe at once in one process, if it has fully connected networks.
        equalize: "images" or "cpu-time": train each recipe for as many images, or as much CPU time (as a short trial
            measures it), as the first one takes with its own steps.
        backend: where the runs are trained: "local" (the default), "slurm" or "ray"; default as before for a study that
            is continued. It does not affect what is compared.
        backend_options: settings of the backend, as in {"time": "2:00:00", "cpus": 4}; see studies/backends.
        max_restarts: how often a run that was interrupted without progress is submitted again; default 5 on a cluster,
            0 on this machine.
        console: where progress goes; default nowhere.

    Raises:
        UserError: an argument is invalid or does not match the existing study; nothing is trained.
        RunError: a run was interrupted too often, or every run failed; all other runs are complete.
        Stopped: a signal asked the study to stop; the runs have saved checkpoints.

    Example:
        >>> import ganbench
        >>> study = ganbench.study(
        ...     ["gan-ring8"], seeds=2, budget="laptop", out="studies/first", jobs=1,
        ...     overrides={"schedule.steps": 20, "machine.threads": 1}, n=250,
        ... )
        >>> [(row.recipe, row.seed, row.status) for row in study.rows()]
        [('gan-ring8', 0, 'finished'), ('gan-ring8', 1, 'finished')]
    """
    if jobs is not None and jobs < 1:
        raise UserError(f"the number of jobs must be at least 1, not {jobs}")
    if max_restarts is not None and max_restarts < 0:
        raise UserError(f"the number of restarts must not be negative, but is {max_restarts}")
    settings = {
        "budget": budget,
        "overrides": overrides,
        "metrics": tuple(metrics),
        "n": n,
        "seeds": seeds,
        "panel_steps": tuple(sorted(set(panel_steps))),
    }
    settings = {name: value for name, value in settings.items() if value not in (None, ())}
    path, plan = resolve_plan(recipes, out, settings, modules, equalize)
    choice = BackendChoice.resolve(path, backend, backend_options)
    place = choice.open()
    require_panel_steps(plan)
    require_shared_reference(plan)
    path.mkdir(parents=True, exist_ok=True)
    require_safe(path, skip=("runs",))
    with exclusive_lock(path, "the study", f"another process is working on {path}"):
        plan.write(path)
        choice.write(path)
        result = Study(path)
        _prepare_runs(result, retry_failed)
        jobs, console = jobs or default_jobs(plan, place), console or SilentConsole()
        try:
            if vectorize:
                train_vectorized(result.folder, plan, place, jobs=jobs, console=console)
            interrupted = run_queue(
                result.folder,
                plan,
                place,
                jobs=jobs,
                max_restarts=place.max_restarts if max_restarts is None else max_restarts,
                console=console,
            )
        except Stopped:
            result.write_tables()
            raise
        finally:
            place.close()
        result.write_tables()
        result.draw()
    _require_results(result, interrupted)
    return result


def compare_pairs(
    rows: Sequence[Row], pairs: Sequence[tuple[str, str]], by: str | None = None
) -> list[dict[str, Any]]:
    """Return the comparison of each pair that has a finished seed in common, with its verdict in a sentence."""
    seeds = {
        label: {row.seed for row in rows if row.recipe == label and row.status == "finished"}
        for pair in pairs
        for label in pair
    }
    comparisons = []
    for a, b in pairs:
        if seeds[a] & seeds[b]:
            result = compare_recipes(rows, a, b, by)
            verdict = {"resolved": result.resolved, "sentence": result.describe(a, b)}
            comparisons.append({"a": a, "b": b, **asdict(result), **verdict})
    return comparisons


def _prepare_runs(study: Study, retry_failed: bool) -> None:
    """Reject run folders that do not match the plan, and clear failures if they are to be retried."""
    for label, seed in study.plan.runs():
        path = study.folder.run(label, seed)
        if (path / "recipe.json").is_file():
            require_matching_run(Run(path), study.plan.recipes[label], seed)
        if retry_failed:
            study.folder.clear_failure(label, seed)


def _require_results(study: Study, interrupted: Sequence[Row]) -> None:
    if interrupted:
        names = ", ".join(f"{row.recipe} seed {row.seed}" for row in interrupted)
        raise RunError(
            f"interrupted too often: {names} (their output is in {study.path / 'logs'}); "
            f"continue with: ganbench study --out {study.path}"
        )
    rows = study.rows()
    if all(row.status == "failed" for row in rows):
        raise RunError(
            f"all {len(rows)} runs failed, the first with: {rows[0].error} (more in {study.path / 'results'}); "
            f"try again with: ganbench study --out {study.path} --retry-failed"
        )
