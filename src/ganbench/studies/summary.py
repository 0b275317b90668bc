"""Summarize the runs of each recipe, and compare two recipes; scores that were measured differently are refused."""

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

#: The score details by which recipes can be compared, and which direction is better.
DETAIL_DIRECTIONS: Mapping[str, Better] = {
    "high_quality": "higher",
    "kl_to_data_nats": "lower",
    "kl_to_uniform_nats": "lower",
    "captured_tenth": "higher",
}
_MAX_FOR_ALL_PAIRS = 3  # recipes


@dataclass(frozen=True, kw_only=True)
class Column:
    """The values of one number over the seeds of a recipe."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean."""
        return statistics.mean(self.values)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % bootstrap confidence interval of the mean; None for fewer than 3 values."""
        return statistics.bootstrap_interval(self.values)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One recipe: the number of its runs by status, and each number over its finished runs.

    ``score`` is the name of the first score and ``better`` its better direction; None without a finished run.
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
    def score_column(self) -> Column | None:
        """The values of the first score, by which recipes are ranked."""
        return None if self.score is None else self.columns[self.score]

    @property
    def interquartile_mean(self) -> float | None:
        """The mean of the middle half of the scores."""
        column = self.score_column
        return None if column is None else statistics.interquartile_mean(column.values)

    @property
    def worst(self) -> float | None:
        """The worst score of a finished run."""
        if self.score_column is None or self.better is None:
            return None
        return statistics.worst(self.score_column.values, self.better)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as one table row; numbers other than the score become NAME_mean, NAME_min, NAME_max."""
        column = self.score_column
        low, high = (column.interval if column else None) or (None, None)
        record: dict[str, Any] = {
            "recipe": self.recipe,
            "finished": self.finished,
            "failed": self.failed,
            "unfinished": self.unfinished,
            "score": self.score,
            "better": self.better,
            "mean": column.mean if column else None,
            "ci95_low": low,
            "ci95_high": high,
            "interquartile_mean": self.interquartile_mean,
            "worst": self.worst,
            "seconds": self.seconds,
        }
        for name, column in self.columns.items():
            if name != self.score:
                record |= {
                    f"{name}_mean": column.mean,
                    f"{name}_min": min(column.values),
                    f"{name}_max": max(column.values),
                }
        return record


def summaries(rows: Sequence[Row]) -> list[Summary]:
    """Return a summary of each recipe, the best mean first, recipes without a finished run last.

    Raises:
        UserError: two scores in one column were measured differently.
    """
    require_comparable(rows)
    labels = dict.fromkeys(row.recipe for row in rows)
    result = [_summarize(label, [row for row in rows if row.recipe == label]) for label in labels]
    return sorted(result, key=_sort_key)


def require_comparable(rows: Sequence[Row]) -> None:
    """Raise UserError if scores at the same position in two rows were measured differently; it names the fields."""
    finished = [row for row in rows if row.status == "finished"]
    for row in finished[1:]:
        first = finished[0]
        if len(row.scores) != len(first.scores):
            raise UserError(
                f"{_run_name(first)} has {len(first.scores)} scores and {_run_name(row)} {len(row.scores)}"
            )
        for a, b in zip(first.scores, row.scores, strict=True):
            fields = a.differences(b)
            if fields:
                raise UserError(
                    f"the scores of {_run_name(first)} and {_run_name(row)} were measured differently "
                    f"({', '.join(fields)} differ), so they cannot be compared; "
                    "`ganbench compare --force` shows them, marked as incomparable"
                )


def compare_recipes(rows: Sequence[Row], a: str, b: str, by: str | None = None) -> Comparison:
    """Compare two recipes over the seeds that both have finished, by the first score or by the number ``by``.

    Raises:
        UserError: a recipe or number is unknown, the scores were measured differently, or no seed is shared.
    """
    labels = dict.fromkeys(row.recipe for row in rows)
    for label in (a, b):
        if label not in labels:
            raise UserError(f"there is no recipe '{label}' in the study{did_you_mean(label, labels)}")
    finished = [row for row in rows if row.recipe in (a, b) and row.status == "finished"]
    require_comparable(finished)
    numbers = {label: {r.seed: r.numbers() for r in finished if r.recipe == label} for label in (a, b)}
    seeds = sorted(numbers[a].keys() & numbers[b].keys())
    if not seeds:
        raise UserError(f"{a} and {b} have no finished seed in common, so they cannot be compared yet")
    name, better = _select_number(finished[0], by)
    values = [[numbers[label][seed].get(name, math.nan) for seed in seeds] for label in (a, b)]
    try:
        return statistics.compare(values[0], values[1], better)
    except ValueError as error:
        raise UserError(f"{a} and {b} cannot be compared by {name}: {error}") from error


def default_pairs(summaries: Sequence[Summary]) -> list[tuple[str, str]]:
    """Return all pairs of up to three recipes, else the best with each other; only recipes with a finished run."""
    labels = [summary.recipe for summary in summaries if summary.finished]
    if len(labels) <= _MAX_FOR_ALL_PAIRS:
        return list(itertools.combinations(labels, 2))
    return [(labels[0], other) for other in labels[1:]]


def _select_number(row: Row, by: str | None) -> tuple[str, Better]:
    directions: dict[str, Better] = {score.name: score.better for score in row.scores}
    directions |= {name: DETAIL_DIRECTIONS[name] for name in row.numbers() if name in DETAIL_DIRECTIONS}
    name = by or row.scores[0].name
    if name not in directions:
        raise UserError(f"recipes cannot be compared by '{name}'{did_you_mean(name, directions)}")
    return name, directions[name]


def _summarize(label: str, rows: Sequence[Row]) -> Summary:
    finished = [row for row in rows if row.status == "finished"]
    numbers = [row.numbers() for row in finished]
    names = dict.fromkeys(name for run_numbers in numbers for name in run_numbers)
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
            name: Column(values=tuple(run_numbers[name] for run_numbers in numbers if name in run_numbers))
            for name in names
        },
    )


def _sort_key(summary: Summary) -> tuple[bool, float]:
    column = summary.score_column
    if column is None:
        return True, 0.0
    return False, -column.mean if summary.better == "higher" else column.mean


def _run_name(row: Row) -> str:
    return f"{row.recipe} seed {row.seed}"
