"""R2: a penalty on the critic's gradient at the generated samples.

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
class R2:
    """gamma / 2 * ||grad_x D(fake)||² (equation 10 of the paper), the counterpart of R1.

    With both penalties, D's gradient vanishes on all data once G has converged.

    Raises ``UserError`` if ``gamma`` is negative or not finite, or ``every`` is below 1.
    """

    name: ClassVar[str] = "r2"
    per_sample: ClassVar[bool] = True
    gamma: float = 10.0
    every: int = 1

    def __post_init__(self) -> None:
        check_weight("R2", "gamma", self.gamma)
        check_every("R2", self.every)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the penalty, ``[N]``, at least 0; ``real`` and ``context`` are not used."""
        return self.gamma / 2 * self.every * squared_gradient_norm(critic, fake.x, fake.y)
