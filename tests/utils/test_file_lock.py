"""A lock is exclusive, ends with its process, follows no link, and reaches other machines by its heartbeat."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pytest

import ganbench.utils.file_lock as file_lock
from ganbench.errors import RunError, UserError
from ganbench.utils.file_lock import exclusive_lock, is_locked
from ganbench.utils.files import write_json
from ganbench.utils.lease import NAME, STALE_SECONDS, Holder, read_holder

BUSY = "another process is at work"


@contextmanager
def lock(folder: Path) -> Iterator[Any]:
    with exclusive_lock(folder, "the run", BUSY) as lease:
        yield lease


def beat(folder: Path, age: float = 0.0, **changes: Any) -> None:
    """Write the heartbeat of a process on another machine, last seen ``age`` seconds ago."""
    record = {"host": "far", "pid": 12, "machine": "elsewhere", "token": "t", "time": "", **changes}
    write_json(folder / NAME, record)
    then = time.time() - age
    os.utime(folder / NAME, (then, then))


def here() -> str:
    import ganbench.utils.lease as module

    return module._machine()


def test_one_holder_at_a_time_who_is_named(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    with lock(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(UserError, match=rf"^{BUSY} \(process {os.getpid()} on .*\)$"), lock(tmp_path):
            pass
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    with lock(tmp_path):
        pass


def test_a_killed_holder_is_succeeded_at_once_and_silently(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    child = os.fork()
    if child == 0:
        held = lock(tmp_path)
        held.__enter__()
        os._exit(0)
    os.waitpid(child, 0)
    holder = read_holder(tmp_path)
    assert holder is not None
    assert holder.pid == child
    assert not is_locked(tmp_path)
    with lock(tmp_path):
        pass
    assert not recwarn.list


@pytest.mark.parametrize("name", [".lock", NAME])
def test_no_link_is_opened_or_cut(tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("private")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / name).symlink_to(secret)
    assert not is_locked(folder)
    if name == ".lock":
        with pytest.raises(
            UserError, match=r"the run .*run cannot be written: Too many levels of symbolic links"
        ):
            lock(folder).__enter__()
    else:
        with lock(folder):
            assert not (folder / NAME).is_symlink()
    assert secret.read_text() == "private"


def test_the_content_of_a_lock_file_stays(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("content")
    with lock(tmp_path):
        pass
    assert (tmp_path / ".lock").read_text() == "content"


def test_another_machine_that_gives_signs_of_life_is_respected(tmp_path: Path) -> None:
    beat(tmp_path, age=30)
    assert is_locked(tmp_path)
    with pytest.raises(
        UserError, match=rf"^{BUSY} \(process 12 on far, last seen (29|3\d) s ago; if it has ended, try"
    ):
        lock(tmp_path).__enter__()
    assert read_holder(tmp_path) is not None, "its heartbeat stays"


def test_a_stale_heartbeat_of_another_machine_is_taken_over_with_one_sentence(tmp_path: Path) -> None:
    beat(tmp_path, age=STALE_SECONDS + 61)
    assert not is_locked(tmp_path)
    held = lock(tmp_path)
    with pytest.warns(
        UserWarning, match=r"taking over .* process 12 on far, .* last seen 3 minutes ago"
    ) as warned:
        held.__enter__()
    holder = read_holder(tmp_path)
    assert holder is not None
    assert holder.pid == os.getpid()
    assert holder.time.endswith("+00:00")
    assert len(warned) == 1


def test_a_holder_whose_folder_was_taken_over_notices(tmp_path: Path) -> None:
    with lock(tmp_path) as lease:
        lease.require()
        beat(tmp_path, token="other")
        with pytest.raises(
            RunError, match=r"process 12 on far has taken over .*; nothing more is written here"
        ):
            lease.require()
    assert read_holder(tmp_path) is not None, "the other's heartbeat stays"


def test_a_missing_heartbeat_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.utils.lease.BEAT_SECONDS", 0.02)
    with lock(tmp_path) as lease:
        (tmp_path / NAME).unlink()
        lease.require()
        end = time.monotonic() + 5
        while read_holder(tmp_path) is None and time.monotonic() < end:
            time.sleep(0.01)
        assert read_holder(tmp_path) is not None


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_relies_on_the_heartbeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    monkeypatch.setattr(file_lock, "lock_descriptor", refuse)
    (tmp_path / ".lock").touch()
    with lock(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(UserError, match=rf"{BUSY} \(process {os.getpid()}\)"):
            lock(tmp_path).__enter__()
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    beat(tmp_path, machine=here(), pid=child.pid)
    assert not is_locked(tmp_path)
    with lock(tmp_path):
        pass


def test_a_folder_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the run .*none cannot be written: No such file"):
        lock(tmp_path / "none").__enter__()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"pid": 1}', b'{"pid": "x"}', b"[" * 3000, b"\xff", b"x" * 5000, b"null"]
)
def test_a_damaged_heartbeat_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert read_holder(tmp_path) is None
    assert not is_locked(tmp_path)
    with lock(tmp_path):
        assert isinstance(read_holder(tmp_path), Holder)


def test_the_package_needs_no_module_of_one_system() -> None:
    script = (
        "import sys; sys.modules['fcntl'] = sys.modules['resource'] = sys.modules['pwd'] = None\n"
        "import ganbench.experiment.train, ganbench.studies.study, ganbench.cli.main, ganbench.dashboard.index"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
