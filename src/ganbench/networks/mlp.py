"""Fully connected networks for points and for small images, which they treat as vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalSequential, DiscriminatorConditioning, GeneratorConditioning
from ganbench.errors import UserError
from ganbench.layers.initialisation import init_zero_biases
from ganbench.layers.normalisation import Norm1d, norm_1d
from ganbench.layers.spectral import apply_spectral_norm
from ganbench.layers.stochastic import Dropout
from ganbench.networks.base import Generator, VectorDiscriminator
from ganbench.networks.shape_plan import require_sizes

T = TypeVar("T")


class MLPGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> samples ``[N, *shape]`` in [-1, 1] (tanh).

    A linear layer, then ``depth`` times [norm, leaky ReLU of ``slope``, ``dropout``, linear layer], with ``width``
    hidden features. A tuple of widths sets each hidden layer's width, and ``depth`` is ignored; tuples of norms and
    slopes set each hidden layer's norm and slope. A slope of 1 is no activation at all. Norms have a gain and a bias if
    ``affine``. Weights start with torch's default initialisation, biases at 0. With batch norm, it cannot train on a
    batch of 1.

    Raises ``UserError`` if a size is below 1, a slope is not in [0, 1], ``dropout`` is not in [0, 1), a norm is
    unknown, the number of norms or slopes is not that of hidden layers, or the conditioning needs classes or norms that
    do not exist.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, ...],
        width: int | tuple[int, ...] = 256,
        depth: int = 3,
        norm: Norm1d | tuple[Norm1d, ...] = "none",
        affine: bool = True,
        slope: float | tuple[float, ...] = 0.2,
        dropout: float = 0.0,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        widths = _hidden_widths("MLPGenerator", shape, width, latent=latent, depth=depth)
        self.shape = tuple(shape)
        size = self.set_conditioning(conditioning, latent, classes)
        norms = [self.norm_1d(kind, w, affine) for kind, w in _norm_kinds("MLPGenerator", norm, widths)]
        self.layers = ConditionalSequential(
            *_make_layers("MLPGenerator", size, math.prod(shape), widths, norms, slope, dropout)
        )
        init_zero_biases(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return samples ``[N, *shape]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        flat = self.layers(self.condition_latent(z, condition), condition)
        return torch.tanh(flat).reshape(z.shape[0], *self.shape)


class MLPDiscriminator(VectorDiscriminator):
    """Samples ``[N, *shape]``, flattened -> raw scores ``[N]``.

    The layers are those of ``MLPGenerator``, without the tanh. ``spectral_norm`` divides each weight by its largest
    singular value. Batch norm does not belong behind the first layer: it subtracts each batch's mean, so that the
    network cannot tell real from generated batches by their mean picture. Use ``("none", "batch", "batch")``.

    Raises ``UserError`` if a size is below 1, ``slope`` is not in [0, 1], ``dropout`` is not in [0, 1), a norm is
    unknown, the numbers of norms and widths differ, or the conditioning needs classes that do not exist.
    """

    flattens_samples: ClassVar[bool] = True

    def __init__(
        self,
        *,
        shape: tuple[int, ...],
        width: int | tuple[int, ...] = 256,
        depth: int = 3,
        norm: Norm1d | tuple[Norm1d, ...] = "none",
        spectral_norm: bool = False,
        slope: float = 0.2,
        dropout: float = 0.0,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        widths = _hidden_widths("MLPDiscriminator", shape, width, depth=depth)
        (size,) = self.set_conditioning(conditioning, (math.prod(shape),), classes)
        norms = [norm_1d(kind, w) for kind, w in _norm_kinds("MLPDiscriminator", norm, widths)]
        layers = _make_layers("MLPDiscriminator", size, 1, widths, norms, slope, dropout)
        self.layers = nn.Sequential(*layers)
        if self.add_head(widths[-1]):
            del self.layers[-1]
        init_zero_biases(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def extract_maps(self, x: Tensor) -> Tensor:
        """Return the features of the last hidden layer."""
        layers = list(self.layers)
        for layer in layers if self.head is not None else layers[:-1]:
            x = layer(x)
        return x

    def score_maps(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]`` by the last layer."""
        scores: Tensor = self.layers[-1](maps)
        return scores.squeeze(1)


