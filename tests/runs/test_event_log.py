"""The event log: every line has a checksum, crashes lose at most the last line, and long logs are read bit by bit."""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from tests.support.recording import record, repetitions

from ganbench.runs.event_lines import LineReader, seal_line
from ganbench.runs.event_log import EventLog

FLIPS = repetitions(2000, 300)


@pytest.fixture
def events(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path / "events.jsonl")


def test_events_are_lines_of_json_in_order(events: EventLog) -> None:
    assert events.read() == []
    events.append("scalars", 10, kimg=0.5, loss=1.25)
    events.append("score", 10, name="fd ä\n", value=3)
    events.append("scalars", 20, loss=1.5)
    lines = [json.loads(line) for line in events.path.read_text().splitlines()]
    assert [{k: v for k, v in line.items() if k != "crc"} for line in lines] == events.read()
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
    with pytest.warns(
        UserWarning, match=r"5 lines of .*events.jsonl are damaged and ignored, the first is line 1$"
    ):
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
    line = seal_line({"kind": "scalars", "step": 3})
    with events.path.open("ab") as file:
        file.write(line[:20])
    assert new() == []
    with events.path.open("ab") as file:
        file.write(line[20:])
    assert [event["step"] for event in new()] == [3]


# --- checksums -------------------------------------------------------------------------------------------------------


def example(path: Path) -> EventLog:
    events = EventLog(path)
    for step in range(1, 9):
        events.append("scalars", step, kimg=step / 10, **{"D/real": 0.1 * step, "G/loss": 1 / step})
        events.append("score", step, name="fd", value=50.0 - step, better="lower", details={"a": 1})
    return events


def test_no_flip_of_a_bit_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    expected = example(path).read()
    original, rng, silent = path.read_bytes(), random.Random(0), 0
    for _ in range(FLIPS):
        bit = rng.randrange(8 * len(original))
        content = bytearray(original)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        events = EventLog(path)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            read = events.read()
        silent += len(said) != 1 or not events.digest().damaged or not events.history().damaged
        assert [event for event in expected if event not in read] != [] or read == expected
        assert all(event in expected for event in read), bit
    record("single-bit flips of an event log", flips=FLIPS, silent=silent, tracebacks=0)
    assert silent == 0


def test_a_flip_in_a_log_of_one_line_is_not_silent(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).append("failure", 3, error="the run diverged")
    original = path.read_bytes()
    for bit in range(8 * len(original)):
        content = bytearray(original)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        reader = LineReader(path)
        assert list(reader.lines()) == [], bit
        assert reader.damaged == [1], bit


