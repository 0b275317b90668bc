"""CUT's networks: a generator that shows the maps of its encoder, and the heads that compare patches of these.

Contrastive Learning for Unpaired Image-to-Image Translation (2020), arXiv:2007.15651.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.discriminator_output import l2_normalize
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d
from ganbench.networks.image_to_image import ImageToImageGenerator
from ganbench.networks.shape_plan import require_sizes


class ContrastiveGenerator(ImageToImageGenerator):
    """``ImageToImageGenerator`` that also returns maps of its encoder, which ends in the middle of the residual blocks.

    Raises ``UserError`` as that does, and if ``blocks`` is below 2.
    """

    def __init__(
        self, *, shape: tuple[int, int, int], width: int = 64, blocks: int = 9, norm: Norm2d = "instance"
    ) -> None:
        require_sizes("ContrastiveGenerator", blocks=blocks - 1)
        super().__init__(shape=shape, width=width, blocks=blocks, norm=norm)
        self.feature_size = 4 * width
        self._map_layers = (5, 8, 9, 9 + blocks // 2)  # two halvings, then residual blocks

    def encode_maps(self, x: Tensor) -> list[Tensor]:
        """Return five maps ``[N, c, h, w]`` of images: themselves, both halvings, the first and the middle block."""
        maps = [x]
        for number, layer in enumerate(self.layers[: self._map_layers[-1] + 1]):
            x = layer(x)
            if number in self._map_layers:
                maps.append(x)
        return maps


class PatchProjector(nn.Module):
    """Patches of the five maps, ``[N, P, c]`` each -> vectors of length 1, ``[N, 5, P, size]``.

    Each map has two linear layers of its own, with a ReLU between. ``features`` is the number of channels of the
    generator's smallest map. Weights start from N(0, 0.02²), biases at 0. Raises ``UserError`` if a size is below 1.
    """

    def __init__(self, *, shape: tuple[int, int, int], features: int, size: int = 256) -> None:
        super().__init__()
        require_sizes("PatchProjector", features=features, size=size)
        channels = (shape[0], features // 2, features, features, features)
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(c, size), nn.ReLU(inplace=True), nn.Linear(size, size)) for c in channels
        )
        init_normal(self)

    def forward(self, *patches: Tensor) -> Tensor:
        """Return vectors ``[N, 5, P, size]``."""
        vectors = torch.stack([head(x) for head, x in zip(self.heads, patches, strict=True)], 1)
        return l2_normalize(vectors.flatten(0, 2)).view_as(vectors)
