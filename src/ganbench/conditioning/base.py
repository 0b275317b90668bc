"""The interfaces of conditioning: how G receives a condition, and how D does.

A condition is one of

- class numbers, int64 ``[N]``;
- class weights, float ``[N, K]``: a one-hot row is a class, any other row a mixture of classes;
- for the parts that support it, any vectors ``[N, size]``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError


class ConditionalLayer(nn.Module):
    """A layer that takes a condition as its second input."""

    @abstractmethod
    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the output for ``x`` ``[N, ...]`` under the condition."""


class ConditionalSequential(nn.Sequential):
    """An ``nn.Sequential`` that passes the condition to its conditional layers."""

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the output of the last layer."""
        for layer in self:
            x = layer(x, condition) if isinstance(layer, ConditionalLayer) else layer(x)
        return x


class VectorInput(ConditionalLayer):
    """Combines latent vectors and their condition into vectors ``[N, size]``."""

    size: int


class PlaneInput(ConditionalLayer):
    """Appends ``extra_channels`` channels with the condition to maps ``[N, C, H, W]``."""

    extra_channels: int


class SampleInput(ConditionalLayer):
    """Appends the condition to samples, which then have ``shape``."""

    shape: tuple[int, ...]


class Head(nn.Module):
    """The last part of a discriminator: from features ``[N, F]`` and a condition to its output."""

    @abstractmethod
    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        """Return the output for samples with these features."""


@dataclass(frozen=True)
class GeneratorConditioning:
    """How G receives the condition: at its input, at its first map or in its norms. This base class ignores it.

    Subclasses override the methods for the places where they act. ``classes`` is the number of classes in the data set,
    0 if it has none.
    """

    needs_condition: ClassVar[bool] = False

    def make_vector_input(self, latent: int, classes: int) -> VectorInput | None:
        """Return the layer that combines the condition with latents of size ``latent``, or None."""
        return None

    def make_plane_input(self, sides: tuple[int, int], classes: int) -> PlaneInput | None:
        """Return the layer that appends the condition to a first map with these sides, or None."""
        return None

    def make_norm(self, norm: Callable[[bool], nn.Module], channels: int, classes: int) -> nn.Module:
        """Return a norm of ``channels`` channels; ``norm(affine)`` makes one with or without gain and bias."""
        return norm(True)


@dataclass(frozen=True)
class DiscriminatorConditioning:
    """How D uses the condition: at its input or in its head. This base class ignores it.

    Subclasses override the methods for the places where they act. ``extra_outputs`` names the fields of
    ``DiscriminatorOutput`` that the head fills in addition to scores and features. ``classes`` is the number of classes
    in the data set, 0 if it has none.
    """

    needs_condition: ClassVar[bool] = False
    extra_outputs: ClassVar[tuple[str, ...]] = ()

    def make_sample_input(self, shape: tuple[int, ...], classes: int) -> SampleInput | None:
        """Return the layer that appends the condition to samples of this shape, or None."""
        return None

    def make_head(self, features: int, classes: int) -> Head | None:
        """Return the head for this number of features, or None to use the network's own last layer."""
        return None


def select_rows(table: Tensor, condition: Tensor | None) -> Tensor:
    """Return rows ``[N, F]`` of ``table`` ``[K, F]``: one per class number, or a mixture by class weights.

    Raises:
        ValueError: there is no condition.
        IndexError: a class number is out of range.
    """
    if condition is None:
        raise ValueError("this network needs a class for each sample, but was given none")
    if condition.is_floating_point():
        return condition.to(table.dtype) @ table
    return functional.embedding(condition, table)


class OneHotEncoding(nn.Module):
    """Class numbers ``[N]`` -> one-hot rows ``[N, K]``; class weights are returned unchanged."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("rows", torch.eye(classes), persistent=False)

    def forward(self, condition: Tensor | None) -> Tensor:
        """Return rows ``[N, K]``. Raises the errors of :func:`select_rows`."""
        return select_rows(self.get_buffer("rows"), condition)


def require_classes(part: object, classes: int) -> None:
    """Raise UserError if the data set has no classes, naming the part that needs them."""
    if classes < 1:
        raise UserError(
            f"{type(part).__name__} needs classes, and the data set has none; use a set with classes, "
            "such as data=mnist"
        )