def test_lines_of_an_earlier_version_need_no_checksum_but_may_only_come_first(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    old = [{"kind": "scalars", "step": step, "loss": 1.0} for step in (1, 2)]
    path.write_text("".join(json.dumps(event) + "\n" for event in old))
    events = EventLog(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert events.read() == old
        events.append("scalars", 3, loss=2.0)
        assert [event["step"] for event in events.read()] == [1, 2, 3]
    with path.open("a") as file:
        file.write(json.dumps({**old[0], "step": 4}) + "\n")
    with pytest.warns(UserWarning, match=r"line 4 of .*events.jsonl is damaged and ignored"):
        assert [event["step"] for event in events.read()] == [1, 2, 3]


def test_any_cut_of_a_log_loses_no_whole_line_and_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    expected = example(path).read()
    original = path.read_bytes()
    for length in range(0, len(original), 3):
        path.write_bytes(original[:length])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert EventLog(path).read() == expected[: original[:length].count(b"\n")]


def test_a_damaged_line_is_dropped_with_a_warning_when_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = example(path)
    path.write_bytes(path.read_bytes().replace(b"0.5,", b"0.7,", 1))
    with pytest.warns(UserWarning, match=r"line 3 of .* is damaged"):
        events.cut(100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(EventLog(path).read()) == 15


# --- cutting ---------------------------------------------------------------------------------------------------------


def test_cut_forgets_failures_at_the_very_step(tmp_path: Path) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    events.append("scalars", 5)
    events.append("failure", 5, error="the folder could not be synced")
    assert events.digest().failed
    events.cut(5)
    assert [event["kind"] for event in events.read()] == ["scalars"]
    assert not events.digest().failed


def test_a_log_that_needs_no_cut_is_not_written_again(tmp_path: Path) -> None:
    events = example(tmp_path / "events.jsonl")
    before = events.path.stat()
    events.cut(8)
    after = events.path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_hard_link_to_another_runs_log_is_broken(tmp_path: Path) -> None:
    other = example(tmp_path / "other.jsonl")
    before = other.path.read_bytes()
    os.link(other.path, tmp_path / "events.jsonl")
    events = EventLog(tmp_path / "events.jsonl")
    events.cut(8)
    events.append("scalars", 9)
    assert other.path.read_bytes() == before
    assert len(events.read()) == 17


# --- digest and history ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "values", "best"),
    [
        ("lower", [3.0, 1.0, 2.0], 2),
        ("higher", [3.0, 1.0, 3.0], 3),
        ("lower", [float("nan"), 5.0, float("-inf")], 2),
        ("higher", [float("inf"), float("nan"), 5.0], 3),
        ("lower", [float("nan")], None),
    ],
)
def test_the_best_score_is_finite_and_the_latest_of_equals(
    tmp_path: Path, better: str, values: list[float], best: int | None
) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    for step, value in enumerate(values, 1):
        events.append("score", step, name="a", value=value, better=better)
        events.append("score", step, name="b", value=-step, better="lower")
        digest = events.digest()
        assert digest.last_step == step
    assert (None if digest.best is None else digest.best["step"]) == best
    assert (digest.score, digest.better, digest.scored_steps) == ("a", better, len(values))


def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = example(tmp_path / "events.jsonl")
    assert events.digest().last_step == 8
    assert len(events.history().events()) == 16
    seen: list[bytes] = []
    check = LineReader._check
    monkeypatch.setattr(LineReader, "_check", lambda reader, line: seen.append(line) or check(reader, line))  # type: ignore[func-returns-value]
    events.append("score", 9, name="fd", value=1.0, better="lower")
    assert events.digest().best is not None
    assert events.digest().best["step"] == 9  # type: ignore[index]
    assert len(events.history().events()) == 17
    assert len(seen) == 2


def test_a_log_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    events = example(tmp_path / "events.jsonl")
    events.digest()
    events.history()
    events.cut(3)
    for step in range(4, 40):
        events.append("scalars", step)
    assert events.digest().last_step == 39
    assert [e["step"] for e in events.history().events() if e["kind"] == "scalars"] == list(range(1, 40))
    events.path.unlink()
    assert (events.digest().last_step, events.history().events()) == (0, ())


@pytest.mark.parametrize("count", [1, 3999, 4000, 4001, 9000])
def test_a_long_log_is_thinned_evenly_whenever_it_is_read(tmp_path: Path, count: int) -> None:
    path = tmp_path / "events.jsonl"
    step_by_step = EventLog(path)
    with path.open("wb") as file:
        for step in range(1, count + 1):
            file.write(seal_line({"kind": "scalars", "step": step}))
            if step % 1777 == 0:
                file.flush()
                step_by_step.history()
    history = EventLog(path).history()
    steps = [event["step"] for event in history.events()]
    assert steps == [event["step"] for event in step_by_step.history().events()]
    assert steps[0] == 1
    assert steps[-1] == count
    assert len(steps) <= 4001
    assert history.omitted == count - len(steps)
    assert len({b - a for a, b in itertools.pairwise(steps[:-1])}) <= 1
    if count <= 4000:
        assert len(steps) == count


def test_long_lines_and_sparse_files_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = example(path)
    with path.open("ab") as file:
        file.truncate(400 * 2**20)
    events.path.open("ab").write(b"\n" + seal_line({"kind": "scalars", "step": 77}))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert events.digest().last_step == 77
    assert events.digest().damaged == [17]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    assert time.process_time() - started < 5


def test_a_full_disk_names_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ganbench.runs.event_log._missing_newline", refuse)
    with pytest.raises(OSError, match="No space left") as error:
        EventLog(tmp_path / "events.jsonl").append("scalars", 1)
    assert error.value.filename == str(tmp_path / "events.jsonl")
