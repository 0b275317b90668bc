"""What the records of the ablation come to: each variant's ratio to what it is compared with, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ganbench.statistics import student_quantile

from .ablation_variants import VARIANTS

Record = Mapping[str, Any]
LEVEL = 0.95


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Return what each variant reached, and the ratio of its score to its base's with a 95 % interval.

    A ratio is one of geometric means over seeds. Two seeds tell next to nothing of how far a variant's own scores
    spread, so one standard deviation of a score's logarithm is estimated from all variants together, and the interval
    is Student's t with the degrees of freedom of all. Seeds are not paired: another recipe makes of one another course.

    Raises:
        ValueError: records were scored differently, or trained for different times or on different processors.
    """
    if not records:
        return {}
    _check_alike(records)
    scores = {name: _scores(records, name) for name in VARIANTS}
    scores = {name: of_seeds for name, of_seeds in scores.items() if of_seeds}
    spread, freedom = pooled_spread(scores)
    return {
        "metric": records[0]["metric"],
        "n": records[0]["n"],
        "budget_seconds": records[0]["budget_seconds"],
        "processor": records[0]["machine"]["processor"],
        "spread": spread,
        "freedom": freedom,
        "variants": {
            name: {
                "steps": statistics.median(r["steps"] for r in records if r["variant"] == name),
                "values": list(of_seeds.values()),
                **_compared(of_seeds, scores.get(VARIANTS[name].base, {}), name, spread, freedom),
            }
            for name, of_seeds in scores.items()
        },
    }


def pooled_spread(scores: Mapping[str, Mapping[int, float]]) -> tuple[float | None, int]:
    """Return the standard deviation of a score's logarithm within a variant, and its degrees of freedom; None for 0."""
    squares, freedom = 0.0, 0
    for of_seeds in scores.values():
        logs = [math.log(value) for value in of_seeds.values()]
        middle = statistics.fmean(logs)
        squares += sum((log - middle) ** 2 for log in logs)
        freedom += len(logs) - 1
    return (math.sqrt(squares / freedom), freedom) if freedom else (None, 0)


def _check_alike(records: Sequence[Record]) -> None:
    alike = [{"processor": r["machine"]["processor"], **r} for r in records]
    for key in ("metric", "n", "budget_seconds", "processor"):
        if len({record[key] for record in alike}) > 1:
            raise ValueError(f"records with different {key!r} are not compared")


def _scores(records: Sequence[Record], name: str) -> dict[int, float]:
    """Return a variant's scores by seed, in order."""
    found = {record["seed"]: record["value"] for record in records if record["variant"] == name}
    return dict(sorted(found.items()))


def _compared(
    own: Mapping[int, float], base: Mapping[int, float], name: str, spread: float | None, freedom: int
) -> dict[str, Any]:
    """Return the ratio to the base's score, with its interval where there is a spread to tell it from."""
    if not base or VARIANTS[name].base == name:
        return {"base": None, "ratio": None, "interval": None}
    ratio = math.log(_geometric(own) / _geometric(base))
    interval = None
    if spread is not None:
        half = student_quantile((1 + LEVEL) / 2, freedom) * spread * math.sqrt(1 / len(own) + 1 / len(base))
        interval = [math.exp(ratio - half), math.exp(ratio + half)]
    return {"base": VARIANTS[name].base, "ratio": math.exp(ratio), "interval": interval}


def _geometric(scores: Mapping[int, float]) -> float:
    return statistics.geometric_mean(scores.values())
