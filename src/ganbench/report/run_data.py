"""Read all records of a run folder, tolerating missing and damaged files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.health import Finding, diagnose
from ganbench.runs.event_lines import describe_damage
from ganbench.runs.run import Run
from ganbench.utils.files import read_json

_OTHER_FOLDERS = ("checkpoints", "eval", "pictures", "tensorboard")


@dataclass(frozen=True)
class RunData:
    """The readable records of a run.

    Attributes:
        run: the run folder.
        recipe: the resolved recipe; empty if its file is damaged.
        meta: the contents of ``meta.json``; empty if it is damaged.
        events: the readable events, in order; of a long log, evenly spaced ones of each kind.
        omitted_events: the number of other events.
        scores: the records of ``eval/`` by file name.
        problems: one sentence for each damaged part.
    """

    run: Run
    recipe: Mapping[str, Any]
    meta: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, Mapping[str, Any]]
    problems: tuple[str, ...]
    omitted_events: int = 0

    def events_of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the events of one kind."""
        return [event for event in self.events if event["kind"] == kind]

    @cached_property
    def findings(self) -> list[Finding]:
        """The findings of the health rules."""
        return diagnose(self.events, self.steps)

    @property
    def name(self) -> str:
        """The recipe's name; the folder's name if the recipe is damaged."""
        return str(self.recipe.get("name") or self.run.path.name)

    @property
    def step(self) -> int:
        """The step of the last event."""
        return max((event["step"] for event in self.events), default=0)

    @property
    def steps(self) -> int:
        """The number of planned steps; 0 if unknown."""
        schedule = self.recipe.get("schedule")
        steps = schedule.get("steps") if isinstance(schedule, Mapping) else 0
        return steps if isinstance(steps, int) else 0

    @property
    def state(self) -> str:
        """``failed``, ``finished``, or ``unfinished`` (still training or stopped)."""
        if any(event["kind"] == "failure" for event in self.events):
            return "failed"
        return "finished" if 0 < self.steps <= self.step else "unfinished"


def read_run_data(run: Run) -> RunData:
    """Read the records of a run folder; damaged ones are listed in ``problems``."""
    problems: list[str] = []
    recipe = _read_json(run.path / "recipe.json", problems)
    meta = _read_json(run.path / "meta.json", problems)
    scores = {path.stem: _read_json(path, problems) for path in sorted(run.eval.glob("*.json"))}
    scores = {name: score for name, score in scores.items() if _is_score(score, name, problems)}
    events, history = [], run.events.history()
    if history.damaged:
        problems.append(describe_damage(run.events.path, history.damaged))
    for event in history.events():
        if _is_event(event):
            events.append(event)
        else:
            problems.append(f"an event of step {event['step']!r} is damaged and ignored")
    return RunData(run, recipe, meta, tuple(events), scores, tuple(dict.fromkeys(problems)), history.omitted)


def picture_folders(run: Run) -> list[Path]:
    """Return the run's folders of ``step-N.png`` files (samples, critic, classes, ...), samples first; no symlinks."""
    folders = [
        path
        for path in sorted(run.path.iterdir())
        if path.is_dir() and not path.is_symlink() and path.name not in _OTHER_FOLDERS
    ]
    nonempty = [path for path in folders if next(path.glob("step-*.png"), None) is not None]
    return sorted(nonempty, key=lambda path: path != run.samples)


def _read_json(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return read_json(path)
    except UserError as error:
        problems.append(str(error))
        return {}


def _is_event(event: Mapping[str, Any]) -> bool:
    """Whether an event has the fields that its kind needs."""
    if not isinstance(event["step"], int) or not isinstance(event["kind"], str):
        return False
    if event["kind"] == "layers":
        parameters = event.get("parameters")
        return isinstance(parameters, dict) and all(
            isinstance(v, list) and len(v) == 3 for v in parameters.values()
        )
    if event["kind"] == "score":
        return isinstance(event.get("value"), int | float) and event.get("better") in ("lower", "higher")
    return event["kind"] != "failure" or "error" in event


def _is_score(score: Mapping[str, Any], name: str, problems: list[str]) -> bool:
    if isinstance(score.get("value"), int | float) and "name" in score:
        return True
    if score:
        problems.append(f"eval/{name}.json has no score")
    return False
