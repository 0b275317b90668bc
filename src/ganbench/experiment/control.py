"""Ask the process that trains a run to stop, or to go on with other settings; it may be on another machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.experiment.request_watch import require_changeable
from ganbench.recipes.changeable import change_settings
from ganbench.runs.changes import read_changes, recipe_at
from ganbench.runs.requests import Request, write_request
from ganbench.runs.run import Run
from ganbench.utils.file_lock import is_locked

_POLL_SECONDS = 0.1


def stop(run: str | Path | Run, *, wait: bool = True, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Ask the process that trains a run to save a checkpoint and end.

    Args:
        run: The run, or its folder.
        wait: Whether to wait until the process has ended.
        sleep: Waits for some seconds.

    Returns:
        Whether the process has ended.

    Raises:
        UserError: ``run`` is not a run folder, or no process trains it.
    """
    run = run if isinstance(run, Run) else Run(run)
    if not is_locked(run.path):
        raise UserError(f"no process trains {run.path}, so there is nothing to stop")
    write_request(run.path, Request("stop"))
    while wait and is_locked(run.path):
        sleep(_POLL_SECONDS)
    return wait


def change(run: str | Path | Run, values: Mapping[str, Any], *, trusted: Collection[str] = ()) -> bool:
    """Ask for other values of settings in the midst of a run, from its next checkpoint on.

    The process that trains the run saves a checkpoint within about a second, and continues from there with the new
    values. If no process trains it, they count as soon as it is resumed. The run's ``meta.json`` says from which step
    on each setting had another value.

    Args:
        run: The run, or its folder.
        values: New values by dotted key, such as ``{"optimizers.G.lr": 1e-4}``. Learning rates and other numbers of
            the optimizers, weights of losses and regularizers, and most of the schedule can change.
        trusted: Names of Python modules outside ganbench whose code the recipe may run.

    Returns:
        Whether a process trains the run now.

    Raises:
        UserError: a setting cannot change in the midst of a run, a value does not fit, or the run is finished.

    Example:
        >>> import ganbench
        >>> run = ganbench.train("gan-ring8", budget="laptop", out="runs/changed", overrides={"schedule.steps": 20})
        >>> ganbench.change(run, {"schedule.steps": 30, "optimizers.G.lr": 1e-4})
        False
        >>> ganbench.resume(run).recipe().optimizers["G"].kwargs["lr"]
        0.0001
    """
    run = run if isinstance(run, Run) else Run(run)
    recipe = recipe_at(run.recipe(trusted), read_changes(run.meta), None, trusted)
    changed, differences = change_settings(recipe, values)
    if not differences:
        raise UserError(f"{run.path} has these values already: {', '.join(values)}")
    step = max(run.checkpoint_steps(), default=0)
    is_running = is_locked(run.path)
    require_changeable(recipe, changed, run.info, step)
    if not is_running and step >= changed.schedule.steps:
        raise UserError(
            f"{run.path} is finished, at step {step}; with more steps, as schedule.steps={2 * step}, it can go on"
        )
    write_request(run.path, Request("change", dict(values)))
    return is_running
