"""Shards: the same items as other sets, in any number of threads and processes; failing stores; huge sets."""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.range_server import serve_ranges
from tests.data.conftest import encoded, noise

from ganbench.data.audit.prepare_shards import prepare_shards
from ganbench.data.classes import class_counts, require_items_of_each_class
from ganbench.data.folder import folder
from ganbench.data.io import stores
from ganbench.data.io.shard_index import RECORD, read_index, write_index
from ganbench.data.io.tar_shards import write_shard
from ganbench.data.loader import Loader
from ganbench.data.shards import shards
from ganbench.data.streamed_images import StreamedImages
from ganbench.data.subset import reference_subset
from ganbench.errors import RunError, UserError
from ganbench.utils.random_stream import RandomStream

COUNT = 23


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for k in range(COUNT):
        path = tmp_path / "images" / "ab"[k % 2] / f"{k:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(k)))
    return tmp_path / "images"


@pytest.fixture
def packed(images: Path, tmp_path: Path) -> Path:
    prepare_shards(images, tmp_path / "packed", 8, items_per_shard=5)
    return tmp_path / "packed"


def test_items_and_labels_are_those_of_the_folder(images: Path, packed: Path) -> None:
    own, other = shards(str(packed)), folder(str(images), size=8)
    index = torch.tensor([3, 22, 0, 3, 17])
    assert own.info.size == other.info.size == COUNT
    assert own.info.classes == other.info.classes == ("a", "b")
    assert own.info.name == "shards:packed"
    assert torch.equal(own.items(index), other.items(index))
    assert own.labels(index).tolist() == other.labels(index).tolist()  # type: ignore[union-attr]
    one, two = (data.batch(index, RandomStream("key")).x for data in (own, other))
    assert torch.equal(one, two)
    assert class_counts(own).tolist() == class_counts(other).tolist() == [12, 11]
    require_items_of_each_class(own)
    assert own.items(torch.zeros(0, dtype=torch.int64)).shape == (0, 3, 8, 8)


