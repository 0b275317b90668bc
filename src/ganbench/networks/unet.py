"""A generator of images from images with connections past its bottleneck.

Image-to-Image Translation with Conditional Adversarial Networks (2016), arXiv:1611.07004, section 3.2.1; after U-Net:
Convolutional Networks for Biomedical Image Segmentation (2015), arXiv:1505.04597.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.stochastic import Dropout
from ganbench.networks.shape_plan import require_image_shape, require_sizes

_MAX_LEVELS = 8  # from 256 pixels to one
_DROPOUT_LEVELS = 3


class UNetGenerator(nn.Module):
    """Images ``[N, C, H, W]`` -> images of the same shape in [-1, 1] (tanh).

    4x4 convolutions of stride 2 halve the sides as long as both are even, up to eight times; transposed ones double
    them again, and each also gets the map of its size from the way down. Level i has ``width * min(2**i, 8)``
    channels. A leaky ReLU of slope 0.2 precedes each convolution on the way down but the first, and a ReLU each on the
    way up; a norm follows all but the first, the smallest and the last map. ``dropout`` applies to the three innermost
    levels on the way up, but not to the two outermost. In evaluation there is none, unlike in the paper. Weights start
    from N(0, 0.02²), biases at 0.

    Raises ``UserError`` if ``width`` is below 1, a side is below 8 or no multiple of 4, or the norm is unknown.
    """

    def __init__(
        self, *, shape: tuple[int, int, int], width: int = 64, norm: Norm2d = "batch", dropout: float = 0.5
    ) -> None:
        super().__init__()
        require_sizes("UNetGenerator", width=width)
        require_image_shape("UNetGenerator", shape, min_side=8, multiple_of=4)
        levels = min(_MAX_LEVELS, *(_halvings(side) for side in shape[1:]))
        channels = [shape[0], *(width * min(2**level, 8) for level in range(levels))]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level in range(levels):
            inner, outer = channels[level + 1], channels[level]
            has_norm = 0 < level < levels - 1
            self.down.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2) if level else nn.Identity(),
                    nn.Conv2d(outer, inner, 4, stride=2, padding=1, bias=not has_norm or norm == "none"),
                    norm_2d(norm if has_norm else "none", inner),
                )
            )
            drops = level >= max(2, levels - _DROPOUT_LEVELS)
            self.up.append(
                nn.Sequential(
                    nn.ReLU(),
                    nn.ConvTranspose2d(
                        inner if level == levels - 1 else 2 * inner,
                        outer,
                        4,
                        stride=2,
                        padding=1,
                        bias=not level or norm == "none",
                    ),
                    norm_2d(norm if level else "none", outer),
                    Dropout(dropout) if drops else nn.Identity(),
                )
            )
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for images ``[N, C, H, W]``."""
        maps = [x]
        for layer in self.down:
            maps.append(layer(maps[-1]))
        y = maps.pop()
        for level in reversed(range(len(self.up))):
            y = self.up[level](y)
            y = torch.cat([y, maps[level]], 1) if level else y
        return torch.tanh(y)


def _halvings(side: int) -> int:
    """Return how often a side can be halved."""
    return (side & -side).bit_length() - 1
