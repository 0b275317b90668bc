"""Noise on the targets of a cross-entropy loss: soft labels, drawn for each sample.

Improved Techniques for Training GANs (2016), arXiv:1606.03498, has constant soft labels; drawing them is common
practice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.regularizers.base import Critic
from ganbench.regularizers.checks import check_every, check_weight
from ganbench.training.phase import Context


@dataclass(frozen=True)
class LabelNoise:
    """-u * D(real) - v * D(fake), with u uniform in [-real, real) and v in [-fake, fake) for each sample.

    The cross-entropy of score s and target t is softplus(s) - t * s. Added to the loss, this term turns the targets of
    ``NonSaturating`` into t + u and t + v: ``NonSaturating(real_target=0.95, fake_target=0.05)`` with a noise of
    0.05 has targets in [0.9, 1) and [0, 0.1). Its mean over the noise is 0.

    Raises ``UserError`` if ``real`` or ``fake`` is negative or not finite, or ``every`` is below 1.
    """

    name: ClassVar[str] = "label_noise"
    real: float = 0.05
    fake: float = 0.05
    every: int = 1

    def __post_init__(self) -> None:
        check_weight("LabelNoise", "real", self.real)
        check_weight("LabelNoise", "fake", self.fake)
        check_every("LabelNoise", self.every)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term, ``[N]``, of either sign."""
        u = context.stream.uniform(len(real), low=-self.real, high=self.real)
        v = context.stream.uniform(len(fake), low=-self.fake, high=self.fake)
        return -self.every * (u * critic(real.x, real.y) + v * critic(fake.x, fake.y))