def test_the_fingerprint_depends_on_the_form_only(packed: Path) -> None:
    prints = [
        shards(str(packed), **arguments).info.fingerprint
        for arguments in ({}, {"flip": True, "threads": 3, "block": 2}, {"size": 4}, {"grey": True})
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


@pytest.mark.parametrize(
    "arguments", [{}, {"block": 3}, {"threads": 1}, {"threads": 5, "ahead": 0}, {"ahead": 9}]
)
def test_batches_depend_on_no_thread_no_prefetch_and_no_world_size(
    packed: Path, arguments: dict[str, int]
) -> None:
    data = shards(str(packed), flip=True, **arguments)  # type: ignore[arg-type]
    loader, plain = Loader(data, 8, seed=3), data.sampler(8, 3)
    for position in (0, 1, 2, 3, 40, 41, 2):  # 2 crosses an epoch; 40 and 2 jump
        whole = loader(position, 8, 0, 1)
        expected = data.batch(plain.indices(position), RandomStream(3, "augment", position))
        assert torch.equal(whole.x, expected.x)
        for world in (2, 4):
            pieces = [Loader(data, 8, 3)(position, 8 // world, rank, world) for rank in range(world)]
            assert torch.equal(torch.cat([piece.x for piece in pieces]), whole.x)
            assert torch.equal(torch.cat([piece.y for piece in pieces]), whole.y)  # type: ignore[misc, arg-type]


def test_killed_and_resumed_readers_lose_and_repeat_nothing(packed: Path) -> None:
    data, seen, rng = shards(str(packed)), list[int](), np.random.default_rng(0)
    position = 0
    while position < 2 * COUNT:  # two epochs in batches of 1, each stretch by a new loader
        loader = Loader(data, 1, seed=1)
        for _ in range(int(rng.integers(1, 5))):
            item = data.sampler(1, 1).indices(position)
            assert torch.equal(loader(position, 1, 0, 1).x, data.batch(item, RandomStream("no flip")).x)
            seen.append(int(item))
            position += 1
            if position == 2 * COUNT:
                break
    assert sorted(seen[:COUNT]) == sorted(seen[COUNT:]) == list(range(COUNT))


def test_only_a_bounded_number_of_batches_is_on_its_way(
    packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, begun = shards(str(packed), ahead=3), list[list[int]]()
    begin = data.begin

    def count(index: torch.Tensor) -> object:
        begun.append(index.tolist())
        return begin(index)

    monkeypatch.setattr(data, "begin", count)
    loader, sampler = Loader(data, 4, 0), data.sampler(4, 0)
    for position in range(5):
        loader(position, 4, 0, 1)
        assert len(begun) == position + 4
    assert begun == [sampler.indices(position).tolist() for position in range(8)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"broken": "skipp"}, "broken cannot be 'skipp'; did you mean 'skip'"),
        ({"threads": -1}, "threads must be at least 0, not -1"),
        ({"tries": 0}, "tries must be at least 1, not 0"),
        ({"reference": 1}, "reference must be at least 2, not 1"),
        ({"cache_gb": 0}, "cache_gb must be a finite number above 0, not 0"),
        ({"cache_gb": math.inf}, "cache_gb must be a finite number above 0, not inf"),
        ({"block": 0}, "a block must hold at least 1 item, not 0"),
        ({"size": 0}, "both sides must be at least 1"),
    ],
)
def test_bad_arguments_are_refused(packed: Path, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        shards(str(packed), **arguments)  # type: ignore[arg-type]


def test_images_of_several_sizes_need_one(packed: Path) -> None:
    index = read_index(packed)
    header = index.header
    write_index(
        packed,
        index.records.copy(),
        name=header.name,
        size=None,
        channels=3,
        classes=header.classes,
        shards=header.shards,
    )
    with pytest.raises(UserError, match=r"differ in size: give one to read them at, as in data.size=64"):
        shards(str(packed))
    assert shards(str(packed), size=(4, 6)).info.shape == (3, 4, 6)


def test_a_broken_item_reaches_the_trainer_as_one_sentence(packed: Path) -> None:
    path = packed / "shard-000002.tar"
    path.write_bytes(path.read_bytes()[:3000])
    data = shards(str(packed), tries=1)
    loader = Loader(data, 23, 0)
    with pytest.raises(
        RunError, match=r"^shard-000002.tar cannot be read from .*packed after 1 try: only \d+ of"
    ):
        loader(0, 23, 0, 1)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "FIRST_PAUSE", 0.001)


@pytest.mark.usefixtures("no_pause")
def test_a_failing_server_gives_the_same_batches(packed: Path, cache: Path) -> None:
    expected = shards(str(packed)).items(torch.arange(COUNT))
    faults = ["500", "", "short", "cut", "", "flip", "503", ""]
    with serve_ranges(packed) as server:
        server.faults = lambda number, name: faults[number % len(faults)] if name.endswith("tar") else ""
        data = shards(server.url, tries=8, cache_gb=40_000 / 2**30)
        assert data.info == shards(str(packed)).info
        for _ in range(3):
            assert torch.equal(data.items(torch.arange(COUNT)), expected)
        files = [p for p in (cache / "shards").rglob("*") if p.is_file() and "index-" not in str(p)]
        assert 0 < sum(path.stat().st_size for path in files) <= 40_000
        index_requests = [name for name, _ in server.requests if name == "index.npy"]
        shards(server.url)
        assert [name for name, _ in server.requests if name == "index.npy"] == index_requests


@pytest.mark.usefixtures("no_pause")
def test_a_dead_server_stops_in_one_sentence(packed: Path) -> None:
    with serve_ranges(packed) as server:
        data = shards(server.url, tries=3)
        server.faults = lambda number, name: "500"
        with pytest.raises(
            RunError, match=r"^shard-00000\d.tar cannot be read from http:.* after 3 tries: HTTP 500"
        ):
            Loader(data, 8, 0)(0, 8, 0, 1)
        with pytest.raises(
            UserError, match=r"^index.json cannot be read from http:.* after 3 tries: HTTP 500"
        ):
            shards(server.url, tries=3)


def test_a_process_ends_at_an_error_with_batches_on_their_way(packed: Path) -> None:
    program = (
        "from ganbench.data.shards import shards\nfrom ganbench.data.loader import Loader\n"
        f"loader = Loader(shards({str(packed)!r}, ahead=50), 4, 0)\nloader(0, 4, 0, 1)\nraise SystemExit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (7, "")


def test_scores_compare_with_a_fixed_random_subset(packed: Path) -> None:
    data = shards(str(packed), reference=10)
    subset, again = reference_subset(data), reference_subset(shards(str(packed), reference=10))
    assert subset.info == again.info
    assert subset.info.name == "shards:packed (10 of 23 at random)"
    assert subset.info.size == 10
    assert subset.info.fingerprint == f"{data.info.fingerprint} at random 10"
    rows = torch.arange(10)
    assert torch.equal(subset.items(rows), again.items(rows))
    assert len({tuple(item.flatten().tolist()) for item in subset.items(rows)}) == 10
    everything = shards(str(packed), reference=COUNT)
    assert reference_subset(everything) is everything


def huge(root: Path, items: int, positions: torch.Tensor) -> StreamedImages:
    """A set of so many items; those at the positions lead to a real image, and the others are holes in the file."""
    root.mkdir()
    with (root / "a.tar").open("wb") as file:
        ((offset, length, crc),) = write_shard(file, [("0", encoded(noise(0)), None)])
    one = np.zeros(1, RECORD)
    one["offset"], one["length"], one["crc32"], one["label"] = offset, length, crc, -1
    size = (root / "a.tar").stat().st_size
    write_index(root, one, name="huge", size=(8, 8), channels=3, classes=(), shards=[("a.tar", size, 1)])
    records = np.lib.format.open_memmap(root / "index.npy", "w+", RECORD, (items,))
    records[positions.numpy()] = one[0]
    records.flush()
    text = (root / "index.json").read_text().replace('"items": 1,', f'"items": {items},')
    text = text.replace(f"   {size},\n   1\n", f"   {size},\n   {items}\n")
    (root / "index.json").write_text(text[: text.index(',\n "sha256"')] + "\n}\n")
    return shards(str(root))


def test_a_thousand_million_items_cost_what_their_batches_do(tmp_path: Path) -> None:
    from ganbench.data.keyed_sampler import KeyedSampler

    items, batch = 10**9, 64
    late = 9 * 10**8 // batch
    sampler = KeyedSampler(items, batch, 0)
    wanted = torch.cat([sampler.indices(b) for start in (0, late) for b in range(start, start + 8)])
    data = huge(tmp_path / "huge", items, wanted)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    loader = Loader(data, batch, 0)
    for position in (0, late):
        begin = time.perf_counter()
        assert loader(position, batch, 0, 1).x.shape == (batch, 3, 8, 8)
        assert time.perf_counter() - begin < 1
    assert reference_subset(data).info.size == 50_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024
