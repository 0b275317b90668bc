from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from tests.data.conftest import encoded, noise

from ganbench.data.io.broken_images import OnError
from ganbench.data.io.shard_index import RECORD, ShardIndex, read_index, write_index
from ganbench.data.io.shard_items import ImageForm, ShardItems
from ganbench.data.io.tar_shards import write_shard
from ganbench.errors import RunError

COUNT = 12


class Bytes:
    """A store that holds one shard in memory; it may be damaged, also for a single read."""

    place = "memory"

    def __init__(self, content: bytes) -> None:
        self.content, self.once = bytearray(content), bytearray(content)
        self.forgotten: list[tuple[int, int]] = []

    def read(self, name: str, offset: int, length: int) -> bytes:
        source = self.content if self.forgotten else self.once
        return bytes(source[offset : offset + length])

    def read_all(self, name: str, limit: int) -> bytes:
        return bytes(self.content)

    def forget(self, name: str, offset: int, length: int) -> None:
        self.forgotten.append((offset, length))


@pytest.fixture
def shard(tmp_path: Path) -> tuple[ShardIndex, Bytes]:
    """Twelve images of 8x8 of the classes 0, 1, 2, 0, 1, ..."""
    path = tmp_path / "a.tar"
    with path.open("wb") as file:
        places = write_shard(file, [(f"{k:03d}", encoded(noise(k)), k % 3) for k in range(COUNT)])
    records = np.zeros(COUNT, RECORD)
    records["offset"], records["length"], records["crc32"] = zip(*places, strict=True)
    records["label"] = np.arange(COUNT) % 3
    shards = [("a.tar", path.stat().st_size, COUNT)]
    write_index(tmp_path, records, name="a", size=(8, 8), channels=3, classes="abc", shards=shards)
    return read_index(tmp_path), Bytes(path.read_bytes())


def items(shard: tuple[ShardIndex, Bytes], on_broken: OnError = "refuse", **form: object) -> ShardItems:
    values = {"size": (8, 8), "resize": False, "channels": 3, **form}
    return ShardItems(*shard, ImageForm(**values), on_broken)  # type: ignore[arg-type]


def damage(shard: tuple[ShardIndex, Bytes], *positions: int) -> None:
    index, store = shard
    for position in positions:
        store.content[int(index.records["offset"][position]) + 60] ^= 1
    store.once[:] = store.content


def pixels(k: int) -> np.ndarray:
    return noise(k).transpose(2, 0, 1)


def test_positions_lead_to_pixels_and_labels(shard: tuple[ShardIndex, Bytes]) -> None:
    positions = np.array([7, 0, 11, 7])
    reader = items(shard)
    assert np.array_equal(reader.read(positions), np.stack([pixels(k) for k in (7, 0, 11, 7)]))
    assert reader.labels(positions).tolist() == [1, 0, 2, 1]


def test_grey_and_resized_forms(shard: tuple[ShardIndex, Bytes]) -> None:
    assert items(shard, channels=1).read(np.array([1])).shape == (1, 1, 8, 8)
    assert items(shard, size=(4, 2), resize=True).read(np.array([1])).shape == (1, 3, 4, 2)


def test_a_broken_item_is_refused_with_its_name(shard: tuple[ShardIndex, Bytes]) -> None:
    damage(shard, 4)
    reader = items(shard)
    reader.read(np.array([3, 5]))
    with pytest.raises(RunError) as error:
        reader.read(np.array([4]))
    assert str(error.value) == (
        "item 4 (004.png) of a.tar in memory is broken: its CRC-32 differs from that in the index; broken=skip "
        "replaces such items by the next good one of their class"
    )


def test_another_size_is_broken_unless_images_are_resized(shard: tuple[ShardIndex, Bytes]) -> None:
    with pytest.raises(
        RunError, match=r"item 2 \(002.png\) of a.tar in memory is broken: it is 8x8, not 4x6"
    ):
        items(shard, size=(6, 4)).read(np.array([2]))


def test_an_image_that_cannot_be_decoded_is_broken(tmp_path: Path, shard: tuple[ShardIndex, Bytes]) -> None:
    index, store = shard
    records = index.records.copy()
    records["length"][1] = 40
    records["crc32"][1] = zlib.crc32(store.read("a.tar", int(records["offset"][1]), 40))
    with pytest.raises(RunError, match=r"item 1 \(001.png\) of a.tar in memory is broken: "):
        items((ShardIndex(index.header, records), store)).read(np.array([1]))


def test_damage_on_the_way_is_read_again(shard: tuple[ShardIndex, Bytes]) -> None:
    _, store = shard
    store.once[:] = bytes(len(store.once))
    assert np.array_equal(items(shard).read(np.array([4]))[0], pixels(4))
    assert len(store.forgotten) == 1


def test_broken_items_are_replaced_by_the_next_of_their_class_and_counted(
    shard: tuple[ShardIndex, Bytes],
) -> None:
    damage(shard, 4, 7, 11)
    reader = items(shard, "skip")
    with pytest.warns(UserWarning, match=r"item 4 \(004.png\) of a.tar in memory is broken and replaced"):
        replaced = reader.read(np.array([4, 11, 5, 4]))
    assert np.array_equal(replaced, np.stack([pixels(k) for k in (10, 2, 5, 10)]))  # 11 goes on at 2
    assert sorted(reader.broken) == [4, 7, 11]
    assert reader.labels(np.array([4, 11])).tolist() == [1, 2]


def test_a_class_of_broken_items_is_refused_even_with_skip(shard: tuple[ShardIndex, Bytes]) -> None:
    damage(shard, 1, 4, 7, 10)
    with (
        pytest.warns(UserWarning, match="4 so far"),
        pytest.raises(RunError, match=r"item 1 \(001.png\) .* and the next 99 items of its class are broken"),
    ):
        items(shard, "skip").read(np.array([1]))


@pytest.mark.parametrize(
    ("field", "value"), [("shard", 9), ("offset", 10**9), ("length", 0), ("length", 2**31)]
)
def test_records_that_lead_nowhere_are_broken(
    shard: tuple[ShardIndex, Bytes], field: str, value: int
) -> None:
    index, store = shard
    records = index.records.copy()
    records[field][3] = value
    with pytest.raises(RunError, match="its record in the index leads out of the shard"):
        items((ShardIndex(index.header, records), store)).read(np.array([3]))


def test_labels_that_are_no_class_are_refused(shard: tuple[ShardIndex, Bytes]) -> None:
    index, store = shard
    records = index.records.copy()
    records["label"][3] = 3
    with pytest.raises(RunError, match="an item has a label that is no class"):
        items((ShardIndex(index.header, records), store)).labels(np.array([3]))
