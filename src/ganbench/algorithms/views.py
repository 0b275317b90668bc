"""Random views of images for self-supervised learning: cropped, mirrored, with changed colours.

The list of changes is that of Exploring Simple Siamese Representation Learning (2020), arXiv:2011.10566; hue and blur
are off by default.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ganbench.errors import UserError
from ganbench.utils.random_stream import RandomStream

_JITTER_PROBABILITY = 0.8
_MIN_BLUR, _MAX_BLUR = 0.1, 2.0  # standard deviations in pixels


@dataclass(frozen=True)
class Views:
    """Crops a part of each image, resizes it to the whole, mirrors half of them, and changes colours.

    The crop has from ``smallest`` to all of the area, and its aspect ratio differs from the image's by up to 4/3. With
    probability 0.8, brightness, contrast and saturation are multiplied by up to 1 ± ``jitter``, and the hue is rotated
    by up to ± ``hue`` of the colour circle. With probability ``grey``, an image becomes greyscale; with probability
    ``blur``, it is smoothed by a Gaussian of 0.1 to 2 pixels, which suits images larger than 32x32.

    Raises:
        UserError: a probability is not in [0, 1], ``hue`` not in [0, 0.5], or ``smallest`` is 0.
    """

    smallest: float = 0.2
    jitter: float = 0.4
    grey: float = 0.2
    hue: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        for name in ("smallest", "jitter", "grey", "blur"):
            if not 0 <= getattr(self, name) <= 1 or self.smallest == 0:
                raise UserError(f"Views: {name} must be from 0 (smallest: above 0) to 1")
        if not 0 <= self.hue <= 0.5:
            raise UserError(f"Views: hue must be from 0 to 0.5, not {self.hue}")

    def __call__(self, x: Tensor, stream: RandomStream) -> Tensor:
        """Return a view of each image ``[N, C, H, W]`` in [-1, 1]."""
        u = stream.uniform(len(x), 10)
        view = self._jitter(self._crop(x, u[:, :5]), u[:, 5:])
        # A change that is off draws no numbers, so that runs from before it existed resume with the same views.
        if self.hue and x.shape[1] == 3:
            turns = stream.uniform(len(x), low=-self.hue, high=self.hue)
            turns = torch.where(u[:, 8] < _JITTER_PROBABILITY, turns, 0.0)
            view = rotate_hue((view + 1) / 2, turns) * 2 - 1
        return self._blur(view, stream.uniform(len(x), 2)) if self.blur else view

    def _crop(self, x: Tensor, u: Tensor) -> Tensor:
        area = self.smallest + (1 - self.smallest) * u[:, 0]
        ratio = torch.exp((2 * u[:, 1] - 1) * 0.2877) ** 0.5  # of the sides: from 3/4 to 4/3
        width, height = ((area.sqrt() * r).clamp(max=1) for r in (ratio, 1 / ratio))
        left, top = ((2 * place - 1) * (1 - side) for place, side in ((u[:, 2], width), (u[:, 3], height)))
        mirrored = torch.where(u[:, 4] < 0.5, -width, width)
        zero = torch.zeros_like(width)
        matrices = torch.stack([mirrored, zero, left, zero, height, top], 1).reshape(-1, 2, 3)
        grid = functional.affine_grid(matrices, list(x.shape), align_corners=False)
        return functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def _jitter(self, x: Tensor, u: Tensor) -> Tensor:
        """Change brightness, contrast and saturation, and remove the colours of some images."""
        factors = 1 + self.jitter * (2 * u[:, :3] - 1)
        factors = torch.where((u[:, 3] < _JITTER_PROBABILITY)[:, None], factors, 1.0)
        brightness, contrast, saturation = factors[:, :, None, None, None].unbind(1)
        unit = (x + 1) / 2 * brightness
        unit = (unit - unit.mean((1, 2, 3), keepdim=True)) * contrast + unit.mean((1, 2, 3), keepdim=True)
        grey = unit.mean(1, keepdim=True)
        is_grey = (u[:, 4] < self.grey)[:, None, None, None]
        unit = grey + (unit - grey) * torch.where(is_grey, 0.0, saturation)
        return unit.clamp(0, 1) * 2 - 1

    def _blur(self, x: Tensor, u: Tensor) -> Tensor:
        deviations = _MIN_BLUR + (_MAX_BLUR - _MIN_BLUR) * u[:, 1]
        blurred = gaussian_blur(x, deviations, round(3 * _MAX_BLUR))
        return torch.where((u[:, 0] < self.blur)[:, None, None, None], blurred, x)


def gaussian_blur(images: Tensor, deviations: Tensor, radius: int) -> Tensor:
    """Return images ``[N, C, H, W]`` smoothed by Gaussians of ``deviations`` ``[N]`` pixels, cut off at ``radius``.

    The outermost pixels are repeated beyond the border.
    """
    n, channels, height, width = images.shape
    offsets = torch.arange(-radius, radius + 1, device=images.device)
    weights = torch.exp(-(offsets**2) / (2 * deviations[:, None] ** 2))
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0)[:, None, None]
    padded = functional.pad(images.reshape(1, n * channels, height, width), (radius,) * 4, mode="replicate")
    rows = functional.conv2d(padded, weights, groups=n * channels)
    return functional.conv2d(rows, weights.mT, groups=n * channels).reshape(images.shape)


_HUE_OFFSETS = (5.0, 3.0, 1.0)  # of red, green and blue, in the formula from HSV to RGB


def rotate_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Return images ``[N, 3, H, W]`` in [0, 1] with hues rotated by ``turns`` ``[N]``, in shares of the circle."""
    largest, smallest = images.amax(1), images.amin(1)
    chroma = largest - smallest
    red, green, blue = images.unbind(1)
    divisor = torch.where(chroma > 0, chroma, 1.0)  # grey has no hue and stays as it is
    hue = torch.where(
        largest == red,
        (green - blue) / divisor,
        torch.where(largest == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    rotated = hue + 6 * turns[:, None, None]
    distances = [(rotated + n).remainder(6) for n in _HUE_OFFSETS]
    return torch.stack([largest - chroma * torch.minimum(k, 4 - k).clamp(0, 1) for k in distances], 1)
