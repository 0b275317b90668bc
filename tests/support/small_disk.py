"""A small file system in memory, to fill up. Only the superuser of Linux may make one; else its tests are skipped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MEBIBYTES = 16


@dataclass(frozen=True)
class SmallDisk:
    """A folder with a disk of its own, and a file on it that takes up room."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def leave(self, size: int) -> None:
        """Fill the disk until ``size`` bytes are left, rounded up to whole pages."""
        self.free()
        with self._ballast.open("wb", buffering=0) as file:
            left = os.statvfs(self.path).f_bavail * os.statvfs(self.path).f_frsize
            os.posix_fallocate(file.fileno(), 0, left)
            page = os.sysconf("SC_PAGE_SIZE")
            file.truncate(left - -(-size // page) * page)

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("a file system of one's own can be mounted by the superuser of Linux only")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
