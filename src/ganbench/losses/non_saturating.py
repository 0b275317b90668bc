"""The standard cross-entropy loss, with a generator loss that does not saturate.

Generative Adversarial Networks (2014), arXiv:1406.2661, section 3; one-sided label smoothing from
Improved Techniques for Training GANs (2016), arXiv:1606.03498.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from ganbench.errors import UserError


@dataclass(frozen=True)
class NonSaturating:
    """D minimises BCE(real, real_target) + BCE(fake, fake_target); G minimises BCE(fake, generator_target).

    BCE(s, t) is the binary cross-entropy between sigmoid(s) and the target t, a probability in [0, 1].
    ``real_target=0.9`` is one-sided label smoothing; with ``fake_target=0.1`` as well it is two-sided.

    D's two cross-entropies are summed. In codebases that halve D's loss a penalty counts double: their R1 with
    gamma 10 is gamma 20 here.

    Raises ``UserError`` if a target is not in [0, 1].
    """

    real_target: float = 1.0
    fake_target: float = 0.0
    generator_target: float = 1.0

    generator_needs_real: ClassVar[bool] = False
    logits: ClassVar[bool] = True  # D's output is the sigmoid of the score

    def __post_init__(self) -> None:
        for name in ("real_target", "fake_target", "generator_target"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise UserError(f"NonSaturating: {name} is a probability between 0 and 1, but is {value}")

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the sum of D's two cross-entropies, ``[N]``, from raw scores ``[N]`` each."""
        return _cross_entropy(real, self.real_target) + _cross_entropy(fake, self.fake_target)

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Return G's cross-entropy, ``[N]``; ``real`` is not used."""
        return _cross_entropy(fake, self.generator_target)


def _cross_entropy(score: Tensor, target: float) -> Tensor:
    # softplus(s) - t*s would cancel to 0, value and gradient, where D is right and very sure.
    return target * softplus(-score) + (1 - target) * softplus(score)
