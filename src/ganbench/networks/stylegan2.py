"""StyleGAN2: a mapping network whose styles scale the convolutions of a synthesis network, and a residual D.

Analyzing and Improving the Image Quality of StyleGAN (2019), arXiv:1912.04958. The synthesis network sums images of
growing size ("output skips"), D is residual: configuration F of the paper, at any width.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning
from ganbench.layers.batch_deviation import BatchDeviation
from ganbench.layers.equalized import EqualizedConv2d, EqualizedLinear, activate
from ganbench.layers.initialisation import init_zero_biases
from ganbench.layers.modulated import ModulatedConv2d, ScaledNoise
from ganbench.layers.smooth_resampling import blur, downsample_smoothly, upsample_smoothly
from ganbench.networks.base import Discriminator, Generator
from ganbench.networks.shape_plan import plan_levels, require_sizes

_MAPPING_SPEED = 0.01  # of the learning rate of the mapping network


class StyleGAN2Generator(Generator):
    """Latent vectors ``[N, latent]`` -> images ``[N, C, H, W]`` in about [-1, 1], by way of styles ``[N, style]``.

    ``mapping`` has ``mapping_depth`` layers. ``synthesis`` starts from a learned map whose shorter side is 4 to 7. Each
    doubling has two convolutions with noise, and adds its image to that of the level before. The largest map has
    ``width`` channels; halving the sides doubles them, up to ``max_width``.

    Raises ``UserError`` if a size is below 1, a side cannot be reached by doublings, or the conditioning acts in norms
    or planes, which do not exist here.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, int, int],
        width: int = 32,
        max_width: int = 512,
        style: int = 128,
        mapping_depth: int = 2,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        require_sizes("StyleGAN2Generator", max_width=max_width, style=style, mapping_depth=mapping_depth)
        size = self.set_conditioning(conditioning, latent, classes)
        layers = [EqualizedLinear(size, style, speed=_MAPPING_SPEED)]
        layers += [EqualizedLinear(style, style, speed=_MAPPING_SPEED) for _ in range(mapping_depth - 1)]
        self.mapping = nn.ModuleList(layers)
        self.synthesis = _Synthesis(shape, width, max_width, style)

    @property
    def style_layers(self) -> int:
        """How many layers of the synthesis network take a style of their own."""
        return self.synthesis.style_layers

    def map_latents(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return styles ``[N, style]`` of latents, whose length does not count."""
        x = self.condition_latent(z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt(), condition)
        for layer in self.mapping:
            x = activate(layer(x))
        return x

    def synthesize(self, styles: Tensor) -> Tensor:
        """Return images for styles ``[N, style]``, or ``[N, style_layers, style]`` with one for each layer."""
        if styles.dim() == 2:
            styles = styles.unsqueeze(1).expand(-1, self.style_layers, -1)
        images: Tensor = self.synthesis(styles)
        return images

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images ``[N, C, H, W]`` for latent vectors ``[N, latent]``."""
        return self.synthesize(self.map_latents(z, condition))


class _Synthesis(nn.Module):
    """Styles ``[N, style_layers, style]`` -> images."""

    def __init__(self, shape: tuple[int, int, int], width: int, max_width: int, style: int) -> None:
        super().__init__()
        start, levels = plan_levels("StyleGAN2Generator", shape, width=width)
        widths = [min(max_width, width * 2 ** (levels - level)) for level in range(levels + 1)]
        self.start = nn.Parameter(torch.randn(widths[0], *start))
        sides = [(start[0] * 2**level, start[1] * 2**level) for level in range(levels + 1)]
        self.first = _StyledConv(widths[0], widths[0], style, sides[0])
        self.first_image = _ToImage(widths[0], shape[0], style)
        self.ups = nn.ModuleList(
            _StyledConv(widths[level - 1], widths[level], style, sides[level], upsample=True)
            for level in range(1, levels + 1)
        )
        self.convs = nn.ModuleList(
            _StyledConv(widths[level], widths[level], style, sides[level]) for level in range(1, levels + 1)
        )
        self.images = nn.ModuleList(
            _ToImage(widths[level], shape[0], style) for level in range(1, levels + 1)
        )
        self.style_layers = 2 * levels + 2

    def forward(self, styles: Tensor) -> Tensor:
        """Return images; the layer that makes a level's image shares its style with the next level's first layer."""
        x = self.first(self.start.expand(len(styles), -1, -1, -1), styles[:, 0])
        image: Tensor = self.first_image(x, styles[:, 1])
        for level, (up, conv, to_image) in enumerate(zip(self.ups, self.convs, self.images, strict=True)):
            x = up(x, styles[:, 2 * level + 1])
            x = conv(x, styles[:, 2 * level + 2])
            image = upsample_smoothly(image) + to_image(x, styles[:, 2 * level + 3])
        return image


class _StyledConv(nn.Module):
    """A modulated convolution, noise, bias and activation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        style: int,
        sides: tuple[int, int],
        *,
        upsample: bool = False,
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(in_channels, out_channels, 3, style, upsample=upsample)
        self.noise = ScaledNoise(sides)
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Return the maps."""
        return activate(self.noise(self.conv(x, style)) + self.bias[:, None, None])


class _ToImage(nn.Module):
    """A modulated 1x1 convolution to the image's channels, without demodulation."""

    def __init__(self, in_channels: int, out_channels: int, style: int) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(in_channels, out_channels, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Return the image."""
        image: Tensor = self.conv(x, style) + self.bias[:, None, None]
        return image


class StyleGAN2Discriminator(Discriminator):
    """Images ``[N, C, H, W]`` -> raw scores ``[N]``.

    A 1x1 convolution, residual blocks that halve the sides until the shorter one is 4 to 7, the deviation within groups
    of ``group`` neighbours as an extra channel (1 for none), a 3x3 convolution and a linear layer.

    Raises ``UserError`` if a size is below 1, a side cannot be halved often enough, or the conditioning needs classes
    that do not exist.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, int, int],
        width: int = 32,
        max_width: int = 512,
        group: int = 4,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        sides, levels = plan_levels(
            "StyleGAN2Discriminator", shape, width=width, max_width=max_width, group=group
        )
        self.sides = sides
        channels, *_ = self.set_conditioning(conditioning, shape, classes)
        widths = [min(max_width, width * 2**level) for level in range(levels + 1)]
        self.first = EqualizedConv2d(channels, widths[0], 1)
        self.blocks = nn.ModuleList(_DownBlock(widths[level], widths[level + 1]) for level in range(levels))
        self.deviation = BatchDeviation(group)
        self.conv = EqualizedConv2d(widths[-1] + 1, widths[-1], 3, padding=1)
        self.hidden = EqualizedLinear(widths[-1] * sides[0] * sides[1], widths[-1])
        if not self.add_head(widths[-1]):
            self.last = EqualizedLinear(widths[-1], 1)
        init_zero_biases(self)

    def extract_maps(self, x: Tensor) -> Tensor:
        """Return the last map. Raises ValueError if images have another size than the network was built for."""
        x = activate(self.first(x))
        for block in self.blocks:
            x = block(x)
        if tuple(x.shape[2:]) != self.sides:
            raise ValueError(
                f"images of another size: their last map is {tuple(x.shape[2:])}, not {self.sides}"
            )
        return activate(self.conv(self.deviation(x)))

    def pool_features(self, maps: Tensor) -> Tensor:
        """Return the features of the hidden linear layer."""
        return activate(self.hidden(maps.flatten(1)))

    def score_maps(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]``."""
        scores: Tensor = self.last(self.pool_features(maps))
        return scores.squeeze(1)


class _DownBlock(nn.Module):
    """Maps ``[N, in_channels, H, W]`` -> ``[N, out_channels, H / 2, W / 2]``: two convolutions plus a shortcut."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.inner = EqualizedConv2d(in_channels, in_channels, 3, padding=1)
        self.outer = EqualizedConv2d(in_channels, out_channels, 3, stride=2)
        self.short_cut = EqualizedConv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, scaled to keep the variance."""
        outer = activate(self.outer(blur(activate(self.inner(x)), padding=2)))
        short_cut: Tensor = self.short_cut(downsample_smoothly(x))
        return (outer + short_cut) / math.sqrt(2)