class MLPEncoder(nn.Module):
    """Samples ``[N, *shape]``, flattened -> latent vectors ``[N, latent]``: the inverse direction of ``MLPGenerator``.

    The layers are those of ``MLPGenerator``, without the tanh. As in ``MLPDiscriminator``, batch norm does not belong
    behind the first layer.

    Raises ``UserError`` if a size is below 1, ``slope`` is not in [0, 1], a norm is unknown, or the numbers of norms
    and widths differ.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, ...],
        width: int = 256,
        depth: int = 3,
        norm: Norm1d | tuple[Norm1d, ...] = "none",
        affine: bool = True,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        widths = _hidden_widths("MLPEncoder", shape, width, latent=latent, depth=depth)
        norms = [norm_1d(kind, w, affine) for kind, w in _norm_kinds("MLPEncoder", norm, widths)]
        self.layers = nn.Sequential(
            *_make_layers("MLPEncoder", math.prod(shape), latent, widths, norms, slope)
        )
        init_zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return latent vectors ``[N, latent]`` for samples ``[N, *shape]``."""
        latents: Tensor = self.layers(x.flatten(1))
        return latents


class JointMLPDiscriminator(nn.Module):
    """Pairs of a sample ``[N, *shape]`` and a latent vector ``[N, latent]`` -> raw scores ``[N]``.

    Concatenates the flat sample and the latent vector; the layers and norms are those of ``MLPDiscriminator``.

    Raises ``UserError`` if a size is below 1, ``slope`` is not in [0, 1], a norm is unknown, or the numbers of norms
    and widths differ.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, ...],
        width: int = 256,
        depth: int = 3,
        norm: Norm1d | tuple[Norm1d, ...] = "none",
        spectral_norm: bool = False,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        widths = _hidden_widths("JointMLPDiscriminator", shape, width, latent=latent, depth=depth)
        norms = [norm_1d(kind, w) for kind, w in _norm_kinds("JointMLPDiscriminator", norm, widths)]
        self.layers = nn.Sequential(
            *_make_layers("JointMLPDiscriminator", math.prod(shape) + latent, 1, widths, norms, slope)
        )
        init_zero_biases(self)
        if spectral_norm:
            apply_spectral_norm(self)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for samples ``[N, *shape]`` and their latent vectors ``[N, latent]``."""
        scores: Tensor = self.layers(torch.cat([x.flatten(1), z], 1))
        return scores.squeeze(1)


def _make_layers(
    network: str,
    inputs: int,
    outputs: int,
    widths: tuple[int, ...],
    norms: Sequence[nn.Module],
    slope: float | tuple[float, ...],
    dropout: float = 0.0,
) -> list[nn.Module]:
    slopes = _per_layer(network, "slopes", slope, len(widths))
    if not all(0 <= s <= 1 for s in slopes):
        raise UserError(f"{network}: slope must be in [0, 1], but is {slope}")
    layers: list[nn.Module] = [nn.Linear(inputs, widths[0])]
    for size, outs, norm, s in zip(widths, (*widths[1:], outputs), norms, slopes, strict=True):
        # In place is safe, also for double backward: linear layers and norms save inputs, not outputs.
        layers += [norm, nn.LeakyReLU(s, inplace=True) if s < 1 else nn.Identity()]
        layers += [Dropout(dropout)] if dropout else []
        layers += [nn.Linear(size, outs)]
    return layers


def _norm_kinds(
    network: str, norm: Norm1d | tuple[Norm1d, ...], widths: tuple[int, ...]
) -> list[tuple[Norm1d, int]]:
    """Return each hidden layer's norm and width. Raises UserError if their numbers differ."""
    return list(zip(_per_layer(network, "norms", norm, len(widths)), widths, strict=True))


def _per_layer(network: str, name: str, value: T | tuple[T, ...], count: int) -> tuple[T, ...]:
    """Return one value for each of ``count`` hidden layers. Raises UserError for another number of values."""
    values = value if isinstance(value, tuple) else (value,) * count
    if len(values) != count:
        raise UserError(f"{network}: {count} hidden layers need as many {name}, not {len(values)}")
    return values


def _hidden_widths(
    network: str, shape: tuple[int, ...], width: int | tuple[int, ...], depth: int, **sizes: int
) -> tuple[int, ...]:
    """Return each hidden layer's width. Raises UserError if a size or the shape is out of range."""
    widths = width if isinstance(width, tuple) else (width,) * depth
    require_sizes(network, depth=len(widths), width=min(widths, default=1), **sizes)
    if not shape or min(shape) < 1:
        raise UserError(f"{network}: shape must be one or more sizes of at least 1, but is {shape}")
    return widths
