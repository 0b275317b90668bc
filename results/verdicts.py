"""Tables of recipes over their seeds: scores, and which recipe is better. Only records that count (``records.py``)."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

from records import HERE, Evidence, find_evidence, read_runs, scores_over_seeds, write_score

from ganbench.utils.bootstrap import LogSpread, bootstrap_interval

#: The overrides that give a recipe its data here, by the name of the data.
OVERRIDES = {"cifar10-jpeg": ("data=cifar10-jpeg",)}
_TITLES = {
    "fd": "fd",
    "fd-class": "fd within classes",
    "accuracy": "accuracy",
    "balance": "balance (nats)",
    "codes": "codes right",
    "consistency": "consistency",
    "representation": "probe right",
    "translation": "translations right",
    "cycle": "cycle error",
}


def verdict_table(data: str) -> str:
    """Return the recipes on a data set, the lowest fd first, each compared with the best and with the next.

    The ratio is that of the geometric means over seeds. Its interval is Student's t with the spread of log scores
    pooled over all recipes, since a few seeds of one recipe show its spread poorly.
    """
    scores = {name: values for name in recipes_on(data) if (values := fd_values(name, data))}
    spread = LogSpread.pool(list(scores.values()))
    order = sorted(scores, key=lambda name: statistics.geometric_mean(scores[name]))
    best, *_ = order
    lines = [
        f"{_describe_spread(spread)}",
        "",
        "| recipe | time | fd of each seed | mean (95 % interval) | ratio to the best (95 % interval) "
        "| better than the next |",
        "|---|--:|---|--:|--:|---|",
    ]
    for name, following in itertools.zip_longest(order, order[1:]):
        cells = [
            f"`{name}`",
            _time(evidence_on(name, data)),
            ", ".join(f"{value:.0f}" for value in sorted(scores[name])),
            _mean(scores[name]),
            "" if name == best else _ratio(*_compare(scores[name], scores[best], spread)),
            _verdict(_compare(scores[following], scores[name], spread)[1]) if following else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    if older := [name for name in recipes_on(data) if evidence_on(name, data).older]:
        names = ", ".join(f"`{name}`" for name in older)
        lines += ["", f"Left out, because the runs are older than the present recipe: {names}."]
    return "\n".join(lines)


def seeds_table(data: str, *names: str) -> str:
    """Return a row for each recipe and a column for each score: the median, and the range over the seeds."""
    found = {name: evidence_on(name, data) for name in names}
    scores = {name: scores_over_seeds(evidence.records) for name, evidence in found.items()}
    bases = {score.partition("[")[0] for by_score in scores.values() for score in by_score}
    columns = [base for base in _TITLES if base in bases]
    titles = " | ".join(_TITLES[base] for base in columns)
    lines = [
        f"| recipe | seeds | G steps x batch | time | {titles} |",
        f"|---|--:|--:|--:|{'--:|' * len(columns)}",
    ]
    for name, evidence in found.items():
        by_base = {score.partition("[")[0]: values for score, values in scores[name].items()}
        first = evidence.records[0]
        cells = [
            f"`{name}`" + (" (older settings)" if evidence.older else ""),
            str(len(evidence.records)),
            f"{first['steps']:,} x {first['batch']}",
            _time(evidence),
            *(write_score(base, by_base[base]) if base in by_base else "" for base in columns),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def curves_figure(data: str) -> str:
    """Return the figure of fd during training, if ``pictures.py`` has drawn it, for a page in docs."""
    name = f"curves-{data}.png"
    drawn = (HERE.parent / "docs" / "pictures" / name).is_file()
    return (
        f"![fd during training](pictures/{name})" if drawn else "No run has been scored during training yet."
    )


def recipes_on(data: str) -> list[str]:
    """Return the recipes with records on a data set, without runs that have a label of their own."""
    own = (
        r["recipe"]
        for r in read_runs()
        if r["data"]["name"] == data and r.get("label", r["recipe"]) == r["recipe"]
    )
    return list(dict.fromkeys(own))


def evidence_on(name: str, data: str) -> Evidence:
    """Return the records of a recipe on a data set."""
    return find_evidence(name, OVERRIDES.get(data, ()))


def fd_values(name: str, data: str) -> list[float]:
    """Return the fd of each seed; none if the records are older than the recipe or have no fd."""
    evidence = evidence_on(name, data)
    scores = {} if evidence.older else scores_over_seeds(evidence.records)
    return next((values for score, values in scores.items() if score.startswith("fd[")), [])


def _time(evidence: Evidence) -> str:
    return f"{statistics.median(record['seconds'] for record in evidence.records):.0f} s"


def _mean(values: Sequence[float]) -> str:
    interval = bootstrap_interval(values)
    if interval is None:
        return f"{statistics.fmean(values):.0f}"
    return f"{statistics.fmean(values):.0f} ({interval[0]:.0f} to {interval[1]:.0f})"


def _compare(
    a: Sequence[float], b: Sequence[float], spread: LogSpread
) -> tuple[float, tuple[float, float] | None]:
    """Return the ratio of the geometric means of two recipes, and its 95 % interval."""
    ratio = statistics.geometric_mean(a) / statistics.geometric_mean(b)
    return ratio, spread.ratio_interval(ratio, 1 / len(a) + 1 / len(b))


def _ratio(ratio: float, interval: tuple[float, float] | None) -> str:
    return f"{ratio:.2f}" + (f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")


def _verdict(interval: tuple[float, float] | None) -> str:
    return "yes" if interval is not None and interval[0] > 1 else "not resolved"


def _describe_spread(spread: LogSpread) -> str:
    """Return how far seeds differ, and which difference three seeds resolve."""
    interval = spread.ratio_interval(1.0, 2 / 3)
    if spread.std is None or interval is None:
        return "No recipe has two seeds yet, so no difference is resolved."
    three, one = interval[1], math.exp(math.log(interval[1]) * math.sqrt(3))
    return (
        f"The fd of one recipe differs between seeds by {100 * spread.std:.0f} % (standard deviation of the "
        f"logarithm, {spread.dof} degrees of freedom). With three seeds each, a ratio above {three:.2f} is resolved, "
        f"with one seed each above {one:.2f}."
    )
