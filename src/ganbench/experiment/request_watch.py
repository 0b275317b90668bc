"""What the training process does with requests: it looks for their files, and refuses what cannot be done."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.inference.build import build_algorithm
from ganbench.recipes.base import Recipe
from ganbench.recipes.changeable import change_settings, setting
from ganbench.runs.requests import list_requests, read_request, remove_request
from ganbench.runs.run import Run
from ganbench.utils.console import Console

LOOK_SECONDS = 1.0  # between two looks


class RequestWatch:
    """Looks for requests, at most once a second. Only the main process has one.

    Args:
        run: The run.
        console: Receives a sentence about each request that is refused.
        clock: Returns the time in seconds.

    Attributes:
        stops: Whether a request asked the run to stop.
    """

    def __init__(self, run: Run, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.stops = False
        self._run, self._console, self._clock = run, console, clock
        self._next_look = clock()
        self._taken: list[Path] = []
        self._left: set[Path] = set()  # files that cannot be removed

    def look(self, recipe: Recipe, step: int) -> dict[str, Any]:
        """Return the new values that waiting requests give to settings of the recipe, if it is time to look again.

        Call :meth:`finish` once they are applied and recorded, :meth:`refuse` if they cannot be.
        """
        if self._clock() < self._next_look:
            return {}
        self._next_look = self._clock() + LOOK_SECONDS
        before, keys, self._taken = recipe, set[str](), list[Path]()
        for path in list_requests(self._run.path):
            if path in self._left:
                continue
            try:
                request = read_request(path)
                changed, differences = change_settings(recipe, request.values)
                require_changeable(recipe, changed, self._run.info, step)
            except FileNotFoundError:
                continue
            except UserError as error:
                self._refuse(path, step, str(error))
                continue
            self.stops = self.stops or request.ask == "stop"
            if differences:
                recipe, keys = changed, keys | differences.keys()
                self._taken.append(path)
            else:
                self._remove(path)
        values = {key: setting(recipe, key) for key in sorted(keys)}
        values = {key: value for key, value in values.items() if value != setting(before, key)}
        if self._taken and not values:  # one request takes back what the other asks
            self.finish()
        return values

    def finish(self) -> None:
        """Remove the requests of the last look: what they ask is done and recorded."""
        for path in self._taken:
            self._remove(path)
        self._taken = []

    def refuse(self, step: int, problem: str) -> None:
        """Refuse the requests of the last look."""
        for path in self._taken:
            self._refuse(path, step, problem)
        self._taken = []

    def _refuse(self, path: Path, step: int, problem: str) -> None:
        self._console.warn(problem)
        self._run.events.append("refused", step, error=problem)
        self._remove(path)

    def _remove(self, path: Path) -> None:
        if not remove_request(path):
            self._left.add(path)


def require_changeable(before: Recipe, after: Recipe, info: DataInfo, step: int) -> None:
    """Check that a run can go on with other settings after ``step`` finished steps.

    Raises:
        UserError: a part refuses its new value, a setting is only the first value of what the run has saved since, or
            the run is past its new end.
    """
    if after.schedule.steps != before.schedule.steps and after.schedule.steps <= step:
        raise UserError(
            f"schedule.steps={after.schedule.steps} is not above step {step}, which the run has reached; "
            "`ganbench stop` ends it"
        )
    after.schedule.learning_rate_at(step)
    for spec in after.optimizers.values():
        spec(params=[nn.Parameter(torch.zeros(1))])
    if before.algorithm != after.algorithm:
        old, new = (build_algorithm(recipe, info)[0].state_dict() for recipe in (before, after))
        if names := [name for name in {**old, **new} if not _equal(old.get(name), new.get(name))]:
            raise UserError(
                f"a new value would have no effect: it is where algorithm.{names[0]} began, which the run saves"
            )


def _equal(a: Tensor | None, b: Tensor | None) -> bool:
    return a is not None and b is not None and torch.equal(a, b)
