"""The queue: every batch is full, each task gets its own results, and failures stay with whom they belong to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ganbench.serve.batching import Batcher, QueueFullError, Rows, StoppedError, Task

BATCH = 4


def numbers(start: int, count: int) -> Rows:
    return {"x": torch.arange(start, start + count, dtype=torch.float32)[:, None]}


def negate(rows: Rows) -> Tensor:
    assert len(rows["x"]) == BATCH
    return -rows["x"]


def task(start: int, count: int, kind: str = "negate", compute: Callable[[Rows], Tensor] = negate) -> Task:
    return Task(kind, compute, count, lambda: numbers(start, count))


def result(future: Future[Tensor]) -> list[float]:
    return [float(value) for value in future.result(timeout=20)[:, 0]]


class Worker:
    """A batcher whose first batch waits until it is let go, so that tasks pile up behind it."""

    def __init__(self, capacity: int = 100) -> None:
        self.batches: list[list[float]] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.batcher = Batcher(BATCH, capacity, delay=0.0)
        self.first = self.batcher.submit(Task("first", self._wait, 1, lambda: numbers(1000, 1)))
        assert self.begun.wait(20)

    def _wait(self, rows: Rows) -> Tensor:
        self.begun.set()
        assert self.go.wait(20)
        return rows["x"]

    def record(self, rows: Rows) -> Tensor:
        self.batches.append([float(value) for value in rows["x"][:, 0]])
        return negate(rows)


@contextmanager
def blocked(capacity: int = 100) -> Iterator[Worker]:
    worker = Worker(capacity)
    try:
        yield worker
    finally:
        worker.go.set()
        worker.batcher.close()


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 11), st.sampled_from("ab")), min_size=1, max_size=12))
def test_each_task_gets_its_results(tasks: list[tuple[int, str]]) -> None:
    batcher = Batcher(BATCH, delay=0.0)
    futures = [batcher.submit(task(100 * i, count, kind)) for i, (count, kind) in enumerate(tasks)]
    for i, (future, (count, _)) in enumerate(zip(futures, tasks, strict=True)):
        assert result(future) == [-float(n) for n in range(100 * i, 100 * i + count)]
    assert batcher.queued == 0
    batcher.close()


def test_tasks_share_batches_in_order_and_the_last_row_fills_the_rest() -> None:
    with blocked() as worker:
        futures = [
            worker.batcher.submit(task(10 * i, n, compute=worker.record)) for i, n in enumerate((1, 2, 6))
        ]
        worker.go.set()
        assert [len(result(future)) for future in futures] == [1, 2, 6]
        assert worker.batches == [[0, 10, 11, 20], [21, 22, 23, 24], [25, 25, 25, 25]]


def test_kinds_do_not_share_batches() -> None:
    with blocked() as worker:
        kinds = ("a", "b", "a")
        futures = [worker.batcher.submit(task(10 * i, 1, k, worker.record)) for i, k in enumerate(kinds)]
        worker.go.set()
        assert [result(future) for future in futures] == [[0], [-10], [-20]]
        assert worker.batches == [[0, 20, 20, 20], [10, 10, 10, 10]]


def test_a_batch_that_is_not_full_waits_for_more() -> None:
    batches: list[list[float]] = []

    def record(rows: Rows) -> Tensor:
        batches.append([float(value) for value in rows["x"][:, 0]])
        return negate(rows)

    batcher = Batcher(BATCH, delay=20.0)
    futures = [batcher.submit(task(i, 1, compute=record)) for i in range(BATCH)]
    assert [result(future) for future in futures] == [[0], [-1], [-2], [-3]]
    assert batches == [[0, 1, 2, 3]]
    batcher.submit(task(7, 1, compute=record))
    batcher.close()  # does not wait for the delay
    assert batches[1:] == [[7, 7, 7, 7]]


def test_a_full_queue_refuses_and_says_when_to_retry() -> None:
    with blocked(capacity=10) as worker:
        big = worker.batcher.submit(task(0, 11))  # nothing waits, so it may be larger than the queue
        assert worker.batcher.queued == 11
        with pytest.raises(QueueFullError, match="the queue is full; retry in 1 s") as refused:
            worker.batcher.submit(task(0, 1))
        assert refused.value.retry_after == 1
        worker.go.set()
        assert len(result(big)) == 11
        assert result(worker.batcher.submit(task(5, 1))) == [-5]


def test_a_cancelled_task_leaves_the_queue() -> None:
    with blocked(capacity=10) as worker:
        gone = worker.batcher.submit(task(0, 9, compute=worker.record))
        assert gone.cancel()
        after = worker.batcher.submit(task(50, 1, compute=worker.record))
        worker.go.set()
        assert result(after) == [-50]
        assert worker.batches == [[50, 50, 50, 50]]
        assert worker.batcher.queued == 0


def test_who_goes_while_being_computed_hurts_nobody() -> None:
    with blocked() as worker:
        assert worker.first.cancel()
        other = worker.batcher.submit(task(3, 2))
        worker.go.set()
        assert result(other) == [-3, -4]


def test_a_failure_belongs_to_its_task() -> None:
    def fail_at_ten(rows: Rows) -> Tensor:
        if bool((rows["x"] == 10).any()):
            raise ValueError("ten")
        return negate(rows)

    def fail() -> Rows:
        raise KeyError("no rows")

    with blocked() as worker:
        tasks = [
            task(0, 1, compute=fail_at_ten),
            task(10, 1, compute=fail_at_ten),
            Task("negate", negate, 1, fail),
        ]
        first, second, third = map(worker.batcher.submit, tasks)
        last = worker.batcher.submit(task(20, 1, compute=fail_at_ten))
        worker.go.set()
        assert (result(first), result(last)) == ([0], [-20])
        with pytest.raises(ValueError, match="ten"):
            second.result(20)
        with pytest.raises(KeyError, match="no rows"):
            third.result(20)


def test_a_task_of_several_batches_ends_with_its_first_failure() -> None:
    batches = []

    def fail(rows: Rows) -> Tensor:
        batches.append(rows)
        raise ValueError("bad")

    batcher = Batcher(BATCH, delay=0.0)
    future = batcher.submit(task(0, 40, compute=fail))
    with pytest.raises(ValueError, match="bad"):
        future.result(20)
    batcher.close()
    assert len(batches) == 1
    assert batcher.queued == 0


def test_closing_computes_what_waits_and_refuses_more() -> None:
    with blocked(capacity=10**9) as worker:
        waiting = [worker.batcher.submit(task(i, 3)) for i in range(5)]
        assert worker.batcher.is_working
        closing = threading.Thread(target=worker.batcher.close)
        closing.start()
        with pytest.raises(StoppedError):
            submit_until_refused(worker.batcher, waiting)
        worker.go.set()
        closing.join(20)
        assert [result(future) for future in waiting] == [[-i, -i - 1, -i - 2] for i in range(len(waiting))]


def submit_until_refused(batcher: Batcher, waiting: list[Future[Tensor]]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        waiting.append(batcher.submit(task(len(waiting), 3)))


def test_batches_are_observed() -> None:
    seen: list[tuple[int, float]] = []
    batcher = Batcher(BATCH, delay=0.0, observe=lambda rows, seconds: seen.append((rows, seconds)))
    result(batcher.submit(task(0, 6)))
    batcher.close()
    assert [rows for rows, _ in seen] == [4, 2]
    assert all(seconds > 0 for _, seconds in seen)


def test_the_worker_has_its_own_number_of_threads() -> None:
    batcher = Batcher(BATCH, threads=2)

    def threads(rows: Rows) -> Tensor:
        return torch.full((BATCH, 1), torch.get_num_threads())

    assert result(batcher.submit(task(0, 1, compute=threads))) == [2]
    batcher.close()
