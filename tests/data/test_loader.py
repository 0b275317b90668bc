from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.loader import Loader
from ganbench.utils.random_stream import RandomStream


class Numbers:
    """Items 0, 1, 2, ...; the second column is a random number."""

    def __init__(self, size: int) -> None:
        self.info = DataInfo(name="numbers", kind="points", shape=(2,), size=size, fingerprint="")

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        return Batch(torch.stack([index.float(), random.uniform(len(index))], 1), index)

    def items(self, index: Tensor) -> Tensor:
        return index[:, None].float()

    def labels(self, index: Tensor) -> Tensor:
        return index


@pytest.mark.parametrize("shards", [2, 3, 6])
def test_shards_make_the_whole_batch_with_the_same_augmentation(shards: int) -> None:
    loader = Loader(Numbers(40), 12, seed=3)
    for position in (0, 2, 3, 7):  # 3 crosses an epoch
        whole = loader(position, 12, 0, 1)
        pieces = [loader(position, 12 // shards, shard, shards) for shard in range(shards)]
        assert torch.equal(torch.cat([p.x for p in pieces]), whole.x)
        assert torch.equal(torch.cat([p.y for p in pieces if p.y is not None]), whole.y)


def test_each_epoch_has_every_item_once_in_another_order() -> None:
    loader = Loader(Numbers(30), 10, seed=0)
    values = [loader(position, 10, 0, 1).x[:, 0] for position in range(6)]
    first, second = torch.cat(values[:3]), torch.cat(values[3:])
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(30))
    assert not torch.equal(first, second)
    assert first.tolist() != list(range(30))


def test_a_batch_depends_on_its_position_and_seed_only() -> None:
    one, fresh = Loader(Numbers(30), 8, seed=1), Loader(Numbers(30), 8, seed=1)
    for position in range(9):
        one(position, 8, 0, 1)
    assert torch.equal(one(5, 8, 0, 1).x, fresh(5, 8, 0, 1).x)
    assert not torch.equal(one(5, 8, 0, 1).x, one(6, 8, 0, 1).x)
    assert not torch.equal(one(5, 8, 0, 1).x, Loader(Numbers(30), 8, seed=2)(5, 8, 0, 1).x)


def test_an_item_is_augmented_anew_each_time() -> None:
    loader = Loader(Numbers(1), 4, seed=0)
    numbers = torch.cat([loader(position, 4, 0, 1).x[:, 1] for position in range(10)])
    assert len(numbers.unique()) == 40
