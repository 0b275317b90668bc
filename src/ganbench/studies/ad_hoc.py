"""Runs and records of scores that belong to no study, seen as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ganbench.errors import UserError
from ganbench.metrics.score import Score
from ganbench.runs.run import Run
from ganbench.studies.rows import Row
from ganbench.utils.files import read_json


def rows_of(paths: Sequence[str | Path]) -> list[Row]:
    """Return a row for each run or record of a score (``eval/*.json``), by recipe name and seed.

    A run stands with the newest score of its last scored step, of each name that all the runs have. Where two rows
    have the same recipe and seed, each is taken by its folder's or file's name instead.

    Raises:
        UserError: fewer than two, or one that is neither, or a run that has no score.
    """
    if len(paths) < 2:
        raise UserError(f"{paths[0]} is not a study; name two runs or more to compare")
    rows = [_of_record(Path(p)) if str(p).endswith(".json") else _of_run(Run(p)) for p in paths]
    rows = _with_shared_names(rows)
    if len({(row.recipe, row.seed) for row in rows}) == len(rows):
        return rows
    labels = [Path(path).stem if str(path).endswith(".json") else Path(path).name for path in paths]
    if len(set(labels)) < len(labels):
        labels = [str(path) for path in paths]
    return [replace(row, recipe=label) for row, label in zip(rows, labels, strict=True)]


def _with_shared_names(rows: Sequence[Row]) -> list[Row]:
    """Leave the scores whose names are in every row, in the first one's order; where there are none, the newest."""
    shared = set.intersection(*({score.name for score in row.scores} for row in rows))
    names = [score.name for score in rows[0].scores if score.name in shared]
    return [
        replace(
            row, scores=tuple(s for name in names for s in row.scores if s.name == name) or row.scores[:1]
        )
        for row in rows
    ]


def _of_run(run: Run) -> Row:
    return replace(_without_scores(run), scores=_newest_scores(run))


def _without_scores(run: Run) -> Row:
    steps, recipe = run.checkpoint_steps(), read_json(run.path / "recipe.json")
    return Row(
        recipe=str(recipe.get("name")),
        seed=run.meta["seed"],
        status="finished",
        step=steps[0] if steps else 0,
        steps=int(recipe["schedule"]["steps"]),
        seconds=round(sum(float(event["seconds"]["total"]) for event in run.events.read("speed")), 2),
    )


def _of_record(path: Path) -> Row:
    """Return a row with one score; it has its run's recipe and seed if it lies in one, else its own name."""
    score = _read(path)
    if (path.parent.parent / "recipe.json").is_file():
        return replace(_without_scores(Run(path.parent.parent)), scores=(score,))
    generator = score.measured.get("generator")
    step = int(generator["step"]) if isinstance(generator, dict) and "step" in generator else 0
    return Row(
        recipe=path.stem, seed=0, status="finished", step=step, steps=step, seconds=0.0, scores=(score,)
    )


def _newest_scores(run: Run) -> tuple[Score, ...]:
    """Return of each name the newest score of the last step that has one, the newest of all first."""
    found: dict[str, tuple[tuple[int, int], Score]] = {}
    for path in run.eval.glob("*.json"):
        score = _read(path)
        generator = score.measured.get("generator")
        if not isinstance(generator, dict) or not isinstance(generator.get("step"), int):
            raise UserError(f"{path} is not a score of a run: its record names no step")
        age = (generator["step"], path.stat().st_mtime_ns)
        if score.name not in found or age > found[score.name][0]:
            found[score.name] = age, score
    if not found:
        raise UserError(f"{run.path} has no score yet; `ganbench evaluate {run.path}` makes one")
    return tuple(score for _, score in sorted(found.values(), key=lambda item: item[0], reverse=True))


def _read(path: Path) -> Score:
    content = read_json(path)
    try:
        score = Score.from_dict(content)
        if not isinstance(score.measured, dict) or not isinstance(score.details, dict):
            raise TypeError("its record is no object")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a score: {error}") from error
    return score
