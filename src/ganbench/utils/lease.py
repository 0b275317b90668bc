"""A heartbeat file that says which process works in a folder, for file systems whose locks do not reach other machines.

The file ``.heartbeat`` names a process and its machine, and is written anew every few seconds. A heartbeat of another
machine that is older than two minutes is *stale*: its process has ended or lost the connection, and may be succeeded.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
import secrets
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from ganbench.errors import RunError, UserError
from ganbench.utils.files import atomic_file
from ganbench.utils.regular_file import open_regular

NAME = ".heartbeat"
BEAT_SECONDS, STALE_SECONDS = 20.0, 120.0
_MAX_BYTES = 4096


@dataclass(frozen=True)
class Holder:
    """The process in a heartbeat file; ``machine`` also tells apart machines and containers of the same name."""

    host: str
    pid: int
    machine: str
    token: str
    time: str
    written: float = 0.0  # the file's time of modification, on the clock of the file system

    @property
    def is_here(self) -> bool:
        """Whether the process belongs to this machine and can be looked up by its id."""
        return self.machine == _machine()


class Lease:
    """A folder's heartbeat, written by a thread until :meth:`release`.

    Args:
        folder: the folder.
        locked: whether this process also holds a lock of the operating system, so that no other process of this
            machine can be at work.
        busy_message: the error message if another process is at work.

    Raises:
        UserError: another process is at work.
        OSError: the folder is not writable.
    """

    def __init__(self, folder: Path, *, locked: bool, busy_message: str) -> None:
        self.folder, self.path = folder, folder / NAME
        self._own = Holder(platform.node(), os.getpid(), _machine(), secrets.token_hex(8), "")
        before = read_holder(folder)
        if before is not None:
            self._require_gone(before, locked, busy_message)
        self._write()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def require(self) -> None:
        """Raise RunError if another process has taken over the folder, as it may after a long pause of this one."""
        holder = read_holder(self.folder)
        if holder is not None and holder.token != self._own.token:
            raise RunError(
                f"process {holder.pid} on {holder.host} has taken over {self.folder}, since this one gave no sign of "
                "life; nothing more is written here"
            )

    def release(self) -> None:
        """End the heartbeat."""
        self._stop.set()
        self._thread.join(BEAT_SECONDS)
        with suppress(OSError):
            holder = read_holder(self.folder)
            if holder is not None and holder.token == self._own.token:
                self.path.unlink()

    def _require_gone(self, before: Holder, locked: bool, busy_message: str) -> None:
        """Raise UserError unless the process of an existing heartbeat has ended or is stale; warn if it is stale."""
        if before.is_here:
            if not locked and _runs(before.pid):
                raise UserError(f"{busy_message} (process {before.pid})")
            return
        age = self._now() - before.written
        if age < STALE_SECONDS:
            raise UserError(
                f"{busy_message} (process {before.pid} on {before.host}, last seen {max(age, 0):.0f} s ago; if it has "
                f"ended, try again in {STALE_SECONDS - max(age, 0):.0f} s)"
            )
        warnings.warn(
            f"taking over {self.folder} from process {before.pid} on {before.host}, which was last seen "
            f"{age / 60:.0f} minutes ago",
            stacklevel=5,
        )

    def _now(self) -> float:
        """Return the time on the clock of the file system, which may be another machine's."""
        probe = self.folder / f".{NAME[1:]}.{self._own.token}.tmp"
        try:
            probe.touch(exist_ok=False)
            return probe.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            with suppress(OSError, RunError):  # the next beat may succeed; `require` reports a lost folder
                self.require()
                self._write()

    def _write(self) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        record = asdict(replace(self._own, time=now))
        del record["written"]
        with atomic_file(self.path) as file:
            file.write((json.dumps(record) + "\n").encode())


@contextmanager
def lease(folder: Path, *, locked: bool, busy_message: str) -> Iterator[Lease]:
    """Hold a folder's heartbeat for the block; arguments and errors are those of :class:`Lease`."""
    held = Lease(folder, locked=locked, busy_message=busy_message)
    try:
        yield held
    finally:
        held.release()


def read_holder(folder: Path) -> Holder | None:
    """Return the process in a folder's heartbeat file; None if there is no readable one."""
    try:
        with open_regular(folder / NAME, _MAX_BYTES, follow_links=False) as file:
            record, written = json.loads(file.read(_MAX_BYTES)), os.fstat(file.fileno()).st_mtime
        holder = Holder(**{**record, "written": written})
        return holder if isinstance(holder.pid, int) and isinstance(holder.token, str) else None
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def is_alive(holder: Holder) -> bool:
    """Whether the process still gives signs of life: it runs on this machine, or its heartbeat is not stale."""
    if holder.is_here:
        return _runs(holder.pid)
    return time.time() - holder.written < STALE_SECONDS


def _runs(pid: int) -> bool:
    """Whether a process of this machine runs; True where this cannot be determined."""
    if os.name == "nt":  # there, signal 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it belongs to another user
        return True
    return True


@cache
def _machine() -> str:
    """Return an id of this machine since its start, and of the container, which may hide processes."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        container = os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        started, container = f"{uuid.getnode():x}", ""
    return hashlib.sha256(f"{platform.node()} {started} {container}".encode()).hexdigest()[:12]
