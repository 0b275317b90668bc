"""What a list of runs says of each: recipe, status, how far it came, its score; read without parsing all events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganbench.dashboard.sanitize import shown
from ganbench.errors import UserError
from ganbench.utils.file_lock import is_held
from ganbench.utils.files import read_json

Status = Literal["running", "finished", "stopped", "failed", "broken"]

# As EventLog writes them: the kind comes first, so all other events are passed over unparsed.
_TOLD = re.compile(rb'^\{"kind": "(?:score|failure)".*$', re.MULTILINE)
_TAIL = 2**16  # bytes, in which the newest event begins


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What the files of a run say, but for whether somebody is at work on it."""

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
    """Look at a run's files; what is damaged is said in ``problem``, and nothing is raised."""
    try:
        recipe = read_json(folder / "recipe.json")
        meta = read_json(folder / "meta.json")
    except UserError as error:
        return RunSummary(problem=shown(error))
    content = _content(folder / "events.jsonl")
    data, schedule = _part(meta, "data"), _part(recipe, "schedule")
    told = [event for event in map(_event, _TOLD.findall(content)) if event]
    scores = [event for event in told if event["kind"] == "score" and _is_number(event.get("value"))]
    name = scores[0].get("name") if scores else None  # where several things are scored, the first decides
    values = [float(event["value"]) for event in scores if event.get("name") == name]
    lower = not scores or scores[0].get("better") != "higher"
    return RunSummary(
        recipe=shown(recipe.get("name", ""), 100),
        data=shown(data.get("name", ""), 100),
        seed=_whole(meta.get("seed")),
        step=_last_step(content),
        steps=_whole(schedule.get("steps")) or 0,
        score=shown(name or "", 100),
        value=(min if lower else max)(values, default=None),
        lower_is_better=lower,
        failed=any(event["kind"] == "failure" for event in told),
    )


def status_of(told: RunSummary, folder: Path) -> Status:
    """Return the status of a run: at work while somebody holds its lock."""
    if told.problem:
        return "broken"
    if is_held(folder):
        return "running"
    if told.failed:
        return "failed"
    return "finished" if 0 < told.steps <= told.step else "stopped"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _last_step(content: bytes) -> int:
    for line in reversed(content[-_TAIL:].splitlines()):
        event = _event(line)
        if event is not None and (step := _whole(event["step"])) is not None:
            return step
    return 0


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):  # cut short
        return None
    return event if isinstance(event, dict) and {"kind", "step"} <= event.keys() else None


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = values.get(name)
    return part if isinstance(part, Mapping) else {}


def _whole(value: object) -> int | None:
    """Return a count that any table can hold; None for anything else."""
    return value if isinstance(value, int) and 0 <= value < 2**53 else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e300
