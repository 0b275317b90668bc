"""Three digits in the three colours of one picture: a thousand modes that can be counted.

Metz et al., "Unrolled Generative Adversarial Networks" (2016), arXiv:1611.02163; Srivastava et al., "VEEGAN:
Reducing Mode Collapse in GANs using Implicit Variational Learning" (2017), arXiv:1705.07761.
"""

from __future__ import annotations

import hashlib
from itertools import product
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganbench.data.base import Batch, DataInfo
from ganbench.data.counter import uniform_of
from ganbench.data.images import ImageSet
from ganbench.data.io.fingerprint import fingerprint
from ganbench.data.registry import dataset
from ganbench.data.split import Split
from ganbench.data.torchvision_sets import mnist
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream, derive_seed

CHANNELS = 3


class Stacked:
    """Pictures ``[3, H, W]`` whose channels are grey pictures of a labelled set, put together batch by batch.

    Channel c of picture i is a picture of ``base`` that depends on (seed, split, i, c) alone. The classes are
    the modes: the classes of the three channels, read as the digits of one number. Only the numbers of the grey
    pictures are kept, 24 bytes a picture.

    Attributes:
        stacked: the name of the set that the channels are from.
        mode_shares: how probable each mode is, float64 ``[K³]``: the product of the shares of its classes.

    Raises:
        UserError: ``size`` is below 1.
        ValueError: the pictures of ``base`` are not grey, or it has no classes.
    """

    def __init__(self, name: str, base: ImageSet, *, size: int, seed: int, split: Split) -> None:
        if size < 1:
            raise UserError(f"{name}: size must be at least 1, not {size}")
        labels = base.labels(torch.arange(base.info.size))
        if base.info.shape[0] != 1 or labels is None:
            raise ValueError(
                f"only grey pictures with classes can be stacked, not those of '{base.info.name}'"
            )
        self.base = base
        self.stacked = base.info.name
        numbers = uniform_of(derive_seed(name, seed, split), np.arange(size, dtype=np.int64), CHANNELS)
        self._parts = torch.from_numpy((numbers * base.info.size).astype(np.int64))
        classes = len(base.info.classes)
        place = classes ** torch.arange(CHANNELS - 1, -1, -1)  # 100, 10 and 1 where there are ten classes
        self._labels = (labels[self._parts] * place).sum(1)
        shares = torch.bincount(labels, minlength=classes).double() / len(labels)
        self.mode_shares = torch.cartesian_prod(*[shares] * CHANNELS).prod(1)
        modes = tuple("".join(parts) for parts in product(base.info.classes, repeat=CHANNELS))
        content = fingerprint(self._parts, self._labels, modes)
        self._info = DataInfo(
            name=name,
            kind="image",
            shape=(CHANNELS, *base.info.shape[1:]),
            size=size,
            fingerprint=hashlib.sha256(f"{base.info.fingerprint} {content}".encode()).hexdigest()[:16],
            split=split,
            classes=modes,
        )

    @property
    def info(self) -> DataInfo:
        """What a run stores of this set."""
        return self._info

    def __len__(self) -> int:
        return len(self._parts)

    def batch(self, index: Tensor, draws: RandomStream) -> Batch:
        """Return the pictures of ``index`` (int64 ``[N]``) as float32 in [-1, 1], with their modes."""
        channels = self.base.batch(self._parts[index].flatten(), draws)
        return Batch(channels.x.view(len(index), *self._info.shape), self.labels(index))

    def items(self, index: Tensor) -> Tensor:
        """Return the pictures as they are: uint8 ``[N, 3, H, W]``."""
        return self.base.items(self._parts[index].flatten()).view(len(index), *self._info.shape)

    def labels(self, index: Tensor) -> Tensor:
        """Return the number of each picture's mode, int64 ``[N]``: 357 for the digits 3, 5 and 7."""
        return self._labels[index]


@dataset("stacked-mnist")
def stacked_mnist(
    size: int = 60_000, side: Literal[28, 32] = 28, seed: int = 0, split: Split = "train"
) -> Stacked:
    """Stacked MNIST: three MNIST digits as red, green and blue, 28x28 (or 32x32) RGB, in 1,000 classes, the modes."""
    return Stacked("stacked-mnist", mnist(split, side), size=size, seed=seed, split=split)
