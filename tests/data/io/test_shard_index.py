from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ganbench.data.io.shard_index import RECORD, Records, has_index, parse_header, read_index, write_index
from ganbench.errors import UserError
from ganbench.utils.files import read_json, write_sealed_json


def records(count: int = 4) -> Records:
    array = np.zeros(count, RECORD)
    array["offset"] = 512 + 1024 * np.arange(count)
    array["length"], array["label"] = 100, np.arange(count) % 2
    return array


def write(folder: Path, array: Records) -> str:
    header = write_index(
        folder,
        array,
        name="own",
        size=(8, 6),
        channels=3,
        classes=("ant", "bee"),
        shards=[("a.tar", 9000, len(array))],
    )
    return header.fingerprint


def test_an_index_comes_back_memory_mapped(tmp_path: Path) -> None:
    assert not has_index(tmp_path)
    fingerprint = write(tmp_path, records())
    index = read_index(tmp_path)
    assert has_index(tmp_path)
    assert isinstance(index.records, np.memmap)
    assert np.array_equal(index.records, records())
    header = index.header
    assert (header.size, header.classes, header.class_counts) == ((8, 6), ("ant", "bee"), (2, 2))
    assert header.shards == (("a.tar", 9000, 4),)
    assert header.fingerprint == fingerprint


@pytest.mark.parametrize("field", RECORD.names or ())
def test_the_fingerprint_depends_on_every_field(tmp_path: Path, field: str) -> None:
    first, changed = write(tmp_path, records()), records()
    changed[field][1] = 1 - changed[field][1] if field == "label" else 7
    assert write(tmp_path, changed) != first


def test_changed_records_are_noticed(tmp_path: Path) -> None:
    write(tmp_path, records())
    path = tmp_path / "index.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"index.npy has changed since it was written"):
        read_index(tmp_path)


def test_records_of_another_index_are_refused(tmp_path: Path) -> None:
    write(tmp_path, records())
    np.save(tmp_path / "index.npy", records(5))
    with pytest.raises(UserError, match="it has not 4 records"):
        read_index(tmp_path)
    (tmp_path / "index.npy").write_bytes(b"no array")
    with pytest.raises(UserError, match=r"index.npy cannot be read"):
        read_index(tmp_path)


def test_a_folder_without_an_index_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"ganbench data index {tmp_path}"):
        read_index(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", "other", "its format is not 'ganbench shards 1'"),
        ("items", 5, "its counts do not fit together"),
        ("items", "many", "is damaged: "),
        ("shards", [["../a.tar", 9000, 4]], "'../a.tar' is not the name of a file beside it"),
        ("shards", [["/a.tar", 9000, 4]], "'/a.tar' is not the name of a file beside it"),
        ("shards", [["a.tar", 9000]], "is damaged: "),
        ("channels", 4, "its counts do not fit together"),
        ("class_counts", [4], "its counts do not fit together"),
        ("size", [0, 8], "its counts do not fit together"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    write(tmp_path, records())
    changed = {**read_json(tmp_path / "index.json"), key: value}
    write_sealed_json(tmp_path / "index.json", changed)
    with pytest.raises(UserError, match=message):
        read_index(tmp_path)
    del changed[key]
    with pytest.raises(UserError):
        parse_header(json.loads(json.dumps(changed)), "x")
