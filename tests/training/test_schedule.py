from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganbench.errors import UserError
from ganbench.training.schedule import Constant, Cosine, Exponential, Factor, Linear, Stages, Step

number = st.floats(-1e6, 1e6)
shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda s: s[1] - s[0] > 1e-6).map(sorted)
where = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("schedule", "points"),
    [
        (Constant(), {0: 1.0, 37: 1.0, 100: 1.0}),
        (Constant(0.25), {0: 0.25, 100: 0.25}),
        (Linear(), {0: 1.0, 25: 0.75, 50: 0.5, 100: 0.0}),
        (Linear(2.0, 4.0, 0.5, 0.75), {0: 2.0, 50: 2.0, 60: 2.8, 75: 4.0, 100: 4.0}),
        (Linear(from_share=0.5), {0: 1.0, 49: 1.0, 75: 0.5, 99: 0.02}),
        (Cosine(), {0: 1.0, 25: (1 + math.sqrt(0.5)) / 2, 50: 0.5, 75: (1 - math.sqrt(0.5)) / 2, 100: 0.0}),
        (Cosine(1.0, 0.1, 0.0, 0.5), {25: 0.55, 50: 0.1, 100: 0.1}),
        (Step(every=30, factor=0.1), {0: 1.0, 29: 1.0, 30: 0.1, 59: 0.1, 60: 0.01, 90: 0.001}),
        (Exponential(0.01), {0: 1.0, 50: 0.1, 100: 0.01}),
        (Stages((0.0, 0.1, 1.0), (0.25, 0.5)), {0: 0.0, 24: 0.0, 25: 0.1, 49: 0.1, 50: 1.0, 100: 1.0}),
        (Stages((0.3,), ()), {0: 0.3, 100: 0.3}),
    ],
)
def test_known_points(schedule: Factor, points: dict[int, float]) -> None:
    assert {step: schedule(step, 100) for step in points} == pytest.approx(points, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("kind", [Linear, Cosine])
@given(start=number, end=number, shares=shares, where=where)
def test_a_ramp_is_monotonic_and_stays_between_its_ends(
    kind: Any, start: float, end: float, shares: list[float], where: tuple[int, int]
) -> None:
    schedule = kind(start, end, *shares)
    step, steps = where
    slack = 1e-9 * max(abs(start), abs(end), 1)
    value = schedule(step, steps)
    assert min(start, end) - slack <= value <= max(start, end) + slack
    next_value = schedule(min(step + 1, steps), steps)
    assert (next_value - value) * (end - start) >= -slack * max(abs(end - start), 1)
    if step / steps <= shares[0]:
        assert value == pytest.approx(start, abs=slack)
    if step / steps >= shares[1]:
        assert value == pytest.approx(end, abs=slack)


@given(end=st.floats(1e-6, 1), where=where)
def test_an_exponential_decay_stays_between_one_and_its_end(end: float, where: tuple[int, int]) -> None:
    assert end * (1 - 1e-12) <= Exponential(end)(*where) <= 1


@given(values=st.lists(number, min_size=1, max_size=6), where=where, data=st.data())
def test_stages_take_only_their_values_in_order(
    values: list[float], where: tuple[int, int], data: st.DataObject
) -> None:
    n = len(values) - 1
    at = sorted(data.draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    stage = Stages(tuple(range(len(values))), tuple(at))(*where)
    assert 0 <= stage <= Stages(tuple(range(len(values))), tuple(at))(where[1], where[1])
    assert Stages(tuple(values), tuple(at))(*where) == values[int(stage)]


@given(every=st.integers(1, 50), factor=st.floats(0, 1), step=st.integers(0, 200))
def test_steps_fall_only_at_whole_intervals(every: int, factor: float, step: int) -> None:
    schedule = Step(every, factor)
    assert schedule(step, 200) == schedule(step - step % every, 200)
    assert schedule(step + every, 200) == pytest.approx(schedule(step, 200) * factor)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear(from_share=0.5, to_share=0.5), "0 <= from_share < to_share <= 1, not 0.5 and 0.5"),
        (lambda: Cosine(from_share=-0.1), "not -0.1 and 1.0"),
        (lambda: Linear(to_share=1.1), "not 0.0 and 1.1"),
        (lambda: Step(every=0, factor=0.5), "every >= 1, not 0"),
        (lambda: Exponential(end=0.0), "end > 0, not 0.0"),
        (lambda: Stages((1.0,), (0.5,)), "one more value than changes"),
        (lambda: Stages((1.0, 2.0, 3.0), (0.5, 0.2)), "in ascending order"),
    ],
)
def test_an_invalid_schedule_is_refused(make: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        make()
    assert message in str(caught.value)
