from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ganbench.runs.event_log import EventLog
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


# Events


@pytest.fixture
def events(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path / "events.jsonl")


def test_events_are_lines_of_json_in_order(events: EventLog) -> None:
    assert events.read() == []
    events.append("scalars", 10, kimg=0.5, loss=1.25)
    events.append("score", 10, name="fd ä\n", value=3)
    events.append("scalars", 20, loss=1.5)
    assert [json.loads(line) for line in events.path.read_text().splitlines()] == events.read()
    assert events.read() == [
        {"kind": "scalars", "step": 10, "kimg": 0.5, "loss": 1.25},
        {"kind": "score", "step": 10, "name": "fd ä\n", "value": 3},
        {"kind": "scalars", "step": 20, "loss": 1.5},
    ]
    assert [e["step"] for e in events.read("scalars")] == [10, 20]
    assert events.read("nothing") == []


@pytest.mark.parametrize("left", range(0, 40, 3))
def test_a_last_line_cut_short_is_no_event_and_spoils_no_later_one(events: EventLog, left: int) -> None:
    events.append("scalars", 1, loss=1.0)
    whole = events.path.stat().st_size
    events.append("scalars", 2, loss=2.0)
    with events.path.open("r+b") as file:
        file.truncate(whole + left)
    assert [e["step"] for e in events.read()] == [1]
    events.append("scalars", 3, loss=3.0)
    assert [e["step"] for e in events.read()] == [1, 3]


def test_a_last_line_that_lacks_only_its_end_is_kept(events: EventLog) -> None:
    events.append("scalars", 1, loss=1.0)
    with events.path.open("r+b") as file:
        file.truncate(events.path.stat().st_size - 1)
    events.append("scalars", 2, loss=2.0)
    assert [e["step"] for e in events.read()] == [1, 2]


def test_lines_that_are_no_events_are_passed_over(events: EventLog) -> None:
    events.path.write_bytes(b'3\n[]\n{}\n{"kind": "a"}\n\xff\xfe\n\n{"kind": "a", "step": 1}\n')
    assert events.read() == [{"kind": "a", "step": 1}]


def test_cut_forgets_what_came_after_a_step(events: EventLog) -> None:
    for step in (1, 2, 3, 4):
        events.append("scalars", step)
        events.append("score", step)
    lines = events.path.read_bytes().splitlines(keepends=True)
    with events.path.open("a") as file:
        file.write('{"kind": "sca')
    events.cut(2)
    assert events.path.read_bytes() == b"".join(lines[:4])
    events.cut(2)
    events.cut(100)
    assert events.path.read_bytes() == b"".join(lines[:4])
    assert [p.name for p in events.path.parent.iterdir()] == ["events.jsonl"]
    events.cut(0)
    assert events.read() == []


def test_cut_of_no_file_makes_none(events: EventLog) -> None:
    events.cut(3)
    assert not events.path.exists()


def test_a_follower_is_told_each_event_once_and_a_cut_line_when_it_is_whole(tmp_path: Path) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    new = events.follow()
    assert new() == []
    events.append("scalars", 1)
    events.append("scalars", 2)
    assert [event["step"] for event in new()] == [1, 2]
    assert new() == []
    with events.path.open("a") as file:
        file.write('{"kind": "scalars", ')
    assert new() == []
    with events.path.open("a") as file:
        file.write('"step": 3}\n')
    assert [event["step"] for event in new()] == [3]
