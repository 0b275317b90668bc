from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ganbench.training.running_means import RunningMeans


def identity(values: Tensor) -> Tensor:
    return values


# Terms


def test_each_term_is_averaged_over_its_own_values() -> None:
    log = RunningMeans()
    for i in range(4):
        log.add({"D/adversarial": torch.tensor(float(i))})
        if i % 2 == 0:
            log.add({"D/r1": torch.tensor(10.0 * (i + 1))})
    assert log.peek() == {"D/adversarial": 1.5, "D/r1": 20.0}
    assert log.peek() == log.take(identity)
    assert log.take(identity) == log.peek() == {}
    log.add({"D/r1": torch.tensor(3.0)})
    assert log.take(identity) == {"D/r1": 3.0}


def test_a_stored_state_does_not_change() -> None:
    log = RunningMeans()
    for value in (1.0, 2.0):
        log.add({"a": torch.tensor(value)})
    sums = log.state_dict(lambda sums: sums)["sums"]
    log.add({"a": torch.tensor(3.0)})
    assert sums["a"].item() == 3.0
    assert log.peek() == {"a": 2.0}


def test_means_over_processes_need_one_call() -> None:
    log = RunningMeans()
    log.add({"b": torch.tensor(2.0), "a": torch.tensor(1.0)})
    calls = []

    def mean_over_processes(values: Tensor) -> Tensor:
        calls.append(values)
        return values * 10

    assert log.take(mean_over_processes) == {"a": 10.0, "b": 20.0}
    assert len(calls) == 1


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=20), st.integers(0, 20))
def test_a_stored_and_loaded_log_has_the_same_means(values: list[float], at: int) -> None:
    whole, first, second = RunningMeans(), RunningMeans(), RunningMeans()
    for i, value in enumerate(values):
        whole.add({"a": torch.tensor(value)})
        (first if i < at else second).add({"a": torch.tensor(value)})
        if i + 1 == at:
            second.load_state_dict(first.state_dict(lambda sums: sums), torch.device("cpu"))
    assert (second if len(values) > at or at == 0 else first).take(identity) == whole.take(identity)
