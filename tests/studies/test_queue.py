"""The estimate of the remaining time."""

from __future__ import annotations

import pytest

from ganbench.studies.queue import estimate_remaining


@pytest.mark.parametrize(
    ("seconds", "waiting", "active", "jobs", "expected"),
    [
        ({}, ["a"], [], 1, None),
        ({"a": [10.0, 20.0]}, [], [], 2, 0.0),
        ({"a": [10.0, 20.0]}, ["a", "a"], [], 1, 30.0),
        ({"a": [10.0, 20.0]}, ["a", "a"], [], 2, 15.0),
        ({"a": [10.0], "b": [30.0]}, ["a", "b"], [("b", 5.0)], 2, 32.5),
        ({"a": [10.0], "b": [30.0]}, ["new"], [], 1, 20.0),
        ({"a": [10.0]}, [], [("a", 99.0)], 2, 0.0),
        ({"a": [10.0]}, [], [("a", 2.0)], 2, 8.0),
    ],
)
def test_estimate_remaining(
    seconds: dict[str, list[float]],
    waiting: list[str],
    active: list[tuple[str, float]],
    jobs: int,
    expected: float | None,
) -> None:
    assert estimate_remaining(seconds, waiting, active, jobs) == (
        None if expected is None else pytest.approx(expected)
    )
