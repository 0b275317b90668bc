"""A short summary of a run for the list: recipe, status, progress and best score, without parsing all events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganbench.dashboard.sanitize import printable
from ganbench.errors import UserError
from ganbench.utils.file_lock import is_locked
from ganbench.utils.files import read_json

Status = Literal["running", "finished", "stopped", "failed", "broken"]

# EventLog writes the kind first in each line, so that this pattern can skip all other events unparsed.
_SCORE_OR_FAILURE = re.compile(rb'^\{"kind": "(?:score|failure)".*$', re.MULTILINE)
_TAIL = 2**16  # bytes at the end of the log that are searched for the newest event


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
    problem: str = ""


def summarize_run(folder: Path) -> RunSummary:
    """Return a run's summary. Never raises: damaged files are reported in ``problem``."""
    try:
        recipe = read_json(folder / "recipe.json")
        meta = read_json(folder / "meta.json")
    except UserError as error:
        return RunSummary(problem=printable(error))
    log = _read_bytes(folder / "events.jsonl")
    data, schedule = _mapping(meta, "data"), _mapping(recipe, "schedule")
    events = [event for event in map(_parse_event, _SCORE_OR_FAILURE.findall(log)) if event]
    scores = [event for event in events if event["kind"] == "score" and _is_number(event.get("value"))]
    name = scores[0].get("name") if scores else None  # with several scores, the first one counts
    values = [float(event["value"]) for event in scores if event.get("name") == name]
    lower = not scores or scores[0].get("better") != "higher"
    return RunSummary(
        recipe=printable(recipe.get("name", ""), 100),
        data=printable(data.get("name", ""), 100),
        seed=_count(meta.get("seed")),
        step=_last_step(log),
        steps=_count(schedule.get("steps")) or 0,
        score=printable(name or "", 100),
        value=(min if lower else max)(values, default=None),
        lower_is_better=lower,
        failed=any(event["kind"] == "failure" for event in events),
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


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _last_step(log: bytes) -> int:
    for line in reversed(log[-_TAIL:].splitlines()):
        event = _parse_event(line)
        if event is not None and (step := _count(event["step"])) is not None:
            return step
    return 0


def _parse_event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):  # truncated or damaged
        return None
    return event if isinstance(event, dict) and {"kind", "step"} <= event.keys() else None


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    """Return a non-negative integer that a table can hold, or None for anything else."""
    return value if isinstance(value, int) and 0 <= value < 2**53 else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e300
