"""Pass on what a run logs to trackers, as it is logged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ganbench.experiment.trackers.base import TRACKERS, Tracker, open_tracker
from ganbench.runs.run import Run
from ganbench.utils.console import Console
from ganbench.utils.error_text import describe_error

_NO_VALUES = ("kind", "step", "kimg")


class Mirror:
    """Sends loss terms, speed, scores, health metrics and sample grids to trackers.

    A tracker that fails is named in a warning and left out from then on: a run does not end because a mirror does.

    Args:
        run: The run.
        names: The trackers; see :data:`TRACKERS`.
        step: The step that training continues from.
        console: Receives the warnings.
    """

    def __init__(self, run: Run, names: Collection[str], step: int, console: Console) -> None:
        self._run, self._console, self._pictures = run, console, {step}
        self._trackers: dict[str, Tracker] = {name: open_tracker(name, run, step) for name in names}
        self._new_events = run.events.follow()
        self._scores: dict[str, float] = {}

    def __bool__(self) -> bool:
        """Whether there are trackers."""
        return bool(self._trackers)

    def skip(self) -> None:
        """Take what is in the log already as sent: an earlier part of the run has done so."""
        deque(self._new_events.stream(), maxlen=0)

    def send(self, step: int) -> None:
        """Send what was logged since the last call, and the sample grid of ``step`` if there is one."""
        by_step: dict[int, dict[str, float]] = {}
        for event in self._new_events():
            values = dict(_values(event))
            by_step.setdefault(event["step"], {}).update(values)
            if event["kind"] == "score":
                self._scores |= values
        for logged_step, values in by_step.items():
            self._send_scalars(logged_step, values)
        path = self._run.samples / f"step-{step:08d}.png"
        if step not in self._pictures and path.is_file():
            self._pictures.add(step)
            self._for_each(lambda tracker: tracker.picture(step, "samples", path))

    def _send_scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._for_each(lambda tracker: tracker.scalars(step, values))

    def close(self, step: int, status: str) -> None:
        """Send the record of the run, and close all trackers; ``status`` is finished, stopped or failed."""
        record = {"step": step, "status": status, "scores": self._scores, "best_step": self._run.best_step()}
        self._for_each(lambda tracker: tracker.close(record))

    def _for_each(self, action: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._trackers.items()):
            try:
                action(tracker)
            except Exception as error:  # noqa: BLE001 (whatever another program raises)
                del self._trackers[name]
                self._console.warn(
                    f"{TRACKERS[name].title} failed ({describe_error(error)}); the run goes on without it"
                )


def _values(event: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers of an event by the names that trackers show."""
    match event["kind"]:
        case "scalars":
            yield from ((k, v) for k, v in event.items() if k not in _NO_VALUES)
        case "speed":
            yield "images_per_second", event["images_per_second"]
        case "score":
            yield event["name"], event["value"]
        case "health":
            yield from (
                (f"health/{k}", v)
                for k, v in event.items()
                if k not in _NO_VALUES and isinstance(v, int | float)
            )
