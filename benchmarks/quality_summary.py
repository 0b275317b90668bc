"""What the records of the benchmark of quality come to: curves, ends, and when our arms are where the others ended."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.quality_arms import ARMS, BARS, OURS

Record = Mapping[str, Any]
Point = Mapping[str, Any]
CLOCKS = ("seconds", "processor_seconds")


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Return medians over the seeds of each arm, and the times to reach. Unfinished records are left out."""
    done = [record for record in records if record["finished"]]
    by_arm = {arm: {r["seed"]: r for r in done if r["arm"] == arm} for arm in ARMS}
    there = {arm: seeds for arm, seeds in by_arm.items() if seeds}
    if not there:
        return {}
    first = next(iter(next(iter(there.values())).values()))
    return {
        "metric": first["points"][0]["metric"],
        "data": first["data"],
        "threads": sorted({record["threads"] for record in done}),
        "processor": sorted({record["machine"]["processor"] for record in done}),
        "arms": {arm: _arm(list(seeds.values())) for arm, seeds in there.items()},
        "reached": {
            ours: {bar: _reached(there[ours], there[bar]) for bar in BARS if bar in there}
            for ours in OURS
            if ours in there
        },
    }


def time_to_reach(points: Sequence[Point], target: float, clock: str = "seconds") -> float | None:
    """Return the time at which the value first is at or below ``target``, on straight lines between the points.

    None if it never is. The points must have one number of samples. The first point's own time is returned if it is
    there already: before it nothing was scored.

    Raises:
        ValueError: the points were scored on different numbers of samples.
    """
    if len({point["n"] for point in points}) > 1:
        raise ValueError("scores of different numbers of samples are not compared")
    before: Point | None = None
    for point in points:
        if point["value"] <= target:
            if before is None:
                return float(point[clock])
            share = (before["value"] - target) / (before["value"] - point["value"])
            return float(before[clock] + share * (point[clock] - before[clock]))
        before = point
    return None


def curve(record: Record) -> list[Point]:
    """Return a record's points of the number of samples that every mark has, in order."""
    n = min(point["n"] for point in record["points"])
    return [point for point in record["points"] if point["n"] == n]


def _end(record: Record) -> Point:
    """Return the point of most samples."""
    return max(record["points"], key=lambda point: point["n"])


def _arm(records: Sequence[Record]) -> dict[str, Any]:
    curves = [curve(record) for record in records]
    ends = [_end(record) for record in records]
    return {
        "what": records[0]["what"],
        "seeds": sorted(record["seed"] for record in records),
        "curve": [
            {"n": points[0]["n"], **{key: _middle(points, key) for key in ("mark", *CLOCKS, "value")}}
            for points in zip(*curves, strict=True)
        ],
        "end": {
            "n": ends[0]["n"],
            **{key: _middle(ends, key) for key in (*CLOCKS, "steps", "value")},
            "values": [end["value"] for end in ends],
            "best_on_the_way": _middle([min(points, key=lambda p: p["value"]) for points in curves], "value"),
        },
    }


def _middle(points: Sequence[Point], key: str) -> float:
    return float(statistics.median(point[key] for point in points))


def _reached(ours: Mapping[int, Record], bar: Mapping[int, Record]) -> dict[str, Any]:
    """Return, seed by seed and in the middle, when our arm is where the bar ended, and the share of the bar's time."""
    seeds = sorted(ours.keys() & bar.keys())
    found: dict[str, Any] = {"seeds": seeds}
    for clock in CLOCKS:
        ends = [curve(bar[seed])[-1] for seed in seeds]
        times = [
            time_to_reach(curve(ours[seed]), end["value"], clock)
            for seed, end in zip(seeds, ends, strict=True)
        ]
        ratios = [None if t is None else t / end[clock] for t, end in zip(times, ends, strict=True)]
        found[clock] = {
            "by_seed": _rounded(times),
            "median": _median(times),
            "share_of_the_bars": _median(ratios),
        }
    return found


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else round(value, 3) for value in values]


def _median(values: Sequence[float | None]) -> float | None:
    """Return the median, where a time that never came is longer than any other; None if that is the median."""
    if not values:
        return None
    middle = statistics.median(math.inf if value is None else value for value in values)
    return None if math.isinf(middle) else round(middle, 3)
