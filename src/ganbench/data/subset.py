"""A subset of a data set, as a data set."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ganbench.data.base import Batch, Dataset
from ganbench.utils.random_stream import RandomStream


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
