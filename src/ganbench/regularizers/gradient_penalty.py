"""The gradient penalty of WGAN-GP: it pulls the critic's slope to 1 between real and generated samples.

Improved Training of Wasserstein GANs (2017), arXiv:1704.00028.
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
class GradientPenalty:
    """weight * (||grad_x D(x)|| - slope)² at x = e * real + (1 - e) * fake, with one e in [0, 1) per sample.

    The interpolated samples have the labels of the real ones. With ``sigmoid``, D(x) is the probability sigmoid(score)
    instead of the score. Between samples that lie close together, a score of slope 1 could hardly change.

    Raises ``UserError`` if ``weight`` or ``slope`` is negative or not finite, or ``every`` is below 1.
    """

    name: ClassVar[str] = "gradient_penalty"
    per_sample: ClassVar[bool] = True
    weight: float = 10.0
    slope: float = 1.0
    every: int = 1
    sigmoid: bool = False

    def __post_init__(self) -> None:
        check_weight("GradientPenalty", "weight", self.weight)
        check_weight("GradientPenalty", "slope", self.slope)
        check_every("GradientPenalty", self.every)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the penalty, ``[N]``, at least 0: the second term of the paper's equation 3."""
        e = context.stream.uniform(len(real)).reshape(-1, *(1 for _ in real.x.shape[1:]))
        interpolated = fake.x + e * (real.x - fake.x)
        output = self._probability(critic) if self.sigmoid else critic
        return self.weight * self.every * (gradient_norm(output, interpolated, real.y) - self.slope).square()

    def _probability(self, critic: Critic) -> Critic:
        return lambda x, y: critic(x, y).sigmoid()
