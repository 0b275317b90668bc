"""Fully connected networks, for points and for small pictures seen as one long vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.networks.layers.initialisation import zero_biases
from ganbench.networks.layers.normalisation import Norm1d, norm_1d
from ganbench.networks.layers.spectral import spectrally_normalised


class MLPGenerator(nn.Module):
    """Latent vectors ``[N, latent]`` -> samples ``[N, *shape]`` in [-1, 1] (tanh).

    ``depth`` hidden layers of ``width`` features: a linear layer, then ``depth`` times [norm, leaky ReLU of
    ``slope``, linear layer], the last of which makes the sample. Weights start as torch draws them, biases
    at 0. With ``norm="batch"`` it cannot train on a batch of 1.

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
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        _check("MLPGenerator", shape, slope, latent=latent, width=width, depth=depth)
        self.shape = tuple(shape)
        self.layers = _layers(latent, math.prod(shape), width, depth, norm, slope)
        zero_biases(self)

    def forward(self, z: Tensor) -> Tensor:
        """Return samples ``[N, *shape]`` in [-1, 1] for latent vectors ``[N, latent]``."""
        return torch.tanh(self.layers(z)).reshape(len(z), *self.shape)


class MLPDiscriminator(nn.Module):
    """Samples ``[N, *shape]`` -> raw scores ``[N]``.

    Flattens its input and is otherwise built as ``MLPGenerator`` is, without the tanh. ``spectral_norm``
    divides each weight by its largest singular value.

    Raises ``UserError`` if a size is below 1, ``slope`` is not in [0, 1), or the norm is unknown.
    """

    def __init__(
        self,
        *,
        shape: tuple[int, ...],
        width: int = 256,
        depth: int = 3,
        norm: Norm1d = "none",
        spectral_norm: bool = False,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        _check("MLPDiscriminator", shape, slope, width=width, depth=depth)
        self.layers = _layers(math.prod(shape), 1, width, depth, norm, slope)
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for samples ``[N, *shape]``."""
        scores: Tensor = self.layers(x.flatten(1))
        return scores.squeeze(1)


class MLPEncoder(nn.Module):
    """Samples ``[N, *shape]`` -> latent vectors ``[N, latent]``, any real numbers: the way back of ``MLPGenerator``.

    Flattens its input and is otherwise built as ``MLPGenerator`` is, without the tanh.

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
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        _check("MLPEncoder", shape, slope, latent=latent, width=width, depth=depth)
        self.layers = _layers(math.prod(shape), latent, width, depth, norm, slope)
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
        _check("JointMLPDiscriminator", shape, slope, latent=latent, width=width, depth=depth)
        self.layers = _layers(math.prod(shape) + latent, 1, width, depth, norm, slope)
        zero_biases(self)
        if spectral_norm:
            spectrally_normalised(self)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return raw scores ``[N]`` for samples ``[N, *shape]`` and their latent vectors ``[N, latent]``."""
        scores: Tensor = self.layers(torch.cat([x.flatten(1), z], 1))
        return scores.squeeze(1)


def _layers(inputs: int, outputs: int, width: int, depth: int, norm: Norm1d, slope: float) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(inputs, width)]
    for features in (*[width] * (depth - 1), outputs):
        # In place is safe, also for double backward: linear layers and norms keep inputs, not outputs.
        layers += [norm_1d(norm, width), nn.LeakyReLU(slope, inplace=True), nn.Linear(width, features)]
    return nn.Sequential(*layers)


def _check(name: str, shape: tuple[int, ...], slope: float, **sizes: int) -> None:
    for word, size in sizes.items():
        if size < 1:
            raise UserError(f"{name}: {word} must be at least 1, but is {size}")
    if not shape or min(shape) < 1:
        raise UserError(f"{name}: shape must be one or more sizes of at least 1, but is {shape}")
    if not 0 <= slope < 1:
        raise UserError(f"{name}: slope must be from 0 up to, not including, 1, but is {slope}")
