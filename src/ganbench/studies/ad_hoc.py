"""Table rows for runs and score records that belong to no study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ganbench.errors import UserError
from ganbench.metrics.score import Score
from ganbench.runs.changes import describe_identity, readable_changes
from ganbench.runs.run import Run
from ganbench.studies.rows import Row
from ganbench.utils.files import read_json


def load_rows(paths: Sequence[str | Path]) -> list[Row]:
    """Return one row for each run folder or score record (``eval/*.json``), labelled by recipe name and seed.

    The label also names the steps at which settings of the run were changed. A run is represented by the scores of its
    last scored step, the newest score of each name, restricted to the names that all runs have. If two rows have the
    same recipe and seed, every row is labelled by its folder or file name instead.

    Raises:
        UserError: fewer than two paths, a path that is neither a run nor a record, or a run without a score.
    """
    if len(paths) < 2:
        raise UserError(f"{paths[0]} is not a study; name at least two runs to compare")
    rows = [_record_row(Path(p)) if str(p).endswith(".json") else _run_row(Run(p)) for p in paths]
    rows = _keep_shared_scores(rows)
    if len({(row.recipe, row.seed) for row in rows}) == len(rows):
        return rows
    labels = [Path(path).stem if str(path).endswith(".json") else Path(path).name for path in paths]
    if len(set(labels)) < len(labels):
        labels = [str(path) for path in paths]
    return [replace(row, recipe=label) for row, label in zip(rows, labels, strict=True)]


def _keep_shared_scores(rows: Sequence[Row]) -> list[Row]:
    """Keep the scores whose names every row has, in the first row's order; if there are none, the newest score."""
    shared = set.intersection(*({score.name for score in row.scores} for row in rows))
    names = [score.name for score in rows[0].scores if score.name in shared]
    return [
        replace(
            row, scores=tuple(s for name in names for s in row.scores if s.name == name) or row.scores[:1]
        )
        for row in rows
    ]


def _run_row(run: Run) -> Row:
    return replace(_unscored_row(run), scores=_newest_scores(run))


def _unscored_row(run: Run) -> Row:
    checkpoint_steps, recipe = run.checkpoint_steps(), read_json(run.path / "recipe.json")
    changed = describe_identity(readable_changes(run.meta))
    return Row(
        recipe=f"{recipe.get('name')}{f' ({changed})' if changed else ''}",
        seed=run.meta["seed"],
        status="finished",
        step=checkpoint_steps[0] if checkpoint_steps else 0,
        steps=int(recipe["schedule"]["steps"]),
        seconds=round(sum(float(event["seconds"]["total"]) for event in run.events.stream("speed")), 2),
    )


def _record_row(path: Path) -> Row:
    """Return a row with one score, labelled by its run if the record lies in one, otherwise by its file name."""
    score = _read_score(path)
    if (path.parent.parent / "recipe.json").is_file():
        return replace(_unscored_row(Run(path.parent.parent)), scores=(score,))
    generator = score.measured.get("generator")
    step = int(generator["step"]) if isinstance(generator, dict) and "step" in generator else 0
    return Row(
        recipe=path.stem, seed=0, status="finished", step=step, steps=step, seconds=0.0, scores=(score,)
    )


def _newest_scores(run: Run) -> tuple[Score, ...]:
    """Return the newest score of each name at its last scored step, the newest of all first."""
    newest: dict[str, tuple[tuple[int, int], Score]] = {}
    for path in run.eval.glob("*.json"):
        score = _read_score(path)
        generator = score.measured.get("generator")
        if not isinstance(generator, dict) or not isinstance(generator.get("step"), int):
            raise UserError(f"{path} is not a score of a run: its record names no step")
        age = (generator["step"], path.stat().st_mtime_ns)
        if score.name not in newest or age > newest[score.name][0]:
            newest[score.name] = age, score
    if not newest:
        raise UserError(f"{run.path} has no score yet; create one with `ganbench evaluate {run.path}`")
    return tuple(score for _, score in sorted(newest.values(), key=lambda item: item[0], reverse=True))


def _read_score(path: Path) -> Score:
    content = read_json(path)
    try:
        score = Score.from_dict(content)
        if not isinstance(score.measured, dict) or not isinstance(score.details, dict):
            raise TypeError("its record is not an object")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a score: {error}") from error
    return score
