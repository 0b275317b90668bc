"""The scores of many runs in a line per recipe, and two recipes against each other; unlike scores are refused."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.errors import UserError, did_you_mean
from ganbench.studies.rows import Row
from ganbench.utils import bootstrap as statistics
from ganbench.utils.bootstrap import Better, Comparison

#: Which way is better for the numbers that go with a score and that recipes can be compared by.
DETAILS: Mapping[str, Better] = {
    "high_quality": "higher",
    "kl_to_data_nats": "lower",
    "kl_to_uniform_nats": "lower",
    "captured_tenth": "higher",
}
_FEW = 3  # recipes of which all pairs are compared


@dataclass(frozen=True, kw_only=True)
class Column:
    """One number over the seeds of a recipe. ``interval`` is of the mean; None for fewer than 3 values."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean."""
        return statistics.mean(self.values)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % bootstrap confidence interval of the mean."""
        return statistics.bootstrap_interval(self.values)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One recipe: its runs by what became of them, and each number over its finished runs.

    ``score`` is the first score's name and ``better`` says which way is better; None without a finished run.
    """

    recipe: str
    finished: int
    failed: int
    unfinished: int
    seconds: float | None
    score: str | None
    better: Better | None
    columns: Mapping[str, Column]

    @property
    def ranked(self) -> Column | None:
        """The numbers of the first score."""
        return None if self.score is None else self.columns[self.score]

    @property
    def interquartile_mean(self) -> float | None:
        """The mean of the middle half of the scores."""
        return None if self.ranked is None else statistics.interquartile_mean(self.ranked.values)

    @property
    def worst(self) -> float | None:
        """The worst score of a finished run."""
        if self.ranked is None or self.better is None:
            return None
        return statistics.worst(self.ranked.values, self.better)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as one row of a table; a column's own numbers are NAME_mean, NAME_min, NAME_max."""
        ranked = self.ranked
        low, high = (ranked.interval if ranked else None) or (None, None)
        found: dict[str, Any] = {
            "recipe": self.recipe,
            "finished": self.finished,
            "failed": self.failed,
            "unfinished": self.unfinished,
            "score": self.score,
            "better": self.better,
            "mean": ranked.mean if ranked else None,
            "ci95_low": low,
            "ci95_high": high,
            "interquartile_mean": self.interquartile_mean,
            "worst": self.worst,
            "seconds": self.seconds,
        }
        for name, column in self.columns.items():
            if name != self.score:
                found |= {
                    f"{name}_mean": column.mean,
                    f"{name}_min": min(column.values),
                    f"{name}_max": max(column.values),
                }
        return found


def summaries(rows: Sequence[Row]) -> list[Summary]:
    """Return a summary of each recipe, the best mean first, those without a finished run last.

    Raises:
        UserError: two scores in one column were measured differently.
    """
    require_alike(rows)
    labels = dict.fromkeys(row.recipe for row in rows)
    made = [_summary(label, [row for row in rows if row.recipe == label]) for label in labels]
    return sorted(made, key=_rank)


def require_alike(rows: Sequence[Row]) -> None:
    """Raise UserError, naming the fields, if scores in one place of two rows were measured differently."""
    finished = [row for row in rows if row.status == "finished"]
    for row in finished[1:]:
        first = finished[0]
        if len(row.scores) != len(first.scores):
            raise UserError(
                f"{_name(first)} has {len(first.scores)} scores and {_name(row)} {len(row.scores)}"
            )
        for a, b in zip(first.scores, row.scores, strict=True):
            fields = a.differences(b)
            if fields:
                raise UserError(
                    f"the scores of {_name(first)} and {_name(row)} were measured differently "
                    f"({', '.join(fields)} differ), so they cannot stand in one table; "
                    "`ganbench compare --force` shows them, marked as unlike"
                )


def compare_recipes(rows: Sequence[Row], a: str, b: str, by: str | None = None) -> Comparison:
    """Compare two recipes over the seeds with which both have finished, by the first score or another number.

    Raises:
        UserError: a recipe or a number is unknown, their scores are unlike, or they share no finished seed.
    """
    known = dict.fromkeys(row.recipe for row in rows)
    for label in (a, b):
        if label not in known:
            raise UserError(f"there is no recipe '{label}' in the study{did_you_mean(label, known)}")
    pair = [row for row in rows if row.recipe in (a, b) and row.status == "finished"]
    require_alike(pair)
    values = {label: {r.seed: r.numbers() for r in pair if r.recipe == label} for label in (a, b)}
    seeds = sorted(values[a].keys() & values[b].keys())
    if not seeds:
        raise UserError(f"{a} and {b} have no finished seed in common, so there is nothing to compare yet")
    name, better = _number(pair[0], by)
    scores = [[values[label][seed].get(name, math.nan) for seed in seeds] for label in (a, b)]
    try:
        return statistics.compare(scores[0], scores[1], better)
    except ValueError as error:
        raise UserError(f"{a} and {b} cannot be compared by {name}: {error}") from error


def usual_pairs(found: Sequence[Summary]) -> list[tuple[str, str]]:
    """Return all pairs of few recipes, or the best with each other one; only of those with a finished run."""
    labels = [summary.recipe for summary in found if summary.finished]
    if len(labels) <= _FEW:
        return list(itertools.combinations(labels, 2))
    return [(labels[0], other) for other in labels[1:]]


def _number(row: Row, by: str | None) -> tuple[str, Better]:
    ways: dict[str, Better] = {score.name: score.better for score in row.scores}
    ways |= {name: DETAILS[name] for name in row.numbers() if name in DETAILS}
    name = by or row.scores[0].name
    if name not in ways:
        raise UserError(f"recipes cannot be compared by '{name}'{did_you_mean(name, ways)}")
    return name, ways[name]


def _summary(label: str, rows: Sequence[Row]) -> Summary:
    finished = [row for row in rows if row.status == "finished"]
    numbers = [row.numbers() for row in finished]
    names = dict.fromkeys(name for found in numbers for name in found)
    score = finished[0].scores[0] if finished else None
    return Summary(
        recipe=label,
        finished=len(finished),
        failed=sum(row.status == "failed" for row in rows),
        unfinished=sum(row.status in ("waiting", "cut") for row in rows),
        seconds=statistics.mean([row.seconds for row in finished]) if finished else None,
        score=score.name if score else None,
        better=score.better if score else None,
        columns={
            name: Column(values=tuple(found[name] for found in numbers if name in found)) for name in names
        },
    )


def _rank(summary: Summary) -> tuple[bool, float]:
    if summary.ranked is None:
        return True, 0.0
    return False, -summary.ranked.mean if summary.better == "higher" else summary.ranked.mean


def _name(row: Row) -> str:
    return f"{row.recipe} seed {row.seed}"
