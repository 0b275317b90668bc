"""The projection discriminator: cGANs with Projection Discriminator, 2018, arXiv 1802.05637."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, class_rows, need_classes
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError


@dataclass(frozen=True)
class Projection(DiscriminatorConditioning):
    """D(x, y) = ``weight`` <V_y, h> + w h + b for the features h of x: V has a row for each class.

    The paper has a weight of 1. Where D has spectral norm, w and V both have the norm 1 whatever is learnt, so that
    only a smaller weight lets the class count for less.

    Raises ``UserError`` if ``weight`` is not above 0.
    """

    needs_condition: ClassVar[bool] = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise UserError(f"Projection: weight must be a finite number above 0, but is {self.weight}")

    def head(self, features: int, classes: int) -> Head:
        """Return the projection for that many features. Raises UserError without classes."""
        need_classes(self, classes)
        return _Projected(features, classes, self.weight)


class _Projected(Head):
    def __init__(self, features: int, classes: int, weight: float) -> None:
        super().__init__()
        self.weight = weight
        self.score, self.embedding = nn.Linear(features, 1), nn.Embedding(classes, features)
        nn.init.normal_(self.embedding.weight, 0.0, 0.02)  # torch's N(0, 1) would drown the rest of the score

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        rows = class_rows(self.embedding.weight, condition)
        of_class = (rows * features).sum(1)
        return DiscriminatorOutput(self.score(features).squeeze(1) + self.weight * of_class, features)
