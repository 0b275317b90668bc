"""Three digits as the colour channels of one image: a thousand modes to count.

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
from ganbench.data.counter import uniform_by_index
from ganbench.data.images import ImageDataset
from ganbench.data.io.fingerprint import fingerprint
from ganbench.data.registry import dataset
from ganbench.data.split import Split
from ganbench.data.torchvision_sets import find_mnist, mnist
from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream, derive_seed

CHANNELS = 3


class StackedImages:
    """Images ``[3, H, W]`` whose channels are grey images of a labelled set, combined batch by batch.

    Channel c of image i is an image of ``base`` that depends only on (seed, split, i, c). The classes are the modes:
    the classes of the three channels, read as the digits of one number. Only the numbers of the grey images are
    stored, 24 bytes per image.

    Args:
        name: the name of the set; also seeds the selection.
        base: the grey images.
        size: the number of stacked images.
        seed: the seed of the selection.
        split: the split; also seeds the selection.

    Attributes:
        base_name: the name of the set of grey images.
        mode_probabilities: the probability of each mode, float64 ``[K³]``: the product of its class frequencies.

    Raises:
        UserError: ``size`` is below 1.
        ValueError: the images of ``base`` are not grey, or it has no classes.
    """

    def __init__(self, name: str, base: ImageDataset, *, size: int, seed: int, split: Split) -> None:
        if size < 1:
            raise UserError(f"{name}: size must be at least 1, not {size}")
        labels = base.labels(torch.arange(base.info.size))
        if base.info.shape[0] != 1 or labels is None:
            raise ValueError(f"only grey images with classes can be stacked, not those of '{base.info.name}'")
        self.base = base
        self.base_name = base.info.name
        numbers = uniform_by_index(derive_seed(name, seed, split), np.arange(size, dtype=np.int64), CHANNELS)
        self._index = torch.from_numpy((numbers * base.info.size).astype(np.int64))
        classes = len(base.info.classes)
        weights = classes ** torch.arange(CHANNELS - 1, -1, -1)  # 100, 10 and 1 for ten classes
        self._labels = (labels[self._index] * weights).sum(1)
        frequencies = torch.bincount(labels, minlength=classes).double() / len(labels)
        self.mode_probabilities = torch.cartesian_prod(*[frequencies] * CHANNELS).prod(1)
        modes = tuple("".join(names) for names in product(base.info.classes, repeat=CHANNELS))
        content = fingerprint(self._index, self._labels, modes)
        self.info = DataInfo(
            name=name,
            kind="image",
            shape=(CHANNELS, *base.info.shape[1:]),
            size=size,
            fingerprint=hashlib.sha256(f"{base.info.fingerprint} {content}".encode()).hexdigest()[:16],
            split=split,
            classes=modes,
        )

    def __len__(self) -> int:
        return len(self._index)

    def batch(self, index: Tensor, random: RandomStream) -> Batch:
        """Return the images of ``index`` (int64 ``[N]``) as float32 in [-1, 1], with their modes as labels."""
        channels = self.base.batch(self._index[index].flatten(), random)
        return Batch(channels.x.view(len(index), *self.info.shape), self.labels(index))

    def items(self, index: Tensor) -> Tensor:
        """Return the images unchanged: uint8 ``[N, 3, H, W]``."""
        return self.base.items(self._index[index].flatten()).view(len(index), *self.info.shape)

    def labels(self, index: Tensor) -> Tensor:
        """Return the mode of each image, int64 ``[N]``: 357 for the digits 3, 5 and 7."""
        return self._labels[index]


@dataset("stacked-mnist", find=find_mnist, downloads=True)
def stacked_mnist(
    size: int = 60_000, side: Literal[28, 32] = 28, seed: int = 0, split: Split = "train"
) -> StackedImages:
    """Stacked MNIST: three MNIST digits as red, green and blue, 28x28 (or 32x32) RGB, in 1,000 classes, the modes."""
    return StackedImages("stacked-mnist", mnist(split, side), size=size, seed=seed, split=split)
