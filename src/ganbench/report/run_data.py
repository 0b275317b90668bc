"""What a run folder holds, read once and patiently: what is missing or damaged is said, and stops nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.health import Finding, findings
from ganbench.runs.run import Run
from ganbench.utils.files import read_json

_NO_PICTURES = ("checkpoints", "eval", "pictures", "tensorboard")


@dataclass(frozen=True)
class RunData:
    """A run as its files tell it.

    ``recipe`` and ``meta`` are empty where their files are damaged; ``problems`` says so, a sentence each.
    ``events`` are all that can be read, in order, ``scores`` the records of ``eval/`` by file name.
    """

    run: Run
    recipe: Mapping[str, Any]
    meta: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, Mapping[str, Any]]
    problems: tuple[str, ...]

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the events of one kind."""
        return [event for event in self.events if event["kind"] == kind]

    @cached_property
    def findings(self) -> list[Finding]:
        """What the health rules found."""
        return findings(self.events, self.steps)

    @property
    def name(self) -> str:
        """The recipe's name, or the folder's where the recipe cannot be read."""
        return str(self.recipe.get("name") or self.run.path.name)

    @property
    def step(self) -> int:
        """The last step that was told of."""
        return max((event["step"] for event in self.events), default=0)

    @property
    def steps(self) -> int:
        """How many steps are planned; 0 if nobody knows."""
        planned = (
            self.recipe.get("schedule", {}).get("steps")
            if isinstance(self.recipe.get("schedule"), Mapping)
            else 0
        )
        return planned if isinstance(planned, int) else 0

    @property
    def state(self) -> str:
        """``failed``, ``finished``, or ``unfinished``: at work still, or stopped."""
        if any(event["kind"] == "failure" for event in self.events):
            return "failed"
        return "finished" if 0 < self.steps <= self.step else "unfinished"


def read_run(run: Run) -> RunData:
    """Read a run folder."""
    problems: list[str] = []
    recipe = _json(run.path / "recipe.json", problems)
    meta = _json(run.path / "meta.json", problems)
    scores = {path.stem: _json(path, problems) for path in sorted(run.eval.glob("*.json"))}
    scores = {name: score for name, score in scores.items() if _is_score(score, name, problems)}
    events = []
    for event in run.events.read():
        if _is_event(event):
            events.append(event)
        else:
            problems.append(f"an event of step {event['step']!r} is damaged and left out")
    return RunData(run, recipe, meta, tuple(events), scores, tuple(dict.fromkeys(problems)))


def picture_folders(run: Run) -> list[Path]:
    """Return the run's folders with pictures of steps (samples, critic, classes, ...), samples first; no links."""
    folders = [
        path
        for path in sorted(run.path.iterdir())
        if path.is_dir() and not path.is_symlink() and path.name not in _NO_PICTURES
    ]
    drawn = [path for path in folders if next(path.glob("step-*.png"), None) is not None]
    return sorted(drawn, key=lambda path: path.name != "samples")


def _json(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return read_json(path)
    except UserError as error:
        problems.append(str(error))
        return {}


def _is_event(event: Mapping[str, Any]) -> bool:
    """Whether an event has what its kind needs."""
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
        problems.append(f"eval/{name}.json holds no score")
    return False
