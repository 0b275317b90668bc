"""The DCGAN pair with one 4x4 convolution per level, each of which halves or doubles the map.

Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (2015), arXiv:1511.06434,
in the form with one convolution of the size of the smallest map between that map and the vector.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, DiscriminatorConditioning, GeneratorConditioning
from ganbench.layers.attention import attention_factory
from ganbench.layers.initialisation import init_normal
from ganbench.layers.normalisation import Norm2d, norm_2d
from ganbench.layers.pooling import Pool, pool_function
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.shape_plan import plan_levels


class SimpleCNNGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A start map whose shorter side is 4 to 7, then doublings up to ``shape`` = ``(C, H, W)``. The largest hidden map has
    ``width`` channels; halving the sides doubles them. For 32x32 at width 256: 1024 channels at 4x4,
    512 at 8x8, 256 at 16x16, then the image. A norm and a ReLU follow each hidden map. ``spectral_norm`` divides each
    weight by its largest singular value. Self-attention follows the hidden map whose shorter side is ``attention``
    (0: none). Weights start from N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, no hidden map has the side
    ``attention``, the norm is unknown, or the conditioning needs classes or norms that do not exist.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 256,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
        attention: int = 0,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SimpleCNNGenerator", shape, latent=latent, width=width)
        size = self.set_conditioning(conditioning, latent, classes)
        # From the smallest map to the image: 1024, 512, 256, 3.
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        sides = [min(start) * 2**i for i in range(levels)]
        make_attention = attention_factory("SimpleCNNGenerator", attention, sides)
        plane, extra_channels = self.make_plane_input(start)
        layers: list[nn.Module] = [nn.ConvTranspose2d(size, channels[0], start), *plane]
        for level, (in_channels, out_channels) in enumerate(pairwise(channels)):
            in_channels += 0 if level else extra_channels
            layers += [
                self.norm_2d(norm, in_channels),
                nn.ReLU(inplace=True),
                *make_attention(level, in_channels),
                nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1),
            ]
        self.layers = ConditionalSequential(*layers)
        init_normal(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(self.condition_latent(z, condition)[:, :, None, None], condition))


class SimpleCNNDiscriminator(MapDiscriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``: the mirror image of ``SimpleCNNGenerator``.

    For 32x32 at width 256: 256 channels at 16x16, 512 at 8x8, 1024 at 4x4, then the score. A leaky ReLU of slope 0.2
    follows each hidden map, after a norm for all but the first. ``spectral_norm`` divides each weight by its largest
    singular value. Self-attention follows the map whose shorter side is ``attention`` (0: none). The score is a linear
    function of all positions of the smallest map, or with ``pool`` of their mean or sum. Weights start from
    N(0, 0.02²), biases at 0, gains of batch norm from N(1, 0.02²).

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, no map has the side ``attention``,
    the norm or the pool is unknown, or the conditioning needs classes that do not exist.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 256,
        norm: Norm2d = "batch",
        spectral_norm: bool = False,
        attention: int = 0,
        pool: Pool = "none",
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.map_size, levels = plan_levels("SimpleCNNDiscriminator", shape, width=width)
        self.scores_whole_map = pool == "none"
        self.pool = pool_function("SimpleCNNDiscriminator", pool)
        image_channels, *_ = self.set_conditioning(conditioning, shape, classes)
        # From the image to the smallest map: 3, 256, 512, 1024.
        channels = [image_channels, *(width * 2**level for level in range(levels))]
        sides = [min(self.map_size) * 2**i for i in reversed(range(levels))]
        make_attention = attention_factory("SimpleCNNDiscriminator", attention, sides)
        layers: list[nn.Module] = []
        for level, (in_channels, out_channels) in enumerate(pairwise(channels)):
            layers += [
                nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1),
                norm_2d("none" if level == 0 else norm, out_channels),
                # In place is safe, also for double backward: convolutions and norms save inputs, not outputs.
                nn.LeakyReLU(0.2, inplace=True),
                *make_attention(level, out_channels),
            ]
        positions = self.map_size[0] * self.map_size[1] if self.scores_whole_map else 1
        self.layers = nn.Sequential(*layers)
        if not self.add_head(channels[-1] * positions):
            self.layers.append(nn.Conv2d(channels[-1], 1, self.map_size if self.scores_whole_map else 1))
        init_normal(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def extract_maps(self, x: Tensor) -> Tensor:
        """Return the smallest map. Raises ValueError if images have another size than the network was built for."""
        layers = list(self.layers)
        for layer in layers if self.head is not None else layers[:-1]:
            x = layer(x)
        return self.check_map_size(x)

    def score_maps(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]`` by the last convolution, over the whole map or the pooled features."""
        last_input = maps if self.scores_whole_map else self.pool_features(maps)[:, :, None, None]
        scores: Tensor = self.layers[-1](last_input)
        return scores.reshape(len(maps))
