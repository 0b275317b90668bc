from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ganbench.data.io.block_cache import CachedStore

SIZE = 10_000
CONTENT = random.Random(0).randbytes(SIZE)


class Counting:
    """A store with one file, which counts what is read."""

    place = "memory"

    def __init__(self) -> None:
        self.reads: list[tuple[int, int]] = []
        self._lock = threading.Lock()

    def read(self, name: str, offset: int, length: int) -> bytes:
        with self._lock:
            self.reads.append((offset, length))
        return CONTENT[offset : offset + length]

    def read_all(self, name: str, limit: int) -> bytes:
        return CONTENT

    def forget(self, name: str, offset: int, length: int) -> None:
        pass


def cached(folder: Path, limit: int = 10**6, block: int = 1000) -> tuple[CachedStore, Counting]:
    store = Counting()
    return CachedStore(store, folder / "blocks", limit, {"a": SIZE}, block), store


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "blocks").iterdir())


def test_any_part_is_right_and_each_block_is_read_once(tmp_path: Path) -> None:
    store, counting = cached(tmp_path)
    rng = random.Random(1)
    for _ in range(300):
        offset = rng.randrange(SIZE)
        length = rng.randint(1, SIZE - offset)
        assert store.read("a", offset, length) == CONTENT[offset : offset + length]
    assert sorted(counting.reads) == [(1000 * k, 1000) for k in range(10)]
    assert store.downloaded == SIZE
    another, counting = cached(tmp_path)  # as in another process, or after a restart
    assert another.read("a", 0, SIZE) == CONTENT
    assert counting.reads == []


def test_threads_read_a_block_once(tmp_path: Path) -> None:
    store, counting = cached(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: store.read("a", 2100, 50), range(50))) == {CONTENT[2100:2150]}
    assert counting.reads == [(2000, 1000)]


def test_the_folder_stays_below_its_limit_and_holds_what_was_used_last(tmp_path: Path) -> None:
    store, counting = cached(tmp_path, limit=5000, block=100)
    for k in range(95):
        store.read("a", 100 * k, 100)
        store.read("a", 0, 100)  # always in use
        assert size(tmp_path) <= 5000
    assert counting.reads.count((0, 100)) == 1
    counting.reads.clear()
    store.read("a", 9400, 100)
    assert counting.reads == []


def test_two_caches_in_one_folder_delete_each_others_blocks_and_go_on(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    stores = [cached(tmp_path, limit=3000, block=100)[0] for _ in range(2)]

    def work(number: int) -> bool:
        rng = random.Random(number)
        offsets = [rng.randrange(SIZE - 150) for _ in range(300)]
        return all(stores[number % 2].read("a", o, 150) == CONTENT[o : o + 150] for o in offsets)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert not list(recwarn)
    assert size(tmp_path) <= 3000 * 1.1
    assert not [path for path in (tmp_path / "blocks").iterdir() if path.name.startswith(".")]


def test_forgotten_and_cut_blocks_are_read_again(tmp_path: Path) -> None:
    store, counting = cached(tmp_path)
    store.read("a", 0, 3000)
    counting.reads.clear()
    store.forget("a", 900, 200)
    assert store.read("a", 0, 3000) == CONTENT[:3000]
    assert counting.reads == [(0, 1000), (1000, 1000)]
    for path in (tmp_path / "blocks").iterdir():
        path.write_bytes(path.read_bytes()[:10])
    assert store.read("a", 0, 3000) == CONTENT[:3000]


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "blocks").write_text("a file")
    store, counting = cached(tmp_path)
    with pytest.warns(UserWarning, match="blocks of memory are not cached in") as said:
        read = [store.read("a", 0, 10) for _ in range(3)]
    assert len(said) == 1
    assert read == [CONTENT[:10]] * 3
    assert len(counting.reads) == 3
