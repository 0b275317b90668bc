"""Continue a run from its checkpoint, with the changes that were asked for while nobody trained it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ganbench.errors import UserError
from ganbench.experiment.continuation import record_changes
from ganbench.experiment.request_watch import RequestWatch
from ganbench.experiment.run_hooks import RunHooks
from ganbench.experiment.session import Session
from ganbench.recipes.base import Recipe
from ganbench.recipes.changeable import change_settings
from ganbench.runs.changes import Change, read_changes


def continue_run(
    session: Session, recipe: Recipe, state: Mapping[str, Any] | None, asked: Mapping[str, Any]
) -> tuple[RunHooks, list[Change]]:
    """Build the trainer and hooks of a run that continues, and record what changes.

    Requests to stop are removed: they were meant for an earlier process.

    Args:
        session: The run, whose lock this process holds.
        recipe: The recipe at the checkpoint.
        state: The checkpoint; None for the start.
        asked: New values of settings by dotted key, which count more than those of requests.

    Returns:
        The hooks, and the history of the run's changes.

    Raises:
        UserError: the run cannot continue in this way.
    """
    run, engine = session.run, session.engine
    step, watch = (0 if state is None else state["step"]), RequestWatch(run, session.console)
    found = watch.look(recipe, step) if engine.is_main_process else {}
    requested = json.loads(engine.broadcast(json.dumps(found)))
    changed, differences = change_settings(recipe, {**requested, **asked})
    try:
        hooks = session.hooks(changed, state)
    except UserError as error:
        if not requested:
            raise
        changed, differences = change_settings(recipe, asked)
        hooks = session.hooks(changed, state)
        if engine.is_main_process:
            watch.refuse(step, str(error))
    if engine.is_main_process:
        if differences or read_changes(run.meta):  # a kill may have come between the writing of both files
            record_changes(run, changed, step, differences, session.trusted)
        if step == 0:  # the history has no entry, from which it would be logged
            for key, (old, new) in differences.items():
                run.events.append("change", step, key=key, old=old, new=new)
        watch.finish()
    return hooks, read_changes(run.meta)
