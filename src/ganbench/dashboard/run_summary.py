"""A short summary of a run for the list: recipe, status, progress and best score, without parsing all events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganbench.dashboard.sanitize import printable
from ganbench.errors import UserError
from ganbench.runs.changes import describe_identity, readable_changes
from ganbench.runs.event_digest import LogDigest
from ganbench.utils.file_lock import is_locked
from ganbench.utils.files import read_json

Status = Literal["running", "finished", "stopped", "failed", "broken"]


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What the files of a run say about it; whether it is running is in its lock, see :func:`run_status`."""

    recipe: str = ""
    data: str = ""
    seed: int | None = None
    step: int = 0
    steps: int = 0
    score: str = ""
    value: float | None = None
    lower_is_better: bool = True
    failed: bool = False
    trend: tuple[float, ...] = ()
    trend_of: str = ""
    changed: str = ""
    problem: str = ""


def summarize_run(folder: Path, digest: LogDigest) -> RunSummary:
    """Return a run's summary. Never raises: damaged files are reported in ``problem``.

    Args:
        folder: the run folder.
        digest: the digest of its log; only what is new since the last call is read.
    """
    try:
        recipe = read_json(folder / "recipe.json")
        meta = read_json(folder / "meta.json")
        digest.update()
    except (UserError, OSError) as error:
        return RunSummary(problem=printable(error))
    data, schedule = _mapping(meta, "data"), _mapping(recipe, "schedule")
    trend_of, trend = digest.trend()
    return RunSummary(
        recipe=printable(recipe.get("name", ""), 100),
        data=printable(data.get("name", ""), 100),
        seed=_count(meta.get("seed")),
        step=_count(digest.last_step) or 0,
        steps=_count(schedule.get("steps")) or 0,
        score=printable(digest.score, 100),
        value=None if digest.best is None else float(digest.best["value"]),
        lower_is_better=digest.better == "lower",
        failed=digest.failed,
        trend=tuple(trend),
        trend_of=printable(trend_of, 100),
        changed=describe_identity(readable_changes(meta)),
    )


def run_status(summary: RunSummary, folder: Path) -> Status:
    """Return the status of a run, which is "running" while a process holds its lock."""
    if summary.problem:
        return "broken"
    if is_locked(folder):
        return "running"
    if summary.failed:
        return "failed"
    return "finished" if 0 < summary.steps <= summary.step else "stopped"


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    """Return a non-negative integer that a table can hold, or None for anything else."""
    return value if isinstance(value, int) and 0 <= value < 2**53 else None
