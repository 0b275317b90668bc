"""What the records of the ablation come to: each variant's ratio to what it is compared with, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.ablation_variants import VARIANTS
from ganbench.utils.bootstrap import student_quantile

Record = Mapping[str, Any]
Spread = tuple[float | None, int]
LEVEL = 0.95


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Return what each variant reached, and the ratio of its score to its base's with a 95 % interval.

    A ratio is one of geometric means over seeds. Two seeds tell next to nothing of how far a variant's own scores
    spread, so one standard deviation of a score's logarithm is estimated from all variants together, and the interval
    is Student's t with the degrees of freedom of all. Seeds are not paired: another recipe makes of one another course.
    But variants that draw other samples of the same networks are compared seed by seed, and have a spread of their own.

    Raises:
        ValueError: records were scored differently, or trained for different times or on different processors.
    """
    if not records:
        return {}
    _check_alike(records)
    scores = {name: _scores(records, name) for name in VARIANTS}
    scores = {name: of_seeds for name, of_seeds in scores.items() if of_seeds}
    trained = {name: of_seeds for name, of_seeds in scores.items() if VARIANTS[name].truncation is None}
    spread, freedom = pooled_spread(trained)
    pairs = _pairs(scores)
    return {
        "metric": records[0]["metric"],
        "n": records[0]["n"],
        "budget_seconds": records[0]["budget_seconds"],
        "processor": records[0]["machine"]["processor"],
        "spread": spread,
        "freedom": freedom,
        "variants": {
            name: {
                **{key: _median(records, name, key) for key in ("steps", "seconds")},
                "values": list(of_seeds.values()),
                **(
                    _compared(name, scores, (spread, freedom))
                    if VARIANTS[name].truncation is None
                    else _compared_by_seed(name, pairs)
                ),
            }
            for name, of_seeds in scores.items()
        },
    }


def pooled_spread(scores: Mapping[str, Mapping[int, float]]) -> Spread:
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


def _median(records: Sequence[Record], name: str, key: str) -> float:
    return statistics.median(record[key] for record in records if record["variant"] == name)


def _scores(records: Sequence[Record], name: str) -> dict[int, float]:
    """Return a variant's scores by seed, in order."""
    found = {record["seed"]: record["value"] for record in records if record["variant"] == name}
    return dict(sorted(found.items()))


def _pairs(scores: Mapping[str, Mapping[int, float]]) -> dict[str, dict[int, float]]:
    """Return by seed the ratio to the base's score, of each variant that has the base's networks."""
    return {
        name: {seed: of_seeds[seed] / base[seed] for seed in of_seeds if seed in base}
        for name, of_seeds in scores.items()
        if VARIANTS[name].truncation is not None and (base := scores.get(VARIANTS[name].base))
    }


def _compared(name: str, scores: Mapping[str, Mapping[int, float]], spread: Spread) -> dict[str, Any]:
    """Return the ratio of a variant's scores to its base's, both of networks of their own."""
    base = VARIANTS[name].base
    if base == name or base not in scores:
        return {"base": None, "ratio": None, "interval": None}
    own, other = scores[name], scores[base]
    ratio = _geometric(own) / _geometric(other)
    return {"base": base, **_with_interval(ratio, spread, 1 / len(own) + 1 / len(other))}


def _compared_by_seed(name: str, pairs: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    """Return the ratio of scores of the same networks, whose spread is that of all such ratios."""
    if not pairs.get(name):
        return {"base": None, "ratio": None, "interval": None}
    told = _with_interval(_geometric(pairs[name]), pooled_spread(pairs), 1 / len(pairs[name]))
    return {"base": VARIANTS[name].base, **told}


def _with_interval(ratio: float, spread: Spread, parts: float) -> dict[str, Any]:
    """Return a ratio, and its interval where there is a spread; ``parts`` of that one's square are the ratio's."""
    deviation, freedom = spread
    if deviation is None:
        return {"ratio": ratio, "interval": None}
    half = student_quantile((1 + LEVEL) / 2, freedom) * deviation * math.sqrt(parts)
    return {"ratio": ratio, "interval": [ratio * math.exp(-half), ratio * math.exp(half)]}


def _geometric(scores: Mapping[int, float]) -> float:
    return statistics.geometric_mean(scores.values())
