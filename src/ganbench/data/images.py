"""Pictures held in memory as uint8, gathered, flipped and normalised one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.io.fingerprint import fingerprint
from ganbench.utils.random_stream import RandomStream


class ImageSet:
    """Pictures ``[N, C, H, W]`` uint8 with or without class numbers ``[N]``.

    With ``flip``, each picture of a batch is mirrored left to right with probability 1/2.

    Raises:
        ValueError: the tensors do not fit together.
    """

    def __init__(
        self,
        name: str,
        pixels: Tensor,
        labels: Tensor | None = None,
        classes: Sequence[str] = (),
        *,
        split: str = "train",
        flip: bool = False,
    ) -> None:
        if pixels.dtype != torch.uint8 or pixels.dim() != 4 or 0 in pixels.shape:
            raise ValueError(f"pixels must be uint8 [N, C, H, W], not {pixels.dtype} {tuple(pixels.shape)}")
        if (labels is None) != (len(classes) == 0):
            raise ValueError("labels and class names come together or not at all")
        if labels is not None:
            if labels.dtype != torch.int64 or labels.shape != pixels.shape[:1]:
                raise ValueError(
                    f"labels must be int64 [{len(pixels)}], not {labels.dtype} {tuple(labels.shape)}"
                )
            if int(labels.min()) < 0 or int(labels.max()) >= len(classes):
                raise ValueError(f"labels go beyond the {len(classes)} classes")
        self.pixels = pixels.contiguous()
        self.flip = flip
        self._labels = labels
        self._info = DataInfo(
            name=name,
            kind="image",
            shape=tuple(pixels.shape[1:]),
            size=len(pixels),
            fingerprint=fingerprint(self.pixels, labels, classes),
            split=split,
            classes=tuple(classes),
        )

    @property
    def info(self) -> DataInfo:
        """What a run stores of this set."""
        return self._info

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return the pictures of ``index`` (int64 ``[N]``) as float32 in [-1, 1], flipped by ``draws``."""
        chosen = self.pixels.index_select(0, index)
        if self.flip:
            # Mirroring bytes, and only the rows that need it, costs a fraction of mirroring floats.
            rows = (draws.uniform(len(index)) < 0.5).nonzero().squeeze(1)
            chosen.index_copy_(0, rows, chosen.index_select(0, rows).flip(-1))
        # The arithmetic of DataInfo.from_data, in place.
        return Batch(chosen.float().div_(127.5).sub_(1.0), self.labels(index))

    def items(self, index: Tensor) -> Tensor:
        """Return the pictures as they are: uint8 ``[N, C, H, W]``."""
        return self.pixels.index_select(0, index)

    def labels(self, index: Tensor) -> Tensor | None:
        """Return the class numbers, int64 ``[N]``, or None for a set without classes."""
        return None if self._labels is None else self._labels.index_select(0, index)
