"""R1: a penalty on the critic's gradient at the real samples.

Which Training Methods for GANs do actually Converge? (2018), arXiv:1801.04406.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.regularizers.base import Critic
from ganbench.regularizers.checks import check_every, check_weight
from ganbench.regularizers.gradient_norm import squared_gradient_norm
from ganbench.training.phase import Context


@dataclass(frozen=True)
class R1:
    """gamma / 2 * ||grad_x D(real)||² (equation 9 of the paper), with the labels of the real samples.

    ``gamma`` is the paper's, for a discriminator loss that sums its real and its fake part. In codebases that halve D's
    loss a penalty counts double: their gamma 10 is gamma 20 here. ``every`` above 1 makes it lazy.

    Raises ``UserError`` if ``gamma`` is negative or not finite, or ``every`` is below 1.
    """

    name: ClassVar[str] = "r1"
    per_sample: ClassVar[bool] = True
    gamma: float = 10.0
    every: int = 1

    def __post_init__(self) -> None:
        check_weight("R1", "gamma", self.gamma)
        check_every("R1", self.every)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the penalty, ``[N]``, at least 0; ``fake`` and ``context`` are not used."""
        return self.gamma / 2 * self.every * squared_gradient_norm(critic, real.x, real.y)
