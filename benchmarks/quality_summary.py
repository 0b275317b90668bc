"""Summarize the quality benchmark: curves, final scores, and when our arms reach the final scores of the baselines."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.quality_arms import ARMS, BASELINES, OURS

Record = Mapping[str, Any]
Point = Mapping[str, Any]
CLOCKS = ("seconds", "processor_seconds")


def summarize(records: Sequence[Record]) -> dict[str, Any]:
    """Return medians over the seeds of each arm, and the times to reach the baselines. Ignore unfinished records."""
    finished = [record for record in records if record["finished"]]
    by_arm = {arm: {r["seed"]: r for r in finished if r["arm"] == arm} for arm in ARMS}
    by_arm = {arm: by_seed for arm, by_seed in by_arm.items() if by_seed}
    if not by_arm:
        return {}
    first = next(iter(next(iter(by_arm.values())).values()))
    return {
        "metric": first["points"][0]["metric"],
        "data": first["data"],
        "threads": sorted({record["threads"] for record in finished}),
        "processor": sorted({record["machine"]["processor"] for record in finished}),
        "arms": {arm: _summarize_arm(list(by_seed.values())) for arm, by_seed in by_arm.items()},
        "reached": {
            arm: {
                baseline: _times_to_reach(by_arm[arm], by_arm[baseline])
                for baseline in BASELINES
                if baseline in by_arm
            }
            for arm in OURS
            if arm in by_arm
        },
    }


def time_to_reach(points: Sequence[Point], target: float, clock: str = "seconds") -> float | None:
    """Return the first time at which the value is at or below ``target``, interpolated linearly between the points.

    None if it never is. The points must have one number of samples. If the first point is at or below the target, its
    time is returned, since nothing was scored before it.

    Raises:
        ValueError: the points were scored on different numbers of samples.
    """
    if len({point["n"] for point in points}) > 1:
        raise ValueError("scores of different numbers of samples cannot be compared")
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
    """Return the points of a record that have the number of samples of every mark, in order."""
    n = min(point["n"] for point in record["points"])
    return [point for point in record["points"] if point["n"] == n]


def _final_point(record: Record) -> Point:
    """Return the point with the most samples, which is the last one."""
    return max(record["points"], key=lambda point: point["n"])


def _summarize_arm(records: Sequence[Record]) -> dict[str, Any]:
    curves = [curve(record) for record in records]
    ends = [_final_point(record) for record in records]
    return {
        "what": records[0]["what"],
        "seeds": sorted(record["seed"] for record in records),
        "curve": [
            {"n": points[0]["n"], **{key: _median_of(points, key) for key in ("mark", *CLOCKS, "value")}}
            for points in zip(*curves, strict=True)
        ],
        "end": {
            "n": ends[0]["n"],
            **{key: _median_of(ends, key) for key in (*CLOCKS, "steps", "value")},
            "values": [end["value"] for end in ends],
            "best_on_the_way": _median_of(
                [min(points, key=lambda p: p["value"]) for points in curves], "value"
            ),
        },
    }


def _median_of(points: Sequence[Point], key: str) -> float:
    return float(statistics.median(point[key] for point in points))


def _times_to_reach(arm: Mapping[int, Record], baseline: Mapping[int, Record]) -> dict[str, Any]:
    """Return when an arm reaches the final score of a baseline, and the share of the baseline's time."""
    seeds = sorted(arm.keys() & baseline.keys())
    summary: dict[str, Any] = {"seeds": seeds}
    for clock in CLOCKS:
        ends = [curve(baseline[seed])[-1] for seed in seeds]
        times = [
            time_to_reach(curve(arm[seed]), end["value"], clock)
            for seed, end in zip(seeds, ends, strict=True)
        ]
        shares = [None if t is None else t / end[clock] for t, end in zip(times, ends, strict=True)]
        summary[clock] = {
            "by_seed": _round(times),
            "median": _median(times),
            "share_of_the_bars": _median(shares),
        }
    return summary


def _round(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else round(value, 3) for value in values]


def _median(values: Sequence[float | None]) -> float | None:
    """Return the median, with None (never reached) as infinity; None if the median is infinite."""
    if not values:
        return None
    median = statistics.median(math.inf if value is None else value for value in values)
    return None if math.isinf(median) else round(median, 3)
