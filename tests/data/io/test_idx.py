from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from ganbench.data.io.idx import read_idx
from ganbench.errors import UserError

CONTENT = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
RAW = bytes((0, 0, 8, 3)) + b"".join(n.to_bytes(4, "big") for n in (2, 3, 4)) + CONTENT.tobytes()
MD5 = hashlib.md5(RAW).hexdigest()


def test_plain_and_gzipped_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(RAW)
    (tmp_path / "a.gz").write_bytes(gzip.compress(RAW, mtime=0))
    for name in ("a", "a.gz"):
        assert np.array_equal(read_idx(tmp_path / name, 3, MD5), CONTENT)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "header"),
        (RAW[:10], "header"),
        (b"\1" + RAW[1:], "header"),
        (RAW[:2] + b"\x0d" + RAW[3:], "header"),
        (RAW[:3] + b"\2" + RAW[4:], "header"),
        (RAW[:-1], "truncated or garbled: 23 bytes of data, not 24"),
        (RAW + b"x", "truncated or garbled: 25"),
        (RAW[:-1] + b"x", "not the official file"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "some-idx3-ubyte").write_bytes(raw)
    with pytest.raises(UserError, match=f"some-idx3-ubyte .*{message}"):
        read_idx(tmp_path / "some-idx3-ubyte", 3, MD5)


@pytest.mark.parametrize(
    "raw", [b"nothing", gzip.compress(RAW, mtime=0)[:-12], gzip.compress(RAW, mtime=0)[:20]]
)
def test_damaged_gzip_is_refused_by_name(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(raw)
    with pytest.raises(UserError, match=r"a\.gz cannot be read"):
        read_idx(tmp_path / "a.gz", 3, MD5)
