"""Kind and size of a file are looked at before it is read."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ganbench.utils.regular_file import open_regular, read_regular


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert read_regular(path, 3) == b"abc"
    with open_regular(path) as file:
        assert file.read() == b"abc"


def test_a_sparse_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(60 * 2**30)
    with pytest.raises(OSError, match="64,424,509,440 bytes, which is above 4 MiB") as error:
        read_regular(path, 4 * 2**20)
    assert error.value.filename == str(path)


def test_a_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="not a regular file"):
            read_regular(path, 100)
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path, 100)
    assert time.monotonic() - started < 1


def test_links_are_followed_unless_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert read_regular(tmp_path / "link", 3) == b"abc"
    with pytest.raises(OSError, match="symbolic links"):
        read_regular(tmp_path / "link", 3, follow_links=False)


def test_links_are_refused_where_the_system_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganbench.utils.regular_file._NO_LINKS", 0)  # as on Windows
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="it is a link"):
        read_regular(tmp_path / "link", 3, follow_links=False)
    assert read_regular(tmp_path / "a", 3, follow_links=False) == b"abc"
