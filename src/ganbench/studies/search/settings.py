"""What a search is asked to do, stored in its folder, and what it has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ganbench.errors import UserError
from ganbench.studies.search.space import parse_space
from ganbench.utils.files import read_json, write_json

FOLDER = "search"
_SETTINGS, _OUTCOME = "search.json", "outcome.json"


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """A search.

    Attributes:
        recipe: The recipe's name, or its file.
        space: The settings to vary, as texts; see :func:`parse_space`.
        trials: The number of trials.
        seeds: The number of seeds of each trial.
        fresh_seeds: The number of seeds of the study that follows.
    """

    recipe: str
    space: tuple[str, ...]
    trials: int
    seeds: int
    fresh_seeds: int

    def __post_init__(self) -> None:
        parse_space(self.space)
        for name in ("trials", "seeds", "fresh_seeds"):
            if getattr(self, name) < 1:
                raise UserError(
                    f"the number of {name.replace('_', ' ')} must be at least 1, not {getattr(self, name)}"
                )

    def extend(self, changes: Mapping[str, Any], study: Path) -> SearchSettings:
        """Return the settings with more trials or fresh seeds.

        Raises:
            UserError: something else changes.
        """
        new = replace(self, **changes)
        for name in ("recipe", "space", "seeds"):
            if getattr(self, name) != getattr(new, name):
                raise UserError(
                    f"{study} holds another search: {name} was {getattr(self, name)}, now {getattr(new, name)}; "
                    "choose another --out"
                )
        return replace(
            new,
            trials=max(new.trials, self.trials),
            fresh_seeds=max(new.fresh_seeds, self.fresh_seeds),
        )

    def write(self, study: Path) -> None:
        """Write the settings into a study's folder."""
        (study / FOLDER).mkdir(parents=True, exist_ok=True)
        write_json(study / FOLDER / _SETTINGS, asdict(self))

    @classmethod
    def read(cls, study: Path) -> SearchSettings | None:
        """Return the settings in a study's folder; None if it has no search."""
        path = study / FOLDER / _SETTINGS
        if not path.exists():
            return None
        stored = read_json(path)
        try:
            return cls(**{**stored, "space": tuple(stored["space"])})
        except (KeyError, TypeError) as error:
            raise UserError(f"{path} is damaged: {error}") from error


@dataclass(frozen=True, kw_only=True)
class SearchOutcome:
    """How a search ended: the number of trials by how they ended, and the best trial's settings.

    ``mean`` is that of its score over the ``seeds`` of the search, and flatters it: it is the best of many.
    """

    space: tuple[str, ...]
    finished: int
    pruned: int
    failed: int
    seeds: int
    best: int
    overrides: Mapping[str, Any]
    score: str
    mean: float

    def describe(self) -> str:
        """Return the outcome as sentences."""
        trials = self.finished + self.pruned + self.failed
        settings = " ".join(
            f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"
            for key, value in self.overrides.items()
        )
        return (
            f"search: {trials} trials of {', '.join(key.partition('=')[0] for key in self.space)} "
            f"({self.finished} finished, {self.pruned} pruned, {self.failed} failed) with {self.seeds} "
            f"{'seed' if self.seeds == 1 else 'seeds'} each; the best is trial {self.best}: {settings}, with a mean "
            f"{self.score} of {self.mean:.4g}. That number is the best of {trials} and flatters it; the table has "
            "its scores on fresh seeds, which no trial has used"
        )

    def write(self, study: Path) -> None:
        """Write the outcome into a study's folder."""
        write_json(study / FOLDER / _OUTCOME, asdict(self))

    @classmethod
    def read(cls, study: Path) -> SearchOutcome | None:
        """Return the outcome in a study's folder; None without a finished search."""
        path = study / FOLDER / _OUTCOME
        if not path.exists():
            return None
        stored = read_json(path)
        try:
            return cls(**{**stored, "space": tuple(stored["space"])})
        except (KeyError, TypeError) as error:
            raise UserError(f"{path} is damaged: {error}") from error
