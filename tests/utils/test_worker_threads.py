from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time

import pytest

from ganbench.utils.worker_threads import WorkerThreads


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ganbench-data"]


def test_jobs_give_results_and_errors() -> None:
    workers = WorkerThreads(2)
    assert [workers.submit(lambda n=n: n * n).result() for n in range(5)] == [0, 1, 4, 9, 16]  # type: ignore[misc]
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 // 0).result()
    assert workers.submit(lambda: threading.current_thread().name).result() == "ganbench-data"
    workers.close()


def test_closing_ends_the_threads_and_cancels_what_has_not_begun() -> None:
    workers, begun = WorkerThreads(1), threading.Event()
    stopping = workers.stopping

    def wait() -> bool:
        begun.set()
        return stopping.wait(10)

    running, waiting = workers.submit(wait), workers.submit(lambda: 1)
    begun.wait(10)
    before = time.perf_counter()
    workers.close()
    assert time.perf_counter() - before < 1
    assert running.result()
    assert waiting.cancelled()
    assert names() == []
    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(lambda: 1)


def test_threads_end_with_the_object() -> None:
    workers = WorkerThreads(3)
    workers.submit(lambda: 1).result()
    assert len(names()) == 3
    del workers
    gc.collect()
    assert names() == []


def test_a_process_ends_with_jobs_left() -> None:
    program = (
        "from ganbench.utils.worker_threads import WorkerThreads\n"
        "w = WorkerThreads(2)\n"
        "for _ in range(100): w.submit(lambda stop=w.stopping: stop.wait(60))\n"
        "raise SystemExit(7)\n"
    )
    before = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (7, "")
    assert time.perf_counter() - before < 30
