"""Some items of a data set, seen as a set of their own."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ganbench.data.base import Batch, Dataset
from ganbench.utils.random_stream import RandomStream


class Part:
    """Items of a set by their numbers ``index`` ``[M]``; ``how`` they were chosen is in its fingerprint."""

    def __init__(self, whole: Dataset, index: Tensor, how: str) -> None:
        self._whole, self._index = whole, index
        mark = whole.info.fingerprint
        self.info = replace(
            whole.info, size=len(index), fingerprint=f"{mark} {how} {len(index)}" if mark else ""
        )

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return these items as networks see them."""
        return self._whole.batch(self._index[index], draws)

    def items(self, index: Tensor) -> Tensor:
        """Return these items as they are."""
        return self._whole.items(self._index[index])

    def labels(self, index: Tensor) -> Tensor | None:
        """Return these items' labels."""
        return self._whole.labels(self._index[index])
