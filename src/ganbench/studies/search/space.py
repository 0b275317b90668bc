"""The settings that a search varies: ranges and choices for dotted keys of a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganbench.config.values import parse_value
from ganbench.errors import UserError

if TYPE_CHECKING:
    import optuna

_RANGE = re.compile(r"(?P<low>[^.,:]*(?:\.\d[^.,:]*)?)\.\.(?P<high>[^:,]+)(?P<log>:log)?")


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; whole ones if both are. ``log`` draws their logarithm evenly."""

    low: float
    high: float
    log: bool = False

    def suggest(self, key: str, trial: optuna.Trial) -> Any:
        """Return the trial's value."""
        return self.value(self._suggest(key, trial))

    def value(self, drawn: Any) -> Any:
        """Return what Optuna has drawn as the value of an override."""
        return drawn

    def _suggest(self, key: str, trial: optuna.Trial) -> Any:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(key, self.low, self.high, log=self.log)
        return trial.suggest_float(key, self.low, self.high, log=self.log)

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values that a recipe must accept."""
        return self.low, self.high


@dataclass(frozen=True)
class Choice:
    """One of several values, as texts that an override may have."""

    values: tuple[str, ...]

    def suggest(self, key: str, trial: optuna.Trial) -> Any:
        """Return the trial's value."""
        return self.value(trial.suggest_categorical(key, self.values))

    def value(self, drawn: Any) -> Any:
        """Return what Optuna has drawn as the value of an override."""
        return parse_value(drawn, "a choice")

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values that a recipe must accept."""
        return tuple(parse_value(value, "a choice") for value in self.values)


Space = Mapping[str, Range | Choice]


def parse_space(texts: Iterable[str]) -> Space:
    """Parse ``["optimizers.G.lr=1e-4..1e-2:log", "algorithm.loss=Hinge,NonSaturating"]``.

    Raises:
        UserError: a text is neither a range nor a choice of at least two values, or a key is given twice.
    """
    space: dict[str, Range | Choice] = {}
    for text in texts:
        key, _, values = text.partition("=")
        if not key or not values:
            raise UserError(f"'{text}' is no range; write KEY=LOW..HIGH, KEY=LOW..HIGH:log or KEY=A,B,C")
        if key in space:
            raise UserError(f"--search {key} is given twice; leave one of the two out")
        space[key] = _parse_range(text, values) if ".." in values else _parse_choice(text, values)
    if not space:
        raise UserError("name at least one setting to search, as in --search optimizers.G.lr=1e-4..1e-2:log")
    return space


def describe_space(space: Space) -> list[str]:
    """Return the texts from which :func:`parse_space` makes the same space."""
    return [
        f"{key}={','.join(part.values)}"
        if isinstance(part, Choice)
        else f"{key}={part.low}..{part.high}{':log' if part.log else ''}"
        for key, part in space.items()
    ]


def _parse_range(text: str, values: str) -> Range:
    match = _RANGE.fullmatch(values)
    numbers = [parse_value(match[name], text) for name in ("low", "high")] if match else []
    if match is None or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise UserError(f"'{text}' is no range of numbers; write KEY=LOW..HIGH or KEY=LOW..HIGH:log")
    low, high = numbers
    if not low < high:
        raise UserError(f"'{text}' must go from a lower to a higher number")
    if match["log"] and low <= 0:
        raise UserError(f"'{text}' must begin above 0, since it is searched by logarithm")
    return Range(low, high, match["log"] is not None)


def _parse_choice(text: str, values: str) -> Choice:
    names = tuple(dict.fromkeys(value.strip() for value in values.split(",")))
    if len(names) < 2 or not all(names):
        raise UserError(f"'{text}' leaves nothing to choose; write KEY=A,B,C or KEY=LOW..HIGH")
    return Choice(names)
