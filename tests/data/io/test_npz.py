"""A flip of any bit of an array file is refused, or leaves the arrays as they are."""

from __future__ import annotations

import os
import random
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganbench.data.io.npz import Arrays, DamagedFile, read_npz, write_npz

ARRAYS: Arrays = {
    "jpeg": np.random.default_rng(0).integers(0, 256, 150, dtype=np.uint8),
    "offsets": np.cumsum([0, 40, 50, 60]),
    "labels": np.array([0, 1, 0]),
    "classes": np.array(["cat", "dög"]),
}
FLIPS = 400
WRITERS: dict[str, Callable[[Path], object]] = {
    "ours": lambda path: write_npz(path, ARRAYS),
    "numpy": lambda path: np.savez(path, **ARRAYS),  # type: ignore[arg-type]
    "compressed": lambda path: np.savez_compressed(path, **ARRAYS),  # type: ignore[arg-type]
}


def same(a: Arrays, b: Arrays) -> bool:
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and np.array_equal(a[k], b[k]) and a[k].shape == b[k].shape for k in a
    )


def test_arrays_are_read_as_they_were_written_and_by_numpy(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, ARRAYS)
    assert same(read_npz(path, sealed=True), ARRAYS)
    with np.load(path, allow_pickle=False) as file:
        assert same(dict(file), ARRAYS)
    write_npz(tmp_path / "b.npz", ARRAYS)
    assert (tmp_path / "b.npz").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("writer", WRITERS)
def test_no_flip_of_a_bit_changes_an_array_silently(tmp_path: Path, writer: str) -> None:
    path = tmp_path / "a.npz"
    WRITERS[writer](path)
    original, refused = path.read_bytes(), 0
    assert same(read_npz(path), ARRAYS)
    places = random.Random(0).sample(range(8 * len(original)), FLIPS)
    for bit in places:
        content = bytearray(original)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            arrays = read_npz(path)
        except DamagedFile:
            refused += 1
        else:
            assert same(arrays, ARRAYS), bit
    assert refused > FLIPS // 2


def test_a_flip_of_any_bit_of_a_file_that_must_be_sealed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, ARRAYS)
    original = path.read_bytes()
    for bit in random.Random(1).sample(range(8 * len(original)), FLIPS):
        content = bytearray(original)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(DamagedFile):
            read_npz(path, sealed=True)


def test_any_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, ARRAYS)
    original = path.read_bytes()
    for length in range(0, len(original), 7):
        path.write_bytes(original[:length])
        with pytest.raises(DamagedFile):
            read_npz(path)


def test_files_of_others_need_no_seal_unless_it_is_asked_for(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **ARRAYS)  # type: ignore[arg-type]
    assert same(read_npz(tmp_path / "a.npz"), ARRAYS)
    with pytest.raises(DamagedFile, match="it has no checksum, as those of earlier versions"):
        read_npz(tmp_path / "a.npz", sealed=True)


def test_an_array_shorter_than_its_entry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as file, file.open("a.npy", "w") as entry:
        np.lib.format.write_array(entry, np.zeros(3, np.uint8))
        entry.write(b"more")
    with pytest.raises(DamagedFile, match=r"'a.npy' is longer than its header says"):
        read_npz(path)


def test_an_array_listed_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for value in (1, 2):
            with file.open("a.npy", "w") as entry:
                np.lib.format.write_array(entry, np.array([value]))
    with pytest.raises(DamagedFile, match="its list of arrays is damaged"):
        read_npz(path)


def test_a_pipe_and_a_sparse_file_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    with (tmp_path / "sparse.npz").open("wb") as file:
        file.truncate(60 * 2**30)
    started = time.monotonic()
    for name, problem in (
        ("pipe", "not a regular file"),
        ("sparse", "not an .npz file"),
        ("none", "No such file"),
    ):
        with pytest.raises(DamagedFile, match=problem):
            read_npz(tmp_path / f"{name}.npz")
    assert time.monotonic() - started < 2
