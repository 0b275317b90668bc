"""MNIST digits on coloured textures, whose colours are inverted inside the digit."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from ganbench.data.counter import uniform_by_index
from ganbench.data.images import ImageDataset
from ganbench.data.registry import dataset
from ganbench.data.split import Split
from ganbench.data.torchvision_sets import find_mnist, mnist
from ganbench.utils.random_stream import derive_seed

_WAVES, _PER_WAVE, _PER_CHANNEL = 3, 6, 2
_REDDISH = (False, True, True)  # which channels are dark
_BATCH = 1000


class ColouredDigits(ImageDataset):
    """Grey digits on coloured textures, ``[3, H, W]``. Image i depends on (seed, split, i) and on digit i.

    Args:
        digits: the grey digits.
        seed: the seed of the textures.
        split: the split; also seeds the textures.
        name: the name of the set.
        low: which channels of the texture are dark; None selects them at random for each image.

    Attributes:
        source_images: the grey digits, in the same order.
    """

    def __init__(
        self,
        digits: ImageDataset,
        seed: int,
        split: Split,
        name: str = "coloured-mnist",
        low: tuple[bool, bool, bool] | None = None,
    ) -> None:
        index = torch.arange(digits.info.size)
        grey = digits.items(index)[:, 0].numpy()
        pixels = np.empty((len(grey), 3, *grey.shape[1:]), np.uint8)
        for start in range(0, len(grey), _BATCH):
            rows = np.arange(start, min(start + _BATCH, len(grey)), dtype=np.int64)
            texture = textures(rows, grey.shape[1:], derive_seed("coloured-mnist", seed, split), low)
            mask = soft_mask(grey[rows])[:, None]
            image = mask * (1 - texture) + (1 - mask) * texture
            pixels[rows] = np.rint(image * 255)
        self.source_images = digits
        super().__init__(
            name, torch.from_numpy(pixels), digits.labels(index), digits.info.classes, split=split
        )


def soft_mask(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much of each pixel the digit covers, ``[N, H, W]`` in [0, 1].

    The digit is thresholded at twice its size and averaged over 2x2 pixels.
    """
    larger = torch.nn.functional.interpolate(
        torch.from_numpy(grey).float()[:, None] / 255, scale_factor=2, mode="bilinear"
    )
    mask: NDArray[np.float32] = torch.nn.functional.avg_pool2d((larger > 0.5).float(), 2)[:, 0].numpy()
    return mask


def textures(
    index: NDArray[np.int64], sides: tuple[int, ...], seed: int, low: tuple[bool, bool, bool] | None = None
) -> NDArray[np.float32]:
    """Return smooth coloured textures ``[N, 3, H, W]``; each channel is within [.08, .37] or [.63, .92].

    So a channel always differs from its inverse, and a digit is legible everywhere. A texture is a level for each
    channel plus three waves, whose phases differ between channels. The range of each channel is random unless ``low``
    gives it.
    """
    u = uniform_by_index(seed, index, 3 * _PER_CHANNEL + _WAVES * _PER_WAVE).astype(np.float32)
    level, random_low = u[:, :3], u[:, 3:6] < 0.5
    is_low = random_low if low is None else np.broadcast_to(np.array(low), random_low.shape)
    waves = u[:, 6:].reshape(len(index), _WAVES, _PER_WAVE)
    y, x = np.meshgrid(*(np.linspace(0, 1, n, dtype=np.float32) for n in sides), indexing="ij")
    ripple = np.zeros((len(index), 3, *sides), np.float32)
    for wave in range(_WAVES):
        frequency = (waves[:, wave, :2] * 2 - 1) * 4  # up to four periods across the image
        slope = frequency[:, 0, None, None] * x + frequency[:, 1, None, None] * y
        phase = waves[:, wave, 2:5, None, None]
        amplitude = waves[:, wave, 5, None, None, None] / _WAVES
        ripple += amplitude * np.sin(np.float32(2 * math.pi) * (slope[:, None] + phase))
    dark = 0.16 + 0.13 * level[:, :, None, None] + 0.08 * ripple
    return np.where(is_low[:, :, None, None], dark, 1 - dark).astype(np.float32)


@dataset("coloured-mnist", find=find_mnist, downloads=True)
def coloured_mnist(split: Split = "train", seed: int = 0) -> ColouredDigits:
    """MNIST digits in inverted colours on generated coloured textures, 28x28 RGB in 10 classes."""
    return ColouredDigits(mnist(split), seed, split)


@dataset("reddish-mnist", find=find_mnist, downloads=True)
def reddish_mnist(split: Split = "train", seed: int = 0) -> ColouredDigits:
    """MNIST digits in inverted colours on reddish textures, like crops of one photograph; 28x28 RGB in 10 classes."""
    return ColouredDigits(mnist(split), seed, split, "reddish-mnist", _REDDISH)
