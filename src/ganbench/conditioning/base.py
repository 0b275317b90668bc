"""What conditioning is: two independent choices, how G is told its condition and how D judges by it.

A condition is class numbers, int64 ``[N]``; or weights of the classes, float ``[N, K]``, of which one-hot rows are the
classes themselves and others lie between them; or, for the parts that say so, any vectors ``[N, size]``.
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
    """A layer that is given the condition beside its input."""

    @abstractmethod
    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return what becomes of ``x`` ``[N, ...]`` under the condition."""


class Layers(nn.Sequential):
    """Layers one after another, of which those that take a condition are given it."""

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return what becomes of ``x``."""
        for layer in self:
            x = layer(x, condition) if isinstance(layer, ConditionalLayer) else layer(x)
        return x


class VectorInput(ConditionalLayer):
    """Joins latent vectors and their condition to vectors ``[N, size]``."""

    size: int


class PlaneInput(ConditionalLayer):
    """Adds to maps ``[N, C, H, W]`` as many channels as ``added`` says, which tell the condition."""

    added: int


class SampleInput(ConditionalLayer):
    """Adds the condition to samples, which then have the ``shape`` given here."""

    shape: tuple[int, ...]


class Head(nn.Module):
    """The last part of a discriminator: features ``[N, F]`` and their condition to a judgement."""

    @abstractmethod
    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        """Return the judgement of the samples with these features."""


@dataclass(frozen=True)
class GeneratorConditioning:
    """How G is told its condition: at its input, at its first map, in its norms. Here, nowhere.

    A choice redefines where it acts. ``classes`` is how many the data set has, 0 if it has none.
    """

    needs_condition: ClassVar[bool] = False

    def vector(self, latent: int, classes: int) -> VectorInput | None:
        """Return what joins the condition to latents of that size, or None."""
        return None

    def plane(self, sides: tuple[int, int], classes: int) -> PlaneInput | None:
        """Return what joins the condition to the first map, of these sides, or None."""
        return None

    def conditional_norm(self, norm: Callable[[bool], nn.Module], channels: int, classes: int) -> nn.Module:
        """Return the norm of that many channels; ``norm(affine)`` makes it with or without gain and bias."""
        return norm(True)


@dataclass(frozen=True)
class DiscriminatorConditioning:
    """How D judges by the condition: at its input, at its end. Here, not at all.

    A choice redefines where it acts; ``says`` names what its head says beside the score. ``classes`` is how many the
    data set has, 0 if it has none.
    """

    needs_condition: ClassVar[bool] = False
    says: ClassVar[tuple[str, ...]] = ()

    def input(self, shape: tuple[int, ...], classes: int) -> SampleInput | None:
        """Return what adds the condition to samples of that shape, or None."""
        return None

    def head(self, features: int, classes: int) -> Head | None:
        """Return the last part, for that many features, or None for the network's own last layer."""
        return None


def class_rows(table: Tensor, condition: Tensor | None) -> Tensor:
    """Return a table's rows ``[N, F]`` (of ``[K, F]``) for class numbers, or their mixtures for weights of classes.

    Raises:
        ValueError: there is no condition.
        IndexError: a class number is none of the table's.
    """
    if condition is None:
        raise ValueError("this network was made for classes, but is given none")
    if condition.is_floating_point():
        return condition.to(table.dtype) @ table
    return functional.embedding(condition, table)


class OneHotRows(nn.Module):
    """Class numbers ``[N]`` -> one-hot rows ``[N, K]``; weights of classes stay as they are."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("rows", torch.eye(classes), persistent=False)

    def forward(self, condition: Tensor | None) -> Tensor:
        """Return rows ``[N, K]``. Raises as :func:`class_rows` does."""
        return class_rows(self.get_buffer("rows"), condition)


def need_classes(part: object, classes: int) -> None:
    """Raise UserError unless there are classes to tell apart."""
    if classes < 1:
        raise UserError(
            f"{type(part).__name__} tells classes apart, and the data set has none; use a set with classes, "
            "such as data=mnist"
        )
