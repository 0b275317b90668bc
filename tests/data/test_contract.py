"""The contract of all data sets, tested on each that needs no file and on the others with small files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from pathlib import Path

import pytest
import torch

from ganbench.data.aligned_pairs import aligned_pairs
from ganbench.data.archive import archive
from ganbench.data.audit.prepare import prepare
from ganbench.data.audit.prepare_shards import prepare_shards
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.coloured_mnist import ColouredDigits
from ganbench.data.folder import folder
from ganbench.data.images import ImageDataset
from ganbench.data.pairs import pairs
from ganbench.data.plane import plane
from ganbench.data.registry import datasets
from ganbench.data.shapes import shapes
from ganbench.data.shards import shards
from ganbench.data.stacked_mnist import StackedImages
from ganbench.data.toy import grid25, ring8
from ganbench.utils.random_stream import RandomStream

# Sets that read files, are made of other sets or hold what a recipe lists; they have their own tests.
FROM_FILES = {
    "aligned-pairs",
    "archive",
    "arrow",
    "folder",
    "cifar10",
    "cifar10-jpeg",
    "coloured-mnist",
    "fashion-mnist",
    "imagenette64",
    "mnist",
    "pairs",
    "plane",
    "reddish-mnist",
    "samples",
    "shards",
    "stacked-mnist",
    "tiny-imagenet",
}
FREE: dict[str, Callable[..., Dataset]] = {
    # The contract does not depend on the size.
    name: partial(function, size=300) if "size" in signature(function).parameters else function
    for name, function in datasets().items()
    if name not in FROM_FILES
}
VARIANTS: dict[str, Callable[[], Dataset]] = {
    "ring8, fresh": lambda: ring8(fresh=True),
    "grid25, fresh": lambda: grid25(fresh=True),
    "shapes, flip": lambda: shapes(size=200, flip=True),
    "pairs": lambda: pairs("shapes", "shapes", size=50, flip=True),
    "aligned pairs": lambda: aligned_pairs(size=50, flip=True),
    "coloured": lambda: ColouredDigits(grey(), seed=0, split="train"),
    "plane": plane,
    "stacked": lambda: StackedImages("stacked", grey(), size=50, seed=0, split="train"),
}


def grey() -> ImageDataset:
    """The red channel of shapes."""
    coloured = shapes(size=30)
    index = torch.arange(30)
    return ImageDataset("grey", coloured.items(index)[:, :1], coloured.labels(index), coloured.info.classes)


@pytest.fixture(params=[*FREE, *VARIANTS, "folder", "archive", "shards"])
def data(request: pytest.FixtureRequest, two_classes: Path, tmp_path: Path) -> Dataset:
    name: str = request.param
    if name == "folder":
        return folder(str(two_classes), size=(8, 6), flip=True)
    if name == "archive":
        prepare(two_classes, tmp_path / "own.npz", 8)
        return archive(str(tmp_path / "own.npz"), flip=True)
    if name == "shards":
        prepare_shards(two_classes, tmp_path / "sharded", 8, items_per_shard=4)
        return shards(str(tmp_path / "sharded"), flip=True)
    return (VARIANTS.get(name) or FREE[name])()


def random_index(data: Dataset, number: int = 16) -> torch.Tensor:
    return torch.randint(data.info.size, (number,), generator=torch.Generator().manual_seed(1))


def test_the_description_is_valid(data: Dataset) -> None:
    info = data.info
    assert info.size > 0
    assert info.low < info.high
    assert len(info.fingerprint) == 16
    assert len(info.shape) == (3 if info.kind == "image" else 1)
    assert DataInfo.from_dict(info.to_dict()) == info


def test_batches_match_the_description(data: Dataset) -> None:
    batch = data.batch(random_index(data), RandomStream("key"))
    assert batch.x.dtype == torch.float32
    assert batch.x.shape == (16, *data.info.shape)
    assert batch.x.isfinite().all()
    assert batch.x.abs().max() <= 1
    assert batch.x.std() > 0.05


def test_items_match_the_description(data: Dataset) -> None:
    items = data.items(random_index(data))
    assert items.dtype == (torch.uint8 if data.info.kind == "image" else torch.float32)
    assert items.shape == (16, *data.info.shape)


def test_labels_belong_to_the_classes(data: Dataset) -> None:
    index = random_index(data)
    labels = data.labels(index)
    y = data.batch(index, RandomStream("key")).y
    if not data.info.classes:
        assert labels is None
        assert y is None
        return
    assert labels is not None
    assert y is not None
    assert torch.equal(labels, y)
    assert labels.dtype == torch.int64
    assert 0 <= labels.min() <= labels.max() < len(data.info.classes)


def test_the_same_key_gives_the_same_batch(data: Dataset) -> None:
    index = random_index(data)
    before = index.clone()
    one, other = data.batch(index, RandomStream("key", 3)), data.batch(index, RandomStream("key", 3))
    assert torch.equal(one.x, other.x)
    assert torch.equal(index, before)


def test_shards_make_the_whole_batch(data: Dataset) -> None:
    index = random_index(data)
    whole = data.batch(index, RandomStream("key"))
    halves = [
        data.batch(index.chunk(2)[part], RandomStream("key", shard=part, shards=2)) for part in range(2)
    ]
    assert torch.equal(torch.cat([half.x for half in halves]), whole.x)


def test_writing_into_results_does_not_change_the_set(data: Dataset) -> None:
    index = torch.arange(data.info.size)
    before = data.items(index).clone()
    data.items(index).zero_()
    data.batch(index, RandomStream("key")).x.zero_()
    assert torch.equal(data.items(index), before)


@pytest.mark.parametrize("name", FREE)
def test_fingerprints_are_stable_and_depend_on_the_seed(name: str) -> None:
    function = FREE[name]
    once, again = function(), function()
    assert once.info == again.info
    assert function(seed=1).info.fingerprint != once.info.fingerprint
    assert function(split="test").info.fingerprint != once.info.fingerprint
