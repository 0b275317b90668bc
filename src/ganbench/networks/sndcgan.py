"""SN-GAN's convolutional pair: two convolutions per level in D, one in G.

Spectral Normalization for Generative Adversarial Networks (2018), arXiv:1802.05957, table 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, DiscriminatorConditioning, GeneratorConditioning
from ganbench.errors import UserError
from ganbench.layers.initialisation import init_icnr, init_normal, init_orthogonal
from ganbench.layers.normalisation import Norm2d
from ganbench.layers.pooling import Pool, pool_function
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.networks.base import Generator, MapDiscriminator
from ganbench.networks.shape_plan import plan_levels


class SNDCGANGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in [-1, 1] (tanh).

    A linear layer to a start map whose shorter side is 4 to 7, a 4x4 transposed convolution for each doubling up to
    ``shape`` = ``(C, H, W)``, then a 3x3 convolution. The largest map has ``width`` channels; halving the sides doubles
    them (64: 512 at 4x4 for 32x32). A norm and ReLU follow each hidden map. ``depth`` is the
    number of convolutions per level: all but the first are 3x3, keep the size, and have a norm and ReLU.

    With ``patch_size`` 2, the last convolution works at half the resolution and returns a patch of 2x2 pixels at each
    position (``nn.PixelShuffle``), so there is one doubling less and the largest map is half as large. The pixels of a
    patch start equal. ``spectral_norm`` divides each weight by its largest singular value. Weights start from
    N(0, 0.02²), biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, ``patch_size`` is neither 1 nor 2,
    the norm is unknown, or the conditioning needs classes or norms that do not exist.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 64,
        depth: int = 1,
        norm: Norm2d = "batch",
        patch_size: int = 1,
        spectral_norm: bool = False,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        start, levels = plan_levels("SNDCGANGenerator", shape, latent=latent, width=width, depth=depth)
        _check_patch_size("SNDCGANGenerator", patch_size)
        levels -= patch_size - 1
        size = self.set_conditioning(conditioning, latent, classes)
        channels = [width * 2**level for level in reversed(range(levels + 1))]
        self.start_shape = (channels[0], *start)
        self.first = nn.Linear(size, channels[0] * start[0] * start[1])
        plane, extra_channels = self.make_plane_input(start)
        layers: list[nn.Module] = [*plane]
        for level, in_channels in enumerate(channels):
            in_channels += 0 if level else extra_channels
            layers += [self.norm_2d(norm, in_channels), nn.ReLU(inplace=True)]
            if level < levels:
                out_channels = channels[level + 1]
                layers.append(nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1))
                for _ in range(depth - 1):
                    layers += [self.norm_2d(norm, out_channels), nn.ReLU(inplace=True)]
                    layers.append(nn.Conv2d(out_channels, out_channels, 3, padding=1))
        last = nn.Conv2d(in_channels, patch_size**2 * shape[0], 3, padding=1)
        layers += [last] if patch_size == 1 else [last, nn.PixelShuffle(patch_size)]
        self.layers = ConditionalSequential(*layers)
        init_normal(self)
        if patch_size > 1:
            init_icnr(last, patch_size)
        if spectral_norm:
            apply_spectral_norm(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        start_map = self.first(self.condition_latent(z, condition)).unflatten(1, self.start_shape)
        return torch.tanh(self.layers(start_map, condition))


class SNDCGANDiscriminator(MapDiscriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``.

    Each halving, down to a map whose shorter side is 4 to 7, has ``depth`` 3x3 convolutions to ``width`` channels
    (doubled at each further level) and a 4x4 convolution of stride 2. Then follow a 3x3 convolution that doubles the
    channels once more, and a linear layer on all positions, or with ``pool`` on their mean or sum. A leaky ReLU of
    slope 0.1 follows each convolution; there are no norms.

    With ``patch_size`` 2, each patch of 2x2 pixels becomes one position with four times the channels
    (``nn.PixelUnshuffle``), and there is one halving less. ``spectral_norm`` divides each weight by its largest
    singular value. Weights start orthogonal, biases at 0.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, ``patch_size`` is neither 1 nor 2,
    the pool is unknown, or the conditioning needs classes that do not exist.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 64,
        depth: int = 1,
        patch_size: int = 1,
        spectral_norm: bool = True,
        pool: Pool = "none",
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.map_size, levels = plan_levels("SNDCGANDiscriminator", shape, width=width, depth=depth)
        _check_patch_size("SNDCGANDiscriminator", patch_size)
        levels -= patch_size - 1
        self.pool = pool_function("SNDCGANDiscriminator", pool)
        image_channels, *_ = self.set_conditioning(conditioning, shape, classes)
        in_channels = patch_size**2 * image_channels
        layers: list[nn.Module] = [] if patch_size == 1 else [nn.PixelUnshuffle(patch_size)]
        for level in range(levels):
            out_channels = width * 2**level
            for _ in range(depth):
                layers += [
                    nn.Conv2d(in_channels, out_channels, 3, padding=1),
                    nn.LeakyReLU(0.1, inplace=True),
                ]
                in_channels = out_channels
            layers.append(nn.Conv2d(out_channels, out_channels, 4, stride=2, padding=1))
            layers.append(nn.LeakyReLU(0.1, inplace=True))
        layers += [nn.Conv2d(in_channels, 2 * in_channels, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        self.layers = nn.Sequential(*layers)
        positions = self.map_size[0] * self.map_size[1] if pool == "none" else 1
        if not self.add_head(2 * in_channels * positions):
            self.last = nn.Linear(self.feature_size, 1)
        init_orthogonal(self)
        if spectral_norm:
            apply_spectral_norm(self)


def _check_patch_size(network: str, patch_size: int) -> None:
    if patch_size not in (1, 2):
        raise UserError(f"{network}: patch_size must be 1 or 2, but is {patch_size}")
