from __future__ import annotations

import pytest

from ganbench.playground.limits import PlaygroundLimits
from ganbench.playground.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(PlaygroundLimits(frames_per_second=20, frames_share=0.2), clock)


def test_full_speed_needs_no_waiting(pace: Pace) -> None:
    assert pace.full_speed
    pace.stepped(pictures=1)
    assert pace.seconds_to_step() == 0


def test_steps_are_evenly_spaced(pace: Pace, clock: Clock) -> None:
    pace.change(4.0, phases=True)
    assert not pace.shows_updates, "too fast to tell updates apart"
    clock.now += 0.1  # late: the next is due as if it had been on time
    pace.stepped(pictures=1)
    assert pace.seconds_to_step() == pytest.approx(0.15)
    clock.now += 10  # what was missed is not caught up
    pace.stepped(pictures=1)
    assert pace.seconds_to_step() == 0


def test_the_pictures_of_a_step_share_its_time(pace: Pace, clock: Clock) -> None:
    pace.change(0.5, phases=True)
    assert pace.shows_updates
    pace.stepped(pictures=4)
    begun = clock.now
    for picture in range(4):
        assert pace.seconds_to_step() == pytest.approx(begun + 0.5 * picture - clock.now)
        clock.now += pace.seconds_to_step()
        pace.pictured()
    assert clock.now + pace.seconds_to_step() == pytest.approx(begun + 2)


def test_frames_are_limited_in_number_and_time(pace: Pace, clock: Clock) -> None:
    begun = clock.now
    clock.now += 0.001
    pace.framed(begun)
    assert pace.seconds_to_frame() == pytest.approx(0.049)
    begun = clock.now
    clock.now += 0.1
    pace.framed(begun)
    assert pace.seconds_to_frame() == pytest.approx(0.4), "a fifth of the time is for frames"


def test_the_speed_is_measured_between_frames(pace: Pace, clock: Clock) -> None:
    assert pace.speed(10) is None
    clock.now += 2
    assert pace.speed(30) == 10
    assert pace.speed(30) is None
    pace.restart()
    assert pace.speed(50) is None
