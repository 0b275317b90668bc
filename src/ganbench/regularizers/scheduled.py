"""A regularizer whose weight follows a schedule."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.regularizers.base import Critic, Regularizer
from ganbench.training.phase import Context
from ganbench.training.schedule import Factor


@dataclass(frozen=True)
class Scheduled:
    """A regularizer times a scheduled factor, such as ``Scheduled(R1(gamma=1.0), Linear(start=1.0, end=0.1))``."""

    term: Regularizer
    factor: Factor

    @property
    def name(self) -> str:
        """The wrapped term's name."""
        return self.term.name

    @property
    def every(self) -> int:
        """The wrapped term's interval in updates."""
        return self.term.every

    @property
    def per_sample(self) -> bool:
        """Whether the wrapped term uses the gradient at each sample."""
        return getattr(self.term, "per_sample", False)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the term times the factor of the current step, ``[N]``."""
        return self.term(critic, real, fake, context) * self.factor(context.step, context.steps)
