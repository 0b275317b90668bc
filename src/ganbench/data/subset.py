"""A subset of a data set, as a data set: items by number, or what scores of a very large set compare with."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from ganbench.data.base import Batch, Dataset
from ganbench.data.keyed_permutation import random_positions
from ganbench.utils.random_stream import RandomStream

_MAX_SHUFFLED = 2**24  # larger orders are computed item by item


class Subset:
    """The items of a data set with the numbers ``index`` ``[M]``.

    Args:
        dataset: the whole set.
        index: the numbers of the items, int64 ``[M]``.
        description: how they were selected; part of the fingerprint.
    """

    def __init__(self, dataset: Dataset, index: Tensor, description: str) -> None:
        self._dataset, self._index = dataset, index
        base = dataset.info.fingerprint
        self.info = replace(
            dataset.info, size=len(index), fingerprint=f"{base} {description} {len(index)}" if base else ""
        )

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return items as networks see them."""
        return self._dataset.batch(self._index[index], random)

    def items(self, index: Tensor) -> Tensor:
        """Return items unchanged."""
        return self._dataset.items(self._index[index])

    def labels(self, index: Tensor) -> Tensor | None:
        """Return the items' labels."""
        return self._dataset.labels(self._index[index])


@runtime_checkable
class LimitsReference(Protocol):
    """A data set that may be too large to compare samples with all of it."""

    reference_items: int  # the largest number of items to compare with


def reference_subset(dataset: Dataset) -> Dataset:
    """Return the items that scores compare with: a fixed random subset of a set that limits it, else the set itself.

    Its name and its fingerprint say how many items of how many it has.
    """
    size = dataset.info.size
    if not isinstance(dataset, LimitsReference) or size <= dataset.reference_items:
        return dataset
    count = dataset.reference_items
    index = torch.from_numpy(random_positions(size, count, "reference")).sort().values
    subset = Subset(dataset, index, "at random")
    subset.info = replace(subset.info, name=f"{dataset.info.name} ({count:,} of {size:,} at random)")
    return subset


def random_index(size: int, count: int) -> Tensor:
    """Return the numbers of ``count`` of ``size`` items in a fixed random order, int64 ``[count]``."""
    if size > _MAX_SHUFFLED:
        return torch.from_numpy(random_positions(size, count, "index"))
    return torch.randperm(size, generator=torch.Generator().manual_seed(0))[:count]
