"""The folder and the plan that the arguments of a study mean: a new one, or the stored one extended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.studies.equalize import Measure, equalize
from ganbench.studies.plan import Plan, make_plan

_DEFAULT_SEEDS = 5
_PARTIAL_STUDY = {
    ".lock",
    ".heartbeat",
    "recipes",
    "search",
}  # what a study that was killed early may have left


def resolve_plan(
    recipes: Sequence[str | Recipe],
    out: str | Path | None,
    settings: Mapping[str, Any],
    modules: Sequence[str | Path],
    by: Measure | None,
) -> tuple[Path, Plan]:
    """Return the study's folder and its plan: an existing plan extended by the arguments, or a new one."""
    folder = Path(out) if out is not None else None
    existing = Plan.read(folder) if folder is not None and (folder / "study.json").exists() else None
    if not recipes:
        if folder is None:
            raise UserError("name at least one recipe, or continue a study with --out")
        if by is not None:
            raise UserError("name the recipes again to set what is equal in their runs")
        existing = existing or Plan.read(folder)
        return folder, existing.extend(replace(existing, **settings), folder)
    defaults = {"seeds": existing.seeds if existing else _DEFAULT_SEEDS}
    plan = make_plan(recipes, modules=modules, **{**defaults, **settings})
    if folder is None:
        folder = _default_folder(plan)
        existing = Plan.read(folder) if (folder / "study.json").exists() else None
    if existing is None and folder.exists() and {path.name for path in folder.iterdir()} - _PARTIAL_STUDY:
        raise UserError(f"{folder} exists and is not a study; choose another --out")
    if by is not None:
        plan = equalize(plan, by, existing)
    if existing is None:
        return folder, plan
    if "budget" not in settings:  # nothing to compare the existing one with
        plan = replace(plan, budget=existing.budget)
    return folder, existing.extend(plan, folder)


def _default_folder(plan: Plan) -> Path:
    """Return a folder beside the runs, where the dashboard looks; that of an older version if the study is there."""
    first = next(iter(plan.recipes.values()))
    data = str(first["data"]["target"]).rpartition(":")[2].replace("_", "-")
    older = Path("studies") / f"{data}-{plan.budget}"
    return older if (older / "study.json").exists() else Path("runs") / f"study-{older.name}"
