"""DRAGAN: a penalty that pulls the critic's slope to 1 near the real samples.

On Convergence and Stability of GANs (2017), arXiv:1705.07215.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.regularizers.base import Critic
from ganbench.regularizers.checks import check_every, check_weight
from ganbench.regularizers.gradient_norm import gradient_norm
from ganbench.training.phase import Context


@dataclass(frozen=True)
class Dragan:
    """weight * (||grad D(x + reach * std * u)|| - 1)²: std is the batch's, u uniform in [0, 1) for each element of x.

    Raises ``UserError`` if ``weight`` or ``reach`` is negative or not finite, or ``every`` is below 1.
    """

    name: ClassVar[str] = "dragan"
    per_sample: ClassVar[bool] = True
    weight: float = 10.0
    reach: float = 0.5
    every: int = 1

    def __post_init__(self) -> None:
        check_weight("Dragan", "weight", self.weight)
        check_weight("Dragan", "reach", self.reach)
        check_every("Dragan", self.every)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the penalty, ``[N]``, at least 0; ``fake`` is not used."""
        noise = context.stream.uniform(len(real), *real.x.shape[1:])
        nearby = real.x + self.reach * real.x.std(correction=0) * noise
        return self.weight * self.every * (gradient_norm(critic, nearby, real.y) - 1).square()
