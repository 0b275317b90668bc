"""Summarize the ablation: the ratio of each variant's score to that of its base, with a confidence interval."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.ablation_variants import VARIANTS
from ganbench.utils.bootstrap import LogSpread

Record = Mapping[str, Any]


def summarize(records: Sequence[Record]) -> dict[str, Any]:
    """Return the scores of each variant, and the ratio of its score to that of its base with a 95 % interval.

    The ratio is that of the geometric means over seeds. Two seeds are too few to estimate the spread of one variant,
    so the standard deviation of the scores' logarithms is pooled over all variants, and the interval is Student's t
    with the pooled degrees of freedom. Seeds are not paired, because a different recipe trains differently from the
    same seed. Variants that only sample the same networks differently are compared seed by seed, with a spread pooled
    over these variants alone.

    Raises:
        ValueError: records were scored differently, or trained for different times or on different processors.
    """
    if not records:
        return {}
    _check_comparable(records)
    scores = {name: _scores_by_seed(records, name) for name in VARIANTS}
    scores = {name: by_seed for name, by_seed in scores.items() if by_seed}
    trained = {name: by_seed for name, by_seed in scores.items() if VARIANTS[name].truncation is None}
    spread = LogSpread.pool([list(by_seed.values()) for by_seed in trained.values()])
    ratios = _ratios_by_seed(scores)
    return {
        "metric": records[0]["metric"],
        "n": records[0]["n"],
        "budget_seconds": records[0]["budget_seconds"],
        "processor": records[0]["machine"]["processor"],
        "spread": spread.std,
        "freedom": spread.dof,
        "variants": {
            name: {
                **{key: _median(records, name, key) for key in ("steps", "seconds")},
                "values": list(by_seed.values()),
                **(
                    _compare(name, scores, spread)
                    if VARIANTS[name].truncation is None
                    else _compare_by_seed(name, ratios)
                ),
            }
            for name, by_seed in scores.items()
        },
    }


def _check_comparable(records: Sequence[Record]) -> None:
    rows = [{"processor": r["machine"]["processor"], **r} for r in records]
    for key in ("metric", "n", "budget_seconds", "processor"):
        if len({row[key] for row in rows}) > 1:
            raise ValueError(f"records with different {key!r} cannot be compared")


def _median(records: Sequence[Record], name: str, key: str) -> float:
    return statistics.median(record[key] for record in records if record["variant"] == name)


def _scores_by_seed(records: Sequence[Record], name: str) -> dict[int, float]:
    """Return the scores of a variant by seed, in ascending order of seeds."""
    scores = {record["seed"]: record["value"] for record in records if record["variant"] == name}
    return dict(sorted(scores.items()))


def _ratios_by_seed(scores: Mapping[str, Mapping[int, float]]) -> dict[str, dict[int, float]]:
    """Return the ratios to the base's score by seed, for the variants that share the networks of their base."""
    return {
        name: {seed: by_seed[seed] / base[seed] for seed in by_seed if seed in base}
        for name, by_seed in scores.items()
        if VARIANTS[name].truncation is not None and (base := scores.get(VARIANTS[name].base))
    }


def _compare(name: str, scores: Mapping[str, Mapping[int, float]], spread: LogSpread) -> dict[str, Any]:
    """Compare a variant with its base where each has its own networks."""
    base = VARIANTS[name].base
    if base == name or base not in scores:
        return {"base": None, "ratio": None, "interval": None}
    own, other = scores[name], scores[base]
    ratio = _geometric_mean(own) / _geometric_mean(other)
    return {"base": base, **_with_interval(ratio, spread, 1 / len(own) + 1 / len(other))}


def _compare_by_seed(name: str, ratios: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    """Compare a variant with its base where both have the same networks; the spread is that of all such ratios."""
    if not ratios.get(name):
        return {"base": None, "ratio": None, "interval": None}
    spread = LogSpread.pool([list(by_seed.values()) for by_seed in ratios.values()])
    comparison = _with_interval(_geometric_mean(ratios[name]), spread, 1 / len(ratios[name]))
    return {"base": VARIANTS[name].base, **comparison}


def _with_interval(ratio: float, spread: LogSpread, variance: float) -> dict[str, Any]:
    """Return a ratio and its interval (None if the spread is unknown)."""
    interval = spread.ratio_interval(ratio, variance)
    return {"ratio": ratio, "interval": list(interval) if interval else None}


def _geometric_mean(scores: Mapping[int, float]) -> float:
    return statistics.geometric_mean(scores.values())
