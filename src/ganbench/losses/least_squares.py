"""The least-squares loss: scores are regressed to target values.

Least Squares Generative Adversarial Networks (2016), arXiv:1611.04076.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ganbench.errors import UserError


@dataclass(frozen=True)
class LeastSquares:
    """D minimises ((real - b)² + (fake - a)²) / 2; G minimises (fake - c)² / 2 (equation 2 of the paper).

    ``a``, ``b`` and ``c`` are the paper's symbols: D's target for fake scores, D's target for real scores, and G's
    target for fake scores. The usual choices are (0, 1, 1) and (-1, 1, 0); the latter minimises a Pearson
    chi-squared divergence.

    Raises ``UserError`` if a target is not finite, or if ``a`` and ``b`` are equal.
    """

    a: float = 0.0
    b: float = 1.0
    c: float = 1.0

    generator_needs_real: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in ("a", "b", "c"):
            if not math.isfinite(getattr(self, name)):
                raise UserError(f"LeastSquares: {name} must be a finite number, but is {getattr(self, name)}")
        if self.a == self.b:
            raise UserError(
                f"LeastSquares: a and b must differ, but both are {self.a}; the usual values are a=0, b=1"
            )

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return D's loss, ``[N]``, at least 0, from raw scores ``[N]`` each."""
        return ((real - self.b).square() + (fake - self.a).square()) / 2

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return G's loss, ``[N]``, at least 0; ``real`` is not used."""
        return (fake - self.c).square() / 2
