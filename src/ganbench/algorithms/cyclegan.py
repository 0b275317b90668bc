"""Translation between two domains without pairs, by a generator in each direction.

Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, 2017, arXiv 1703.10593.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.image_pool import ImagePool
from ganbench.algorithms.translator import (
    Translator,
    mean_absolute_error,
    per_sample,
    require_unpaired,
    two_domains,
)
from ganbench.data.base import Batch
from ganbench.losses.base import Loss
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class CycleGAN(Translator):
    """G translates images of domain a to b, F from b to a; the discriminators DB and DA score the results.

    G and F minimize their adversarial losses + ``cycle_weight`` times the mean absolute errors of F(G(a)) and G(F(b))
    + ``identity_weight`` times those of G(b) and F(a). With ``history`` above 0, about half of the fakes that a
    discriminator sees are replaced by earlier ones, from a pool of that many images. Scores of patches are averaged
    over each image after the loss.

    A batch has images of b as ``x`` and images of a as ``source``. Samples are translations from a to b of real images.

    Raises:
        UserError: a weight or ``history`` is negative, or the loss compares fakes with real samples.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "F", "DA", "DB")
    averaged = ("G", "F")
    domains = ("a", "b")
    loss: Loss

    def __init__(
        self,
        *,
        loss: Loss,
        shape: tuple[int, ...],
        cycle_weight: float = 10.0,
        identity_weight: float = 0.0,
        history: int = 0,
    ) -> None:
        super().__init__()
        check_weight("CycleGAN", "cycle_weight", cycle_weight)
        check_weight("CycleGAN", "identity_weight", identity_weight)
        require_unpaired(loss, "CycleGAN")
        self.loss, self.cycle_weight, self.identity_weight = loss, cycle_weight, identity_weight
        self.history_a, self.history_b = ImagePool(history, shape), ImagePool(history, shape)

    def phases(self) -> tuple[Phase, ...]:
        """Return the phase of both generators, then that of both discriminators."""
        return (
            Phase("G", ("G", "F"), self.generator_losses),
            Phase("D", ("DA", "DB"), self.discriminator_losses),
        )

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the losses ``[N]`` of both generators."""
        a, b = two_domains(batch, "CycleGAN")
        fake_b, fake_a = networks["G"](a), networks["F"](b)
        losses = {
            "adversarial_b": per_sample(self.loss.generator(None, networks["DB"](fake_b))),
            "adversarial_a": per_sample(self.loss.generator(None, networks["DA"](fake_a))),
            "cycle_a": self.cycle_weight * mean_absolute_error(networks["F"](fake_b), a),
            "cycle_b": self.cycle_weight * mean_absolute_error(networks["G"](fake_a), b),
        }
        if self.identity_weight:
            losses["identity_b"] = self.identity_weight * mean_absolute_error(networks["G"](b), b)
            losses["identity_a"] = self.identity_weight * mean_absolute_error(networks["F"](a), a)
        return losses

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return the losses ``[N]`` of both discriminators."""
        a, b = two_domains(batch, "CycleGAN")
        with torch.no_grad():
            fake_b = self.history_b(networks["G"](a), context.stream)
            fake_a = self.history_a(networks["F"](b), context.stream)
        inputs = {"b": (networks["DB"], b, fake_b), "a": (networks["DA"], a, fake_a)}
        return {
            f"adversarial_{domain}": per_sample(self.loss.discriminator(critic(real), critic(fake)))
            for domain, (critic, real, fake) in inputs.items()
        }

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        """Return images of the other domain translated to ``target``."""
        translated: Tensor = networks[{"a": "F", "b": "G"}[target]](x)
        return translated

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return images of a translated to b and back."""
        return self.translate(networks, self.translate(networks, x, target="b"), target="a")
