"""Runs that belong to no study, seen as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganbench.errors import UserError
from ganbench.metrics.base import Score
from ganbench.runs import Run, read_json
from ganbench.studies.rows import Row


def rows_of_runs(paths: Sequence[str | Path]) -> list[Row]:
    """Return a row for each run, with the newest score of its last scored step, by recipe name and seed.

    Where two runs have the same recipe and seed, each run is taken by its folder's name instead.

    Raises:
        UserError: fewer than two runs, or one that is no run, or has no score.
    """
    if len(paths) < 2:
        raise UserError(f"{paths[0]} is not a study; name two runs or more to compare")
    runs = [Run(path) for path in paths]
    names = [(str(read_json(run.path / "recipe.json").get("name")), run.meta["seed"]) for run in runs]
    by_recipe = len(set(names)) == len(names)
    return [
        _row(run, name if by_recipe else run.path.name, seed)
        for run, (name, seed) in zip(runs, names, strict=True)
    ]


def _row(run: Run, label: str, seed: int) -> Row:
    steps = run.checkpoint_steps()
    speed = run.events.read("speed")
    return Row(
        recipe=label,
        seed=seed,
        status="finished",
        step=steps[0] if steps else 0,
        steps=int(read_json(run.path / "recipe.json")["schedule"]["steps"]),
        seconds=round(sum(float(event["seconds"]["total"]) for event in speed), 2),
        scores=(_newest_score(run),),
    )


def _newest_score(run: Run) -> Score:
    found = []
    for path in run.eval.glob("*.json"):
        try:
            score = Score.from_dict(read_json(path))
            generator = score.measured["generator"]
            found.append((generator["step"], path.stat().st_mtime_ns, score))  # type: ignore[index, call-overload]
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path} is not a score: {error}") from error
    if not found:
        raise UserError(f"{run.path} has no score yet; `ganbench evaluate {run.path}` makes one")
    return max(found, key=lambda item: item[:2])[2]
