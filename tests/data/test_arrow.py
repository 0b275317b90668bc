"""Arrow folders and Parquet files of ``datasets``: the same images as in memory, by position, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.data.conftest import encoded, noise

from ganbench.data.arrow import arrow
from ganbench.data.classes import class_counts
from ganbench.data.loader import Loader
from ganbench.data.python_data import image_dataset
from ganbench.errors import RunError, UserError
from ganbench.utils.random_stream import RandomStream

datasets: Any = pytest.importorskip("datasets", reason="the extra [arrow] is not installed")
COUNT = 23


def table(sizes: tuple[int, ...] = (8,)) -> Any:
    images = [
        {"bytes": encoded(noise(k, sizes[k % len(sizes)], sizes[k % len(sizes)])), "path": None}
        for k in range(COUNT)
    ]
    features = datasets.Features(
        {"picture": datasets.Image(), "kind": datasets.ClassLabel(names=["a", "b", "c"])}
    )
    return datasets.Dataset.from_dict(
        {"picture": images, "kind": [k % 2 for k in range(COUNT)]}, features=features
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    table().save_to_disk(tmp_path / "set")
    return tmp_path / "set"


def test_the_images_are_those_in_memory(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    whole, data = image_dataset(table()), arrow(str(saved))
    index = torch.tensor([22, 0, 7, 7])
    assert torch.equal(data.items(index), whole.items(index))
    assert torch.equal(data.labels(index), whole.labels(index))  # type: ignore[arg-type]
    assert data.info.classes == whole.info.classes == ("a", "b", "c")
    assert class_counts(data).tolist() == [12, 11, 0]
    assert (data.info.name, data.info.size, data.info.shape) == ("arrow:set", COUNT, (3, 8, 8))
    table().to_parquet(str(tmp_path / "set.parquet"))
    parquet = arrow(str(tmp_path / "set.parquet"))
    assert torch.equal(parquet.items(index), whole.items(index))
    assert parquet.info.fingerprint == data.info.fingerprint
    random = RandomStream("x")
    assert torch.equal(data.batch(index, random).x, whole.batch(index, random).x)


def test_batches_do_not_depend_on_threads_and_processes(saved: Path) -> None:
    one, four = (Loader(arrow(str(saved), threads=n), 8, seed=0) for n in (1, 4))
    for batch in (0, 1, 2, 3, 700):
        whole = one(batch, 8, 0, 1)
        assert torch.equal(whole.x, four(batch, 8, 0, 1).x)
        halves = [four(batch, 4, shard, 2).x for shard in (0, 1)]
        assert torch.equal(whole.x, torch.cat(halves))
    seen = torch.cat([one.sampler.indices(batch) for batch in range(COUNT)])
    assert seen.bincount().tolist() == [8] * COUNT


def test_images_can_be_resized_and_made_grey(saved: Path) -> None:
    data = arrow(str(saved), size=4, grey=True)
    assert data.items(torch.tensor([3])).shape == (1, 1, 4, 4)
    assert data.info.fingerprint != arrow(str(saved)).info.fingerprint


def test_a_split_is_chosen_by_name(tmp_path: Path) -> None:
    datasets.DatasetDict({"train": table(), "test": table().select(range(5))}).save_to_disk(tmp_path / "both")
    assert arrow(str(tmp_path / "both")).info.size == COUNT
    assert arrow(str(tmp_path / "both"), split="test").info.size == 5
    assert arrow(str(tmp_path / "both"), split="test").info.split == "test"
    with pytest.raises(UserError, match="has no split 'tset'; it has test, train"):
        arrow(str(tmp_path / "both"), split="tset")


def test_parquet_files_of_other_splits_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    hub = tmp_path / "hub"
    hub.mkdir()
    table().select(range(4)).to_parquet(str(hub / "train-00000-of-00002.parquet"))
    table().select(range(4, 6)).to_parquet(str(hub / "train-00001-of-00002.parquet"))
    table().select(range(6, 9)).to_parquet(str(hub / "test-00000-of-00001.parquet"))
    whole, train, test = image_dataset(table()), arrow(str(hub)), arrow(str(hub), split="test")
    assert (train.info.split, train.info.size) == ("train", 6)
    assert (test.info.split, test.info.size) == ("test", 3)
    assert torch.equal(test.items(torch.arange(3)), whole.items(torch.arange(6, 9)))
    with pytest.raises(UserError, match="hub has no split 'nonsense'; it has test, train"):
        arrow(str(hub), split="nonsense")


def test_a_set_without_splits_has_none_to_choose(saved: Path) -> None:
    assert arrow(str(saved)).info.split == "all"
    with pytest.raises(UserError, match="set has no splits to choose from, so leave 'test' out"):
        arrow(str(saved), split="test")


def test_a_broken_or_odd_image_is_named(tmp_path: Path) -> None:
    table(sizes=(8, 8, 9)).save_to_disk(tmp_path / "odd")
    data = arrow(str(tmp_path / "odd"))
    with pytest.raises(RunError, match=r"item 2 of .*odd is broken: it is 9x9, not 8x8; data.size= resizes"):
        data.items(torch.tensor([1, 2]))
    assert arrow(str(tmp_path / "odd"), size=8).items(torch.tensor([2])).shape == (1, 3, 8, 8)
    features = datasets.Features({"image": datasets.Image()})
    rows = [{"bytes": encoded(noise(0)), "path": None}, {"bytes": b"no image", "path": None}]
    datasets.Dataset.from_dict({"image": rows}, features=features).save_to_disk(tmp_path / "bad")
    with pytest.raises(RunError, match=r"item 1 of .*bad is broken"):
        arrow(str(tmp_path / "bad")).items(torch.tensor([1]))


@pytest.mark.parametrize("damage", ["cut", "other bytes", "inside"])
@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_broken_file_is_named(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, damage: str
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    if kind == "parquet":
        saved = tmp_path / "files"
        saved.mkdir()
        table().to_parquet(str(saved / "a.parquet"))
        table().to_parquet(str(saved / "b.parquet"))
        file = saved / "b.parquet"
    else:
        file = next(saved.glob("*.arrow"))
    content = file.read_bytes()
    middle = content[:20] + b"\xff" * 200 + content[220:]
    file.write_bytes({"cut": content[:-300], "other bytes": b"x" * 99, "inside": middle}[damage])
    with pytest.raises(UserError, match=f"{file.name} is broken: "):
        arrow(str(saved))


def test_what_is_no_set_of_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing does not exist"):
        arrow(str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"is no folder of datasets' save_to_disk and has no .parquet files"):
        arrow(str(tmp_path / "empty"))
    datasets.Dataset.from_dict({"text": ["a"]}).save_to_disk(tmp_path / "text")
    with pytest.raises(UserError, match="needs one column of images"):
        arrow(str(tmp_path / "text"))


def test_images_in_files_of_their_own_are_read(tmp_path: Path) -> None:
    Image.fromarray(noise(5)).save(tmp_path / "one.png")
    features = datasets.Features({"image": datasets.Image()})
    rows = {"image": [str(tmp_path / "one.png")]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(tmp_path / "files")
    data = arrow(str(tmp_path / "files"))
    assert torch.equal(data.items(torch.tensor([0]))[0].permute(1, 2, 0), torch.from_numpy(noise(5)))
