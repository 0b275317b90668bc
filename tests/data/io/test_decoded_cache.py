"""The cache of decoded images: a damaged file is never used, and is replaced with one sentence."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.data.conftest import cache, encoded, noise
from tests.support.recording import record, repetitions

from ganbench.data.archive import archive
from ganbench.data.folder import folder
from ganbench.data.images import ImageDataset
from ganbench.data.io.archive_file import write_archive
from ganbench.data.io.decoded_cache import cached, load_decoded, save_decoded
from ganbench.errors import UserError
from ganbench.utils.paths import cache_folder

__all__ = ["cache"]
FLIPS = repetitions(500, 20)


def images(root: Path) -> Path:
    for i in range(6):
        (root / "own" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        (root / "own" / "ab"[i % 2] / f"{i}.png").write_bytes(encoded(noise(i)))
    return root / "own"


def packed(root: Path) -> Path:
    write_archive(root / "own.npz", [encoded(noise(i)) for i in range(6)], [0, 1] * 3, ["a", "b"])
    return root / "own.npz"


SOURCES: dict[str, tuple[Callable[[Path], Path], Callable[[str], ImageDataset]]] = {
    "folder": (images, lambda path: folder(path, size=8)),
    "archive": (packed, archive),
}


def content(dataset: ImageDataset) -> tuple[object, ...]:
    rows = torch.arange(dataset.info.size)
    return (
        dataset.items(rows).numpy().tobytes(),
        str(dataset.labels(rows)),
        dataset.info.classes,
        dataset.info.size,
    )


def flip(original: bytes, bit: int) -> bytes:
    changed = bytearray(original)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("kind", SOURCES)
def test_a_flip_in_the_cache_is_said_once_and_the_images_are_decoded_again(tmp_path: Path, kind: str) -> None:
    make, read = SOURCES[kind]
    source = str(make(tmp_path))
    expected = content(read(source))
    (path,) = (cache_folder() / "decoded").iterdir()
    original, rng, silent = path.read_bytes(), random.Random(0), 0
    for _ in range(FLIPS):
        path.write_bytes(flip(original, rng.randrange(8 * len(original))))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            assert content(read(source)) == expected
        silent += len(said) != 1
        assert path.read_bytes() == original, "the cache is whole again"
    record(f"single-bit flips of the decoded cache of an {'archive' if kind == 'archive' else 'image folder'}",
           flips=FLIPS, silent=silent, tracebacks=0)  # fmt: skip
    assert silent == 0
    assert str(said[0].message).startswith(
        f"the images are decoded again, since {path} cannot be used: it has changed"
    )


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("writer", ["ours", "numpy"])
def test_a_flip_in_an_archive_is_refused_or_changes_nothing(tmp_path: Path, writer: str) -> None:
    path = packed(tmp_path)
    if writer == "numpy":
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        np.savez(path, **arrays)
    expected = content(archive(str(path)))
    original, rng, counts = path.read_bytes(), random.Random(0), {"refused": 0, "harmless": 0, "silent": 0}
    for _ in range(FLIPS):
        path.write_bytes(flip(original, rng.randrange(8 * len(original))))
        try:
            same = content(archive(str(path))) == expected
        except UserError as error:
            assert str(path) in str(error)  # noqa: PT017
            counts["refused"] += 1
        else:
            counts["harmless" if same else "silent"] += 1
    whose = "an archive" if writer == "ours" else "an archive written by NumPy"
    record(f"single-bit flips of {whose}", flips=FLIPS, silent=counts["silent"], tracebacks=0)
    assert counts["silent"] == 0
    assert (
        counts["refused"] > 0.95 * FLIPS or writer == "numpy"
    )  # a flip in the mark of the checksum hides only that


@pytest.mark.usefixtures("cache")
def test_a_cache_of_an_earlier_version_is_replaced(tmp_path: Path) -> None:
    save_decoded("key", {"pixels": np.zeros((1, 1, 2, 2), np.uint8)})
    path = cache_folder() / "decoded" / "key.npz"
    np.savez(path, pixels=np.ones((1, 1, 2, 2), np.uint8))
    with pytest.warns(UserWarning, match="cannot be used: it has no checksum, as those of earlier versions"):
        assert load_decoded("key") is None
    assert load_decoded("none") is None


@pytest.mark.usefixtures("cache")
def test_large_images_are_mapped_from_the_file_and_writing_does_not_reach_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (400, 3, 32, 32), dtype=np.uint8)
    calls = []

    def decode() -> dict[str, np.ndarray]:
        calls.append(1)
        return {"pixels": pixels, "rows": np.arange(200_000)}

    first, second = cached("key", decode), cached("key", decode)
    assert calls == [1]
    for arrays in (first, second):
        assert isinstance(arrays["pixels"], np.memmap)
        assert np.array_equal(arrays["pixels"], pixels)
        assert np.array_equal(arrays["rows"], np.arange(200_000))
    first["pixels"][:] = 0
    assert np.array_equal(second["pixels"], pixels)
    assert np.array_equal(cached("key", decode)["pixels"], pixels)
