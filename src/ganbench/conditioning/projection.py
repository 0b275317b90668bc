"""The projection discriminator.

cGANs with Projection Discriminator (2018), arXiv:1802.05637.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, require_classes, select_rows
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.errors import UserError


@dataclass(frozen=True)
class Projection(DiscriminatorConditioning):
    """D(x, y) = ``weight`` <V_y, h> + w h + b, where h are the features of x and V has a row for each class.

    The paper uses a weight of 1. If D has spectral norm, w and V always have norm 1, so only a smaller weight can
    reduce the influence of the class.

    V starts from N(0, 0.02²), or orthogonal in a network whose other weights are.

    Raises ``UserError`` if ``weight`` is not above 0.
    """

    needs_condition: ClassVar[bool] = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise UserError(f"Projection: weight must be a finite number above 0, but is {self.weight}")

    def make_head(self, features: int, classes: int) -> Head:
        """Return the projection head for this number of features. Raises UserError without classes."""
        require_classes(self, classes)
        return _ProjectionHead(features, classes, self.weight)


class _ProjectionHead(Head):
    def __init__(self, features: int, classes: int, weight: float) -> None:
        super().__init__()
        self.weight = weight
        self.score, self.embedding = nn.Linear(features, 1), nn.Embedding(classes, features)
        nn.init.normal_(self.embedding.weight, 0.0, 0.02)  # torch's N(0, 1) would dominate the score

    def forward(self, features: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        rows = select_rows(self.embedding.weight, condition)
        projection = (rows * features).sum(1)
        return DiscriminatorOutput(self.score(features).squeeze(1) + self.weight * projection, features)
