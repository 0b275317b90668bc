"""The projection discriminator: cGANs with Projection Discriminator, 2018, arXiv 1802.05637."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ganbench.conditioning.base import DiscriminatorConditioning, Head, class_rows, need_classes
from ganbench.conditioning.judgement import Judgement


@dataclass(frozen=True)
class Projection(DiscriminatorConditioning):
    """D(x, y) = <V_y, h> + w h + b for the features h of x: V has a row for each class."""

    needs_condition: ClassVar[bool] = True

    def head(self, features: int, classes: int) -> Head:
        """Return the projection for that many features. Raises UserError without classes."""
        need_classes(self, classes)
        return _Projected(features, classes)


class _Projected(Head):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.score, self.embedding = nn.Linear(features, 1), nn.Embedding(classes, features)
        nn.init.normal_(self.embedding.weight, 0.0, 0.02)  # torch's N(0, 1) would drown the rest of the score

    def forward(self, features: Tensor, condition: Tensor | None = None) -> Judgement:
        rows = class_rows(self.embedding.weight, condition)
        return Judgement(self.score(features).squeeze(1) + (rows * features).sum(1), features)
