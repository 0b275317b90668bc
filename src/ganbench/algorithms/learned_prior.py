"""A GAN of representations that learns beside another algorithm: P makes them of noise, C judges them."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ganbench.algorithms.adversarial import Adversarial
from ganbench.data.base import Batch
from ganbench.training.phase import Context, LossDict, Phase

Represent = Callable[[nn.ModuleDict, Tensor], Tensor]


class LearnedPrior(nn.Module):
    """``gan`` plays on representations, its G being P and its D being C; ``represent`` makes those of real samples."""

    def __init__(self, gan: Adversarial, represent: Represent) -> None:
        super().__init__()
        self.gan, self._represent = gan, represent

    def phases(self) -> tuple[Phase, ...]:
        """Return C's phase and P's."""
        needs_real = self.gan.loss.generator_needs_real
        return (
            Phase("C", ("C",), self.judged, repeats=self.gan.critic_steps),
            Phase("P", ("P",), self.made, reads_data=needs_real),
        )

    def judged(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return C's terms."""
        return self.gan.discriminator_losses(_pair(networks), self._of(networks, batch), context)

    def made(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return P's terms."""
        return self.gan.generator_losses(_pair(networks), self._of(networks, batch), context)

    def _of(self, networks: nn.ModuleDict, batch: Batch | None) -> Batch | None:
        return None if batch is None else Batch(self._represent(networks, batch.x))


def _pair(networks: nn.ModuleDict) -> nn.ModuleDict:
    return nn.ModuleDict({"G": networks["P"], "D": networks["C"]})
