"""Norms whose gain and bias depend on the condition: a table row per class, or a linear function of a vector.

A Learned Representation for Artistic Style (2016), arXiv:1610.07629; Modulating early visual processing by language
(2017), arXiv:1707.00683; in GANs: cGANs with Projection Discriminator (2018), arXiv:1802.05637.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.conditioning.base import ConditionalLayer, GeneratorConditioning, require_classes, select_rows
from ganbench.errors import UserError


@dataclass(frozen=True)
class ClassNorm(GeneratorConditioning):
    """Each norm of G has a gain (initially 1) and a bias (initially 0) for each class: conditional batch norm."""

    needs_condition: ClassVar[bool] = True

    def make_norm(self, norm: Callable[[bool], nn.Module], channels: int, classes: int) -> nn.Module:
        """Return the norm with a gain and a bias for each class. Raises UserError without classes or norm."""
        require_classes(self, classes)
        return NormByClass(_norm_without_affine(self, norm), channels, classes)


@dataclass(frozen=True)
class VectorNorm(GeneratorConditioning):
    """Each norm of G has gain 1 + A c and bias B c for a condition vector c of ``size`` numbers.

    Raises ``UserError`` if ``size`` is below 1.
    """

    needs_condition: ClassVar[bool] = True
    size: int = 128

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"VectorNorm: size must be at least 1, but is {self.size}")

    def make_norm(self, norm: Callable[[bool], nn.Module], channels: int, classes: int) -> nn.Module:
        """Return the norm with linear layers for its gain and bias. Raises UserError without a norm."""
        return NormByVector(_norm_without_affine(self, norm), channels, self.size)


class NormByClass(ConditionalLayer):
    """Normalises ``[N, channels, ...]``, then multiplies by the class's gain and adds its bias."""

    def __init__(self, norm: nn.Module, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = norm
        # Plain parameters: an nn.Embedding would start from N(0, 1) and be divided by its norm under spectral norm.
        self.gain = nn.Parameter(torch.ones(classes, channels))
        self.bias = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the normalised ``x``, of the same shape."""
        return _scale_and_shift(
            self.norm(x), select_rows(self.gain, condition), select_rows(self.bias, condition)
        )


class NormByVector(ConditionalLayer):
    """Normalises ``[N, channels, ...]``, then applies a gain and a bias that are linear in the condition."""

    def __init__(self, norm: nn.Module, channels: int, size: int) -> None:
        super().__init__()
        self.norm = norm
        self.gain, self.shift = nn.Linear(size, channels, bias=False), nn.Linear(size, channels, bias=False)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the normalised ``x``. Raises ValueError without a condition."""
        if condition is None:
            raise ValueError("this network needs a condition vector for each sample, but was given none")
        return _scale_and_shift(self.norm(x), 1 + self.gain(condition), self.shift(condition))


def _scale_and_shift(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    ones = [1 for _ in x.shape[2:]]
    return torch.addcmul(bias.reshape(*bias.shape, *ones), x, gain.reshape(*gain.shape, *ones))


def _norm_without_affine(part: object, norm: Callable[[bool], nn.Module]) -> nn.Module:
    layer = norm(False)
    if isinstance(layer, nn.Identity):
        raise UserError(
            f"{type(part).__name__} acts in G's norms, and G has none; set networks.G.norm to batch or another norm"
        )
    return layer
