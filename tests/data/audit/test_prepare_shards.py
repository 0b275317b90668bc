from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.data.conftest import encoded, noise

from ganbench.data.archive import archive
from ganbench.data.audit.prepare import prepare
from ganbench.data.audit.prepare_shards import index_shards, prepare_shards
from ganbench.data.folder import folder
from ganbench.data.io.shard_index import read_index
from ganbench.data.shards import shards
from ganbench.errors import UserError


def test_a_folder_becomes_shards_that_do_not_depend_on_the_number_of_processes(
    two_classes: Path, tmp_path: Path
) -> None:
    header = prepare_shards(two_classes, tmp_path / "one", (8, 6), items_per_shard=4)
    prepare_shards(two_classes, tmp_path / "two", (8, 6), items_per_shard=4, jobs=2)
    assert header.shards == (("shard-000000.tar", 10240, 4), ("shard-000001.tar", 10240, 2))
    assert (header.size, header.channels, header.classes) == ((8, 6), 3, ("ant", "bee"))
    for path in (tmp_path / "one").iterdir():
        if path.name != "index.json":  # which has the name of the folder
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    index = torch.arange(6)
    assert torch.equal(
        shards(str(tmp_path / "one")).items(index), folder(str(two_classes), size=(8, 6)).items(index)
    )


def test_a_named_set_becomes_shards(two_classes: Path, tmp_path: Path) -> None:
    prepare(two_classes, tmp_path / "own.npz", 8)
    prepare_shards(f"archive:{tmp_path / 'own.npz'}", tmp_path / "out", items_per_shard=4)
    own, other, index = shards(str(tmp_path / "out")), archive(str(tmp_path / "own.npz")), torch.arange(6)
    assert own.info.classes == other.info.classes
    assert torch.equal(own.items(index), other.items(index))
    assert torch.equal(own.labels(index), other.labels(index))  # type: ignore[arg-type]


def test_broken_images_are_refused_or_left_out(two_classes: Path, tmp_path: Path) -> None:
    (two_classes / "ant" / "bad.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"1 of the 7 images .*ant/bad.png"):
        prepare_shards(two_classes, tmp_path / "out", 8)
    assert not (tmp_path / "out").exists()
    with pytest.warns(UserWarning, match="1 of the 7 images .* and skipped"):
        assert prepare_shards(two_classes, tmp_path / "out", 8, on_error="skip").items == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"destination": "own"}, "exists already"),
        ({"destination": "none/out"}, "cannot be written"),
        ({"items_per_shard": 0}, "at least 1 image, not 0"),
        ({"jobs": 0}, "at least 1 process, not 0"),
        ({"split": "test"}, "is a folder, and it has no splits"),
        ({"source": "ring8"}, "shards hold images, and ring8 is points"),
        ({"source": "shapes", "size": 8}, "only the images of a folder can be resized"),
        ({"source": "nothing"}, "there is no data set 'nothing'"),
        ({"source": "plane", "split": "test"}, "'plane' has no splits"),
    ],
)
def test_bad_arguments_leave_nothing(
    two_classes: Path, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    values: dict[str, object] = {"source": two_classes, "destination": "out", **arguments}
    source, destination = values.pop("source"), tmp_path / str(values.pop("destination"))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError, match=message):
        prepare_shards(source, destination, **values)  # type: ignore[arg-type]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_prepare_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for k in range(400):
        (tmp_path / "many" / f"{k}.png").write_bytes(encoded(noise(k)))
    program = (
        "from ganbench.data.audit.prepare_shards import prepare_shards\n"
        f"prepare_shards({str(tmp_path / 'many')!r}, {str(tmp_path / 'out')!r}, 200, items_per_shard=5)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    while not list(tmp_path.glob(".out.*/shard-000001.tar")):
        assert process.poll() is None
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("index.json"))


def webdataset(path: Path, first: int, label: object = None) -> None:
    with tarfile.open(path, "w") as tar:
        for k in range(first, first + 3):
            members = {f"{k:04d}.jpg": encoded(noise(k, 10, 12), "JPEG")}
            if label is not None:
                members[f"{k:04d}.cls"] = str(label).encode()
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


def test_tar_files_that_exist_get_an_index(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    webdataset(tmp_path / "b.tar", 0, 30)
    webdataset(tmp_path / "more" / "a.tar", 3, 4)
    before = (tmp_path / "b.tar").read_bytes()
    header = index_shards(tmp_path)
    assert header.classes == ("4", "30")
    assert header.class_counts == (3, 3)
    assert [name for name, _, _ in header.shards] == ["b.tar", "more/a.tar"]
    data = shards(str(tmp_path))
    assert data.info.shape == (3, 10, 12)
    assert data.labels(torch.arange(6)).tolist() == [1, 1, 1, 0, 0, 0]  # type: ignore[union-attr]
    assert data.items(torch.arange(6)).float().std() > 10
    assert (tmp_path / "b.tar").read_bytes() == before
    with pytest.raises(UserError, match=r"index.json exists already"):
        index_shards(tmp_path)


def test_shards_that_ganbench_wrote_can_be_indexed_again(two_classes: Path, tmp_path: Path) -> None:
    prepare_shards(two_classes, tmp_path / "out", 8)
    first = read_index(tmp_path / "out")
    records = first.records.copy()
    (tmp_path / "out" / "index.json").unlink()
    header = index_shards(tmp_path / "out")
    assert np.array_equal(read_index(tmp_path / "out").records, records)
    assert header.classes == ("0", "1")


def test_tar_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file ending in .tar"):
        index_shards(tmp_path)
    webdataset(tmp_path / "a.tar", 0)
    webdataset(tmp_path / "b.tar", 3, 1)
    with pytest.raises(UserError, match=r"only some items in .* have a class"):
        index_shards(tmp_path)
    with pytest.raises(UserError, match="must be on this machine"):
        index_shards("http://127.0.0.1/shards")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "b.tar"]


def test_tar_files_without_images_are_refused(tmp_path: Path) -> None:
    tarfile.open(tmp_path / "empty.tar", "w").close()
    with pytest.raises(UserError, match=r"the tar files in .* hold no images"):
        index_shards(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.tar"]
