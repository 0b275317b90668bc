"""A regularizer whose weight changes through the run."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganbench.data.base import Batch
from ganbench.regularizers.base import Critic, Regularizer
from ganbench.training.phase import Context
from ganbench.training.schedule import Factor


@dataclass(frozen=True)
class Scheduled:
    """The term times the factor of this step: ``Scheduled(R1(gamma=1.0), Linear(start=1.0, end=0.1))``."""

    term: Regularizer
    factor: Factor

    @property
    def name(self) -> str:
        """The term's own name."""
        return self.term.name

    @property
    def every(self) -> int:
        """The term's own cadence."""
        return self.term.every

    @property
    def per_sample(self) -> bool:
        """Whether the term depends on each sample's own score."""
        return getattr(self.term, "per_sample", False)

    def __call__(self, critic: Critic, real: Batch, fake: Batch, context: Context) -> Tensor:
        """Return the weighted term, ``[N]``."""
        return self.term(critic, real, fake, context) * self.factor(context.step, context.steps)
