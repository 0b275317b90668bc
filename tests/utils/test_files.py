from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from ganbench.errors import UserError
from ganbench.utils.files import atomic_file, check_writable, new_folder, read_json, rename, write_bytes


def test_the_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with atomic_file(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    with atomic_file(path) as file:
        file.write(b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def write_half() -> None:
        with atomic_file(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_name_that_a_file_system_takes_can_be_written(tmp_path: Path) -> None:
    for name in ("a" * 255, "写" * 85):
        check_writable(tmp_path / name)
        write_bytes(tmp_path / name, b"whole")
        assert (tmp_path / name).read_bytes() == b"whole"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path / ("a" * 256), "File name too long"),
        (tmp_path / ("写" * 86), "File name too long"),
        (tmp_path / "none" / "a", "No such file"),
        (tmp_path / "file" / "a", "Not a directory"),
    ):
        with pytest.raises(UserError, match=f"{path.name} cannot be written: {reason}"):
            check_writable(path)
    check_writable(tmp_path / "file")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left") as error:
        write_bytes(tmp_path / "a", b"new")
    assert error.value.filename == str(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_json_file_that_is_none_is_refused_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(60 * 2**30)
    for name, problem in (
        ("pipe", "not a regular file"),
        ("sparse", "above 64 MiB"),
        ("none", "No such file"),
    ):
        with pytest.raises(UserError, match=f"{name} cannot be read: .*{problem}"):
            read_json(tmp_path / name)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with new_folder(tmp_path / "new") as folder:
        (folder / "file").write_text("x")
        assert not (tmp_path / "new").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_nothing_is_left_of_a_folder_that_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "new") as folder:
            (folder / "file").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_windows_waits_for_those_who_have_the_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    method, waits = ("replace" if overwrite else "rename"), list[float]()
    real, busy = getattr(Path, method), 2

    def busy_at_first(self: Path, target: Path) -> Path:
        if len(waits) < busy:
            raise PermissionError(13, "Access is denied")
        moved: Path = real(self, target)
        return moved

    monkeypatch.setattr(Path, method, busy_at_first)
    monkeypatch.setattr(time, "sleep", waits.append)
    (tmp_path / "a").write_bytes(b"new")
    if overwrite:
        (tmp_path / "b").write_bytes(b"old")
    with pytest.raises(PermissionError):
        rename(tmp_path / "a", tmp_path / "b", overwrite=overwrite)
    assert waits == [], "elsewhere it is an error at once"
    monkeypatch.setattr(sys, "platform", "win32")
    rename(tmp_path / "a", tmp_path / "b", overwrite=overwrite)
    assert (tmp_path / "b").read_bytes() == b"new"
    assert len(waits) == busy
    busy = 10**6
    with pytest.raises(PermissionError):
        rename(tmp_path / "b", tmp_path / "a", overwrite=overwrite)
    assert 0.5 < sum(waits) <= 1.1
