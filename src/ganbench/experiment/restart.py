"""Whether a command that torchrun starts again continues the run that it began before."""

from __future__ import annotations

from pathlib import Path

from ganbench.errors import UserError
from ganbench.recipes.base import Recipe
from ganbench.runs.run import Run
from ganbench.training.engine import Engine
from ganbench.training.processes import may_restart


def continues_run(out: str | Path | None, recipe: Recipe, seed: int, engine: Engine) -> bool:
    """Return whether ``out`` is the run that an earlier start of this command has begun; the same in every process.

    Only for processes that torchrun starts again when one fails (``--max-restarts``): they get the same command.

    Raises:
        UserError: the run has no folder by which a second start could find it.
    """
    if not may_restart():
        return False
    if out is None:
        raise UserError(
            "with --max-restarts, torchrun starts the command again: give --out, where it continues"
        )
    answer = engine.is_main_process and _is_same_run(Path(out), recipe, seed)
    return engine.broadcast("continue" if answer else "begin") == "continue"


def _is_same_run(path: Path, recipe: Recipe, seed: int) -> bool:
    if not (path / "recipe.json").is_file():
        return False
    run = Run(path)
    return bool(run.meta["seed"] == seed and run.recipe().to_dict() == recipe.to_dict())
