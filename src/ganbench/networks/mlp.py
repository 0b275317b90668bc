"""Fully connected networks, for points and for small pictures seen as one long vector."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning, Layers
from ganbench.errors import UserError
from ganbench.layers.initialisation import zero_biases
from ganbench.layers.normalisation import Norm1d, norm_1d
from ganbench.layers.spectral import spectrally_normalised
from ganbench.layers.stochastic import Dropout
from ganbench.networks.base import FlatDiscriminator, Generator
from ganbench.networks.shape_plan import require_sizes


class MLPGenerator(Generator):
    """Latent vectors ``[N, latent]`` -> samples ``[N, *shape]`` in [-1, 1] (tanh).

    ``depth`` hidden layers of ``width`` features: a linear layer, then ``depth`` times [norm, leaky ReLU of
    ``slope``, ``dropout``, linear layer], the last of which makes the sample. Several widths are those of the hidden
    layers one by one, and ``depth`` has no say; several norms are theirs one by one. Norms have a gain and a bias if
    ``affine``. Weights start as torch draws them, biases at 0. With a batch norm it cannot train on a batch of 1.

    Raises ``UserError`` if a size is below 1, ``slope`` or ``dropout`` is not in [0, 1), a norm is unknown, norms and
    widths differ in number, or the conditioning needs classes or norms that are not there.
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
        slope: float = 0.2,
        dropout: float = 0.0,
        conditioning: GeneratorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        widths = _widths("MLPGenerator", shape, slope, width, latent=latent, depth=depth)
        self.shape = tuple(shape)
        size = self.condition_on(conditioning, latent, classes)
        norms = [self.norm_1d(k, w, affine) for k, w in _kinds("MLPGenerator", norm, widths)]
        self.layers = Layers(*_layers(size, math.prod(shape), widths, norms, slope, dropout))
        zero_biases(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return samples ``[N, *shape]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        flat = self.layers(self.joined(z, condition), condition)
        return torch.tanh(flat).reshape(len(z), *self.shape)


class MLPDiscriminator(FlatDiscriminator):
    """Samples ``[N, *shape]`` -> raw scores ``[N]``.

    Flattens its input and is otherwise built as ``MLPGenerator`` is, without the tanh. ``spectral_norm``
    divides each weight by its largest singular value.

    Raises ``UserError`` if a size is below 1, ``slope`` or ``dropout`` is not in [0, 1), the norm is unknown, or the
    conditioning needs classes that are not there.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, ...],
        width: int | tuple[int, ...] = 256,
        depth: int = 3,
        norm: Norm1d = "none",
        spectral_norm: bool = False,
        slope: float = 0.2,
        dropout: float = 0.0,
        conditioning: DiscriminatorConditioning | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        widths = _widths("MLPDiscriminator", shape, slope, width, depth=depth)
        (seen,) = self.condition_on(conditioning, (math.prod(shape),), classes)
        layers = _layers(seen, 1, widths, [norm_1d(norm, w) for w in widths], slope, dropout)
        self.layers = nn.Sequential(*layers)
        if self.end_in(widths[-1]):
            del self.layers[-1]
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def flat(self, x: Tensor) -> Tensor:
        """Return samples as vectors."""
        return x.flatten(1)

    def trunk(self, x: Tensor) -> Tensor:
        """Return the last hidden layer's features."""
        layers = list(self.layers)
        for layer in layers if self.head is not None else layers[:-1]:
            x = layer(x)
        return x

    def score(self, maps: Tensor) -> Tensor:
        """Return raw scores ``[N]`` by the last of the layers."""
        scores: Tensor = self.layers[-1](maps)
        return scores.squeeze(1)


class MLPEncoder(nn.Module):
    """Samples ``[N, *shape]`` -> latent vectors ``[N, latent]``, any real numbers: the way back of ``MLPGenerator``.

    Flattens its input and is otherwise built as ``MLPGenerator`` is, without the tanh.

    Raises ``UserError`` if a size is below 1, ``slope`` is not in [0, 1), a norm is unknown, or norms and widths
    differ in number.
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
        widths = _widths("MLPEncoder", shape, slope, width, latent=latent, depth=depth)
        norms = [norm_1d(k, w, affine) for k, w in _kinds("MLPEncoder", norm, widths)]
        layers = _layers(math.prod(shape), latent, widths, norms, slope)
        self.layers = nn.Sequential(*layers)
        zero_biases(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return latent vectors ``[N, latent]`` for samples ``[N, *shape]``."""
        latents: Tensor = self.layers(x.flatten(1))
        return latents


class JointMLPDiscriminator(nn.Module):
    """Pairs of a sample ``[N, *shape]`` and a latent vector ``[N, latent]`` -> raw scores ``[N]``.

    Joins the flat sample and the vector, and is otherwise built as ``MLPDiscriminator`` is.

    Raises ``UserError`` if a size is below 1, ``slope`` is not in [0, 1), or the norm is unknown.
    """

    def __init__(
        self,
        *,
        latent: int,
        shape: tuple[int, ...],
        width: int = 256,
        depth: int = 3,
        norm: Norm1d = "none",
        spectral_norm: bool = False,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        widths = _widths("JointMLPDiscriminator", shape, slope, width, latent=latent, depth=depth)
        norms = [norm_1d(norm, w) for w in widths]
        layers = _layers(math.prod(shape) + latent, 1, widths, norms, slope)
        self.layers = nn.Sequential(*layers)
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for samples ``[N, *shape]`` and their latent vectors ``[N, latent]``."""
        scores: Tensor = self.layers(torch.cat([x.flatten(1), z], 1))
        return scores.squeeze(1)


def _layers(
    inputs: int,
    outputs: int,
    widths: tuple[int, ...],
    norms: Sequence[nn.Module],
    slope: float,
    dropout: float = 0.0,
) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Linear(inputs, widths[0])]
    for before, after, norm in zip(widths, (*widths[1:], outputs), norms, strict=True):
        # In place is safe, also for double backward: linear layers and norms keep inputs, not outputs.
        layers += [norm, nn.LeakyReLU(slope, inplace=True)]
        layers += [Dropout(dropout)] if dropout else []
        layers += [nn.Linear(before, after)]
    return layers


def _kinds(name: str, norm: Norm1d | tuple[Norm1d, ...], widths: tuple[int, ...]) -> list[tuple[Norm1d, int]]:
    """Return the norm of each hidden layer and its width. Raises UserError if they differ in number."""
    kinds = norm if isinstance(norm, tuple) else (norm,) * len(widths)
    if len(kinds) != len(widths):
        raise UserError(f"{name}: {len(widths)} hidden layers need as many norms, not {len(kinds)}")
    return list(zip(kinds, widths, strict=True))


def _widths(
    name: str, shape: tuple[int, ...], slope: float, width: int | tuple[int, ...], depth: int, **sizes: int
) -> tuple[int, ...]:
    """Return the width of each hidden layer. Raises UserError for what cannot be."""
    widths = width if isinstance(width, tuple) else (width,) * depth
    require_sizes(name, depth=len(widths), width=min(widths, default=1), **sizes)
    if not shape or min(shape) < 1:
        raise UserError(f"{name}: shape must be one or more sizes of at least 1, but is {shape}")
    if not 0 <= slope < 1:
        raise UserError(f"{name}: slope must be from 0 up to, not including, 1, but is {slope}")
    return widths
