"""MNIST digits on coloured textures, whose colours are turned round under the digit."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from ganbench.data.counter import uniform_of
from ganbench.data.images import ImageSet
from ganbench.data.registry import dataset
from ganbench.data.split import Split
from ganbench.data.torchvision_sets import mnist
from ganbench.utils.random_stream import derive_seed

_WAVES, _PER_WAVE, _PER_CHANNEL = 3, 6, 2
_REDDISH = (False, True, True)  # which channels are low
_AT_ONCE = 1000


class Coloured(ImageSet):
    """Pictures ``[3, H, W]`` made of grey digits one by one: picture i depends on (seed, split, i) and on digit i.

    ``low`` says which channels of the texture are dark; they are drawn for each picture if it is None.

    Attributes:
        made_of: the grey digits, in the same order.
    """

    def __init__(
        self,
        digits: ImageSet,
        seed: int,
        split: Split,
        name: str = "coloured-mnist",
        low: tuple[bool, bool, bool] | None = None,
    ) -> None:
        index = torch.arange(digits.info.size)
        grey = digits.items(index)[:, 0].numpy()
        pixels = np.empty((len(grey), 3, *grey.shape[1:]), np.uint8)
        for start in range(0, len(grey), _AT_ONCE):
            rows = np.arange(start, min(start + _AT_ONCE, len(grey)), dtype=np.int64)
            texture = textures(rows, grey.shape[1:], derive_seed("coloured-mnist", seed, split), low)
            covered = soft_mask(grey[rows])[:, None]
            picture = covered * (1 - texture) + (1 - covered) * texture
            pixels[rows] = np.rint(picture * 255)
        self.made_of = digits
        super().__init__(
            name, torch.from_numpy(pixels), digits.labels(index), digits.info.classes, split=split
        )


def soft_mask(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much of each pixel a digit covers, ``[N, H, W]`` in [0, 1]: its outline at twice the size, halved."""
    larger = torch.nn.functional.interpolate(
        torch.from_numpy(grey).float()[:, None] / 255, scale_factor=2, mode="bilinear"
    )
    mask: NDArray[np.float32] = torch.nn.functional.avg_pool2d((larger > 0.5).float(), 2)[:, 0].numpy()
    return mask


def textures(
    index: NDArray[np.int64], sides: tuple[int, ...], seed: int, low: tuple[bool, bool, bool] | None = None
) -> NDArray[np.float32]:
    """Return smooth coloured textures ``[N, 3, H, W]``, of which each channel lies in [.08, .37] or in [.63, .92].

    So a channel and its inverse are never alike, and a digit can be read wherever it lies. A texture is a level
    for each channel and three waves, whose phase is another for each channel. Which range a channel lies in is drawn
    unless ``low`` says it.
    """
    u = uniform_of(seed, index, 3 * _PER_CHANNEL + _WAVES * _PER_WAVE).astype(np.float32)
    level, drawn = u[:, :3], u[:, 3:6] < 0.5
    side = drawn if low is None else np.broadcast_to(np.array(low), drawn.shape)
    waves = u[:, 6:].reshape(len(index), _WAVES, _PER_WAVE)
    y, x = np.meshgrid(*(np.linspace(0, 1, n, dtype=np.float32) for n in sides), indexing="ij")
    ripple = np.zeros((len(index), 3, *sides), np.float32)
    for wave in range(_WAVES):
        turns = (waves[:, wave, :2] * 2 - 1) * 4  # up to four waves across the picture
        slope = turns[:, 0, None, None] * x + turns[:, 1, None, None] * y
        phase = waves[:, wave, 2:5, None, None]
        strength = waves[:, wave, 5, None, None, None] / _WAVES
        ripple += strength * np.sin(np.float32(2 * math.pi) * (slope[:, None] + phase))
    dark = 0.16 + 0.13 * level[:, :, None, None] + 0.08 * ripple
    return np.where(side[:, :, None, None], dark, 1 - dark).astype(np.float32)


@dataset("coloured-mnist")
def coloured_mnist(split: Split = "train", seed: int = 0) -> Coloured:
    """MNIST digits in inverted colours on coloured textures drawn by rule, 28x28 RGB in 10 classes."""
    return Coloured(mnist(split), seed, split)


@dataset("reddish-mnist")
def reddish_mnist(split: Split = "train", seed: int = 0) -> Coloured:
    """MNIST digits in inverted colours on reddish textures, as crops of one photograph are; 28x28 RGB in 10 classes."""
    return Coloured(mnist(split), seed, split, "reddish-mnist", _REDDISH)
