"""Images held in memory as uint8; batches are selected, flipped and normalised."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.io.fingerprint import fingerprint
from ganbench.utils.random_stream import RandomStream


def normalise_batch(pixels: Tensor, flip: bool, random: RandomStream) -> Tensor:
    """Return pixels, uint8 ``[N, C, H, W]``, as float32 in [-1, 1]; flips mirror half of the rows, in place."""
    if flip:
        # Flipping bytes, and only the selected rows, costs a fraction of flipping floats.
        rows = (random.uniform(len(pixels)) < 0.5).nonzero().squeeze(1)
        pixels.index_copy_(0, rows, pixels.index_select(0, rows).flip(-1))
    # DataInfo.from_data, in place.
    return pixels.float().div_(127.5).sub_(1.0)


class ImageDataset:
    """A data set of images in memory.

    Args:
        name: the name of the set.
        pixels: uint8 ``[N, C, H, W]``.
        labels: class numbers, int64 ``[N]``; None for a set without classes.
        classes: the class names; empty for a set without classes.
        split: the split that the images belong to.
        flip: whether each image of a batch is mirrored left to right with probability 1/2.

    Raises:
        ValueError: a tensor has the wrong type or shape, or the labels do not match the classes.
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
        self.info = DataInfo(
            name=name,
            kind="image",
            shape=tuple(pixels.shape[1:]),
            size=len(pixels),
            fingerprint=fingerprint(self.pixels, labels, classes),
            split=split,
            classes=tuple(classes),
        )

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the images of ``index`` (int64 ``[N]``) as float32 in [-1, 1], flipped with ``random``."""
        pixels = self.pixels.index_select(0, index)
        return Batch(normalise_batch(pixels, self.flip, random), self.labels(index))

    def items(self, index: Tensor) -> Tensor:
        """Return the images unchanged: uint8 ``[N, C, H, W]``."""
        return self.pixels.index_select(0, index)

    def labels(self, index: Tensor) -> Tensor | None:
        """Return the class numbers, int64 ``[N]``, or None for a set without classes."""
        return None if self._labels is None else self._labels.index_select(0, index)
