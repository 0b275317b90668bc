"""Stop a run cleanly: the first SIGINT or SIGTERM saves a checkpoint, a second one stops at once.

On Windows, Ctrl-Break does so, too. A run also stops when torchrun, which started it, has been killed: nobody else
would end its processes.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ganbench.utils.child_process import FORWARDED_SIGNALS, stop_signals


class StopRequest:
    """Records whether a signal asked the run to stop, and which."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._started_by_torchrun = "TORCHELASTIC_RUN_ID" in os.environ
        self._asked_twice = self._started_by_torchrun or FORWARDED_SIGNALS in os.environ
        self._parent = os.getppid()

    def __call__(self) -> bool:
        """Whether to stop after this step."""
        if self._started_by_torchrun and self.signal is None and os.getppid() != self._parent:
            self.signal = signal.SIGTERM  # as torchrun would have sent
        return self.signal is not None

    @contextmanager
    def catch_signals(self) -> Iterator[StopRequest]:
        """Catch the signals inside the block; outside the main thread, where Python cannot, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        handlers: dict[int, Any] = {s: signal.signal(s, self._handle) for s in stop_signals()}
        try:
            yield self
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
        elif number == self.signal or not self._asked_twice:  # torchrun answers Ctrl-C with SIGTERM
            os._exit(128 + number)  # the second signal: checkpoints are intact at any moment
