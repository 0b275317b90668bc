from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from ganbench.experiment.clock_progress import ClockProgress


@pytest.mark.parametrize("is_main_process", [True, False])
def test_it_shows_the_step_and_the_speed_by_the_clock(is_main_process: bool) -> None:
    shown: list[tuple[int, Mapping[str, float], float]] = []
    time = 100.0
    progress = ClockProgress(lambda *values: shown.append(values), images=80, seconds=2.0, clock=lambda: time)
    engine = SimpleNamespace(is_main_process=is_main_process)
    due = []
    for step, seconds in ((11, 0.5), (12, 1.0), (13, 1.0), (14, 1.9), (15, 4.1)):
        time += seconds
        due.append(progress.due(step, 1000))
        if due[-1]:
            trainer: Any = SimpleNamespace(step=step, images=8 * step, engine=engine)
            progress(trainer)
    assert due == [False, False, True, False, True]
    expected = [(13, {}, pytest.approx(24 / 2.5)), (15, {}, pytest.approx(16 / 6.0))]
    assert shown == (expected if is_main_process else [])
