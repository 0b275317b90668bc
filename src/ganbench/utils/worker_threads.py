"""Threads that work in the background and never keep the process alive."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")
_Job = tuple[Future[Any], Callable[[], Any]]
_JOIN_SECONDS = 2.0


class WorkerThreads:
    """A fixed number of threads that run jobs in the order in which they come.

    Unlike those of ``concurrent.futures``, they do not make the process wait for unfinished jobs at its end. They stop
    with :meth:`close`, when nothing refers to this object any more, and at the end of the process.

    Args:
        count: the number of threads; they start with the first job.

    Attributes:
        stopping: set when the threads are to stop. A job that waits should wait on it.
    """

    def __init__(self, count: int) -> None:
        self.count, self.stopping = count, threading.Event()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._close = weakref.finalize(self, _stop, self._jobs, self._threads, self.stopping)

    def submit(self, job: Callable[[], _T]) -> Future[_T]:
        """Run a job in one of the threads. The job must not refer to this object.

        Raises:
            RuntimeError: the threads are closed.
        """
        if self.stopping.is_set():
            raise RuntimeError("the threads are closed")
        with self._lock:
            while len(self._threads) < self.count:
                thread = threading.Thread(
                    target=_work, args=(self._jobs, self.stopping), name="ganbench-data", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        future: Future[_T] = Future()
        self._jobs.put((future, job))
        return future

    def close(self) -> None:
        """Stop the threads; jobs that have not begun are cancelled."""
        self._close()


def _work(jobs: queue.SimpleQueue[_Job | None], stopping: threading.Event) -> None:
    while (item := jobs.get()) is not None:
        future, job = item
        if stopping.is_set():
            future.cancel()
        elif future.set_running_or_notify_cancel():
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 (raised again where the result is asked for)
                future.set_exception(error)
        del item, future, job  # an idle thread keeps nothing alive


def _stop(
    jobs: queue.SimpleQueue[_Job | None], threads: list[threading.Thread], stopping: threading.Event
) -> None:
    stopping.set()
    for _ in threads:
        jobs.put(None)
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(_JOIN_SECONDS)
    while True:  # what no thread has taken
        try:
            item = jobs.get_nowait()
        except queue.Empty:
            return
        if item is not None:
            item[0].cancel()
