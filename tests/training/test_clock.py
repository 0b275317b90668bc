from __future__ import annotations

import time
from contextlib import suppress

import pytest

from ganbench.training.clock import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    current = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: current[0])
    return current


def test_seconds_add_up_by_section(now: list[float]) -> None:
    clock = Clock()
    for seconds, name in ((1.0, "data"), (2.0, "G"), (4.0, "data")):
        with clock.section(name):
            now[0] += seconds
        now[0] += 0.5
    assert clock.take() == {"data": 5.0, "G": 2.0, "total": 8.5}


def test_take_resets_the_clock(now: list[float]) -> None:
    clock = Clock()
    with clock.section("data"):
        now[0] += 1
    clock.take()
    now[0] += 3
    assert clock.take() == {"total": 3.0}


def test_time_before_an_error_counts(now: list[float]) -> None:
    clock = Clock()
    with suppress(KeyError), clock.section("data"):
        now[0] += 2
        raise KeyError
    assert clock.take() == {"data": 2.0, "total": 2.0}
