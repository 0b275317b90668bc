"""What a job does on its machine: run the recorded command, and leave its output and its exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ganbench.studies.backends.record import exit_file, read_record, started_file, stdout_file
from ganbench.studies.backends.worker import worker_environment
from ganbench.utils.child_process import FORWARDED_SIGNALS, own_group, stop_signals
from ganbench.utils.files import atomic_file


def run_job(folder: Path, token: str, environment: Mapping[str, str] | None = None) -> None:
    """Run the command in a folder's record to its end, unless the record is that of another job.

    ``environment`` has further variables for it.

    A job that is started a second time, as batch systems do after a failure, does nothing either: the study submits the
    command that continues the run.
    """
    record = read_record(folder)
    if record is None or record.token != token:
        return
    try:
        started_file(folder, token).touch(exist_ok=False)
    except FileExistsError:
        return
    signals = _ForwardedSignals()
    with (
        stdout_file(folder, token).open("wb") as stdout,
        Path(record.log).open("ab") as log,
        signals.catch(),  # before the process starts, which would inherit that a signal is ignored
    ):
        signals.process = subprocess.Popen(
            [*record.worker, str(os.getpid()), *record.command],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=log,
            cwd=record.cwd,
            env={**worker_environment(record.threads), **(environment or {}), FORWARDED_SIGNALS: "1"},
            **own_group(),
        )
        code = signals.wait()
    with atomic_file(exit_file(folder, token)) as file:
        file.write(str(code).encode())


class _ForwardedSignals:
    """Passes the first request to stop on, as SIGINT: the batch system may have sent SIGTERM to all processes."""

    process: subprocess.Popen[Any] | None = None
    _requested = False

    @contextlib.contextmanager
    def catch(self) -> Iterator[None]:
        """Catch signals in the block; outside the main thread, where Python cannot, do nothing."""
        is_main = threading.current_thread() is threading.main_thread()
        handlers = {n: signal.signal(n, self._forward) for n in (stop_signals() if is_main else ())}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def wait(self) -> int:
        """Return the exit code of the process. Ray raises KeyboardInterrupt here to cancel a task."""
        assert self.process is not None
        while True:
            try:
                return self.process.wait()
            except KeyboardInterrupt:
                self._forward()

    def _forward(self, *_: Any) -> None:
        if self.process is None:
            sys.exit(128 + signal.SIGTERM)
        if not self._requested:
            self._requested = True
            self.process.send_signal(signal.SIGINT)
