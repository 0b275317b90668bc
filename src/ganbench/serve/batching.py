"""Compute the rows of several requests together, in batches of one fixed size.

Kernels for matrix products and convolutions may add numbers in another order if a batch has another size, so that the
last bits of a result would depend on what else is computed at the time. Here every batch has the same size: a batch
that is not full is padded with copies of its last row. A test checks that results do not depend on the other rows.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

import torch
from torch import Tensor

Rows = Mapping[str, Tensor]
"""Inputs by name, ``[N, ...]`` each."""

_SMOOTHING = 0.2  # the weight of the newest batch in the mean time of a batch


class QueueFullError(Exception):
    """Too many rows are waiting. ``retry_after`` is the number of whole seconds until the queue may be empty."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the queue is full; retry in {retry_after} s")
        self.retry_after = retry_after


class StoppedError(Exception):
    """The worker accepts no more work."""


@dataclass(frozen=True)
class Task:
    """What one request asks for.

    Attributes:
        kind: Tasks of one kind share batches. Their ``compute`` and the names of their rows are alike.
        compute: Maps rows ``[batch, ...]`` to results ``[batch, ...]``, each row on its own.
        count: The number of rows.
        draw: Returns the rows ``[count, ...]``. The worker calls it, so that it may use the model.
    """

    kind: Hashable
    compute: Callable[[Rows], Tensor]
    count: int
    draw: Callable[[], Rows]


@dataclass(eq=False)
class _Waiting:
    """A task in the queue: ``taken`` of its rows have been computed or are in the current batch."""

    task: Task
    arrived: float
    future: Future[Tensor] = field(default_factory=Future)
    rows: Rows | None = None
    taken: int = 0
    results: list[Tensor] = field(default_factory=list)

    def fail(self, error: BaseException) -> None:
        with suppress(InvalidStateError):  # the client has gone
            self.future.set_exception(error)

    def add(self, results: Tensor) -> None:
        self.results.append(results)
        if sum(map(len, self.results)) == self.task.count:
            with suppress(InvalidStateError):
                self.future.set_result(torch.cat(self.results))


@dataclass(frozen=True)
class _Share:
    """The rows ``start`` to ``stop`` of a task, as part of a batch."""

    waiting: _Waiting
    start: int
    stop: int

    def rows(self) -> Rows:
        if self.waiting.rows is None:
            self.waiting.rows = self.waiting.task.draw()
        return {name: rows[self.start : self.stop] for name, rows in self.waiting.rows.items()}


class Batcher:
    """A queue of tasks, and the thread that computes them.

    Args:
        batch: Rows of every batch.
        capacity: How many rows may wait. A task of more rows is accepted if nothing else waits.
        delay: How many seconds a batch that is not full waits for more rows.
        threads: The number of CPU threads of torch; None for as many as torch takes.
        observe: Called after each batch with the number of its rows that are no padding, and its seconds.
    """

    def __init__(
        self,
        batch: int = 32,
        capacity: int = 4096,
        delay: float = 0.002,
        *,
        threads: int | None = None,
        observe: Callable[[int, float], None] = lambda rows, seconds: None,
    ) -> None:
        self.batch, self._capacity, self._delay, self._observe = batch, capacity, delay, observe
        self._queue: deque[_Waiting] = deque()
        self._queued, self._seconds, self._stopping = 0, 0.0, False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, args=(threads,), name="batches", daemon=True)
        self._thread.start()

    @property
    def queued(self) -> int:
        """The number of rows that wait."""
        return self._queued

    @property
    def is_working(self) -> bool:
        """Whether the thread runs and accepts tasks."""
        return self._thread.is_alive() and not self._stopping

    def submit(self, task: Task) -> Future[Tensor]:
        """Queue a task and return its future results ``[count, ...]``. Cancelling the future removes the task.

        Raises:
            QueueFullError: Too many rows wait.
            StoppedError: The batcher has been closed.
        """
        waiting = _Waiting(task, time.monotonic())
        with self._changed:
            if self._stopping:
                raise StoppedError("the server is stopping")
            if self._queued and self._queued + task.count > self._capacity:
                raise QueueFullError(max(1, math.ceil(self._queued / self.batch * self._seconds)))
            self._queue.append(waiting)
            self._queued += task.count
            self._changed.notify()
        waiting.future.add_done_callback(lambda future: self._remove(waiting))
        return waiting.future

    def close(self) -> None:
        """Compute what waits, then end the thread. Tasks that come later are refused."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _work(self, threads: int | None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)  # torch has one such number for each thread
        while shares := self._next_batch():
            start = time.monotonic()
            self._compute(shares)
            seconds = time.monotonic() - start
            self._seconds += (seconds - self._seconds) * (_SMOOTHING if self._seconds else 1)
            self._observe(sum(share.stop - share.start for share in shares), seconds)

    def _next_batch(self) -> list[_Share]:
        """Wait for tasks and return the rows of a batch; none if the batcher is closed and nothing waits."""
        with self._changed:
            while True:
                if not self._queue:
                    if self._stopping:
                        return []
                    self._changed.wait()
                elif (wait := self._seconds_to_wait()) > 0:
                    self._changed.wait(wait)
                else:
                    return self._take()

    def _remove(self, waiting: _Waiting) -> None:
        """Remove a task that has ended, if it still waits: it has failed, or its client has gone."""
        if waiting.taken < waiting.task.count:
            with self._changed, suppress(ValueError):
                self._queue.remove(waiting)
                self._queued -= waiting.task.count - waiting.taken

    def _seconds_to_wait(self) -> float:
        first, alike = self._queue[0], 0
        for waiting in self._queue:
            if waiting.task.kind == first.task.kind:
                alike += waiting.task.count - waiting.taken
            if self._stopping or alike >= self.batch:
                return 0
        return first.arrived + self._delay - time.monotonic()

    def _take(self) -> list[_Share]:
        kind, space, shares = self._queue[0].task.kind, self.batch, []
        for waiting in [w for w in self._queue if w.task.kind == kind]:
            stop = min(waiting.task.count, waiting.taken + space)
            shares.append(_Share(waiting, waiting.taken, stop))
            space -= stop - waiting.taken
            self._queued -= stop - waiting.taken
            waiting.taken = stop
            if stop == waiting.task.count:
                self._queue.remove(waiting)
            if not space:
                break
        return shares

    def _compute(self, shares: list[_Share]) -> None:
        """Compute a batch and hand out its results. If it fails, compute each task alone, to find whose fault it is."""
        drawn: list[tuple[_Share, Rows]] = []
        for share in shares:
            try:
                drawn.append((share, share.rows()))
            except Exception as error:  # noqa: BLE001 (whatever it is, it belongs to this request)
                share.waiting.fail(error)
        if not drawn:
            return
        try:
            results = drawn[0][0].waiting.task.compute(self._pad([rows for _, rows in drawn]))
        except Exception as error:  # noqa: BLE001
            if len(drawn) == 1:
                drawn[0][0].waiting.fail(error)
            else:
                for share, _ in drawn:
                    self._compute([share])
            return
        start = 0
        for share, _ in drawn:
            size = share.stop - share.start
            share.waiting.add(results[start : start + size])
            start += size

    def _pad(self, parts: list[Rows]) -> Rows:
        rows = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        return {name: _padded(tensor, self.batch) for name, tensor in rows.items()}


def _padded(rows: Tensor, size: int) -> Tensor:
    """Return rows ``[N, ...]`` with copies of the last one appended, ``[size, ...]``."""
    return torch.cat([rows, rows[-1:].expand(size - len(rows), *rows.shape[1:])])
