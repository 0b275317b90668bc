"""StarGAN's generator: an image and the domain to translate it to.

StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation (2017), arXiv:1711.09020.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import OneHotEncoding, require_classes
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d
from ganbench.networks.image_to_image import ImageToImageGenerator


class DomainGenerator(ImageToImageGenerator):
    """Images ``[N, C, H, W]`` and domains -> images of the same shape in [-1, 1] (tanh).

    ``ImageToImageGenerator`` with a constant plane for each domain behind the image's channels: 1 for the target, 0 for
    the others. The first map has no norm, since instance norm would remove what a constant plane adds to it. Domains
    are class numbers ``[N]``, or class weights ``[N, classes]``.

    Raises ``UserError`` as ``ImageToImageGenerator`` does, and if there are no classes.
    """

    needs_condition = True

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        classes: int,
        width: int = 64,
        blocks: int = 6,
        norm: Norm2d = "instance",
    ) -> None:
        require_classes(self, classes)
        super().__init__(shape=shape, width=width, blocks=blocks, norm=norm)
        self.one_hot = OneHotEncoding(classes)
        self.layers[0] = nn.Conv2d(shape[0] + classes, width, 7, padding=3, padding_mode="reflect")
        self.layers[1] = nn.Identity()
        init_normal(self)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1]. Raises ValueError without a domain."""
        planes = self.one_hot(condition)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return super().forward(torch.cat([x, planes.to(x.dtype)], 1))
