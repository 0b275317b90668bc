"""Two domains, a way from each to the other, and back to the start.

Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, 2017, arXiv 1703.10593.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.image_pool import ImagePool
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses.base import Loss
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class CycleGAN(Algorithm):
    """G makes pictures of domain b of those of a, F of a of those of b; DB and DA judge them.

    G and F lower their adversarial losses + ``cycle_weight`` times the mean absolute errors of F(G(a)) and G(F(b))
    + ``identity_weight`` times those of G(b) and F(a). With ``history`` above 0 a discriminator is shown, for every
    second fake, one of that many earlier ones. Scores of patches are averaged over each picture after the loss.

    A batch has pictures of b and, given, of a. Samples are those of b that G makes of given ones.

    Raises:
        UserError: a weight is negative or ``history`` is, or the loss compares fakes with real samples.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "F", "DA", "DB")
    averaged = ("G", "F")
    needs_real_inputs = True

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
        if loss.generator_needs_real:
            raise UserError(f"algorithm.loss: {type(loss).__name__} compares pairs, and domains have none")
        self.loss, self.cycle_weight, self.identity_weight = loss, cycle_weight, identity_weight
        self.history_a, self.history_b = ImagePool(history, shape), ImagePool(history, shape)

    def phases(self) -> tuple[Phase, ...]:
        """Return the phase of both generators, then that of both discriminators."""
        return (
            Phase("G", ("G", "F"), self.generator_losses),
            Phase("D", ("DA", "DB"), self.discriminator_losses),
        )

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the terms ``[N]`` of both generators."""
        a, b = _domains(batch)
        fake_b, fake_a = networks["G"](a), networks["F"](b)
        terms = {
            "adversarial_b": _per_sample(self.loss.generator(None, networks["DB"](fake_b))),
            "adversarial_a": _per_sample(self.loss.generator(None, networks["DA"](fake_a))),
            "cycle_a": self.cycle_weight * _distance(networks["F"](fake_b), a),
            "cycle_b": self.cycle_weight * _distance(networks["G"](fake_a), b),
        }
        if self.identity_weight:
            terms["identity_b"] = self.identity_weight * _distance(networks["G"](b), b)
            terms["identity_a"] = self.identity_weight * _distance(networks["F"](a), a)
        return terms

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return the terms ``[N]`` of both discriminators."""
        a, b = _domains(batch)
        with torch.no_grad():
            fake_b = self.history_b(networks["G"](a), context.draws)
            fake_a = self.history_a(networks["F"](b), context.draws)
        judged = {"b": (networks["DB"], b, fake_b), "a": (networks["DA"], a, fake_a)}
        return {
            f"adversarial_{domain}": _per_sample(self.loss.discriminator(judge(real), judge(fake)))
            for domain, (judge, real, fake) in judged.items()
        }

    def prepare_latents(self, networks: nn.ModuleDict, drawn: Tensor, items: Tensor | None) -> Tensor:
        """Return the given pictures themselves: samples are made of nothing else."""
        assert items is not None, "samples start from items"
        return items

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return pictures of a as G would have them in b."""
        return self.translate(networks, latent)

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, back: bool = False) -> Tensor:
        """Return pictures of a as G would have them in b; ``back``, those of b as F would have them in a."""
        translated: Tensor = networks["F" if back else "G"](x)
        return translated

    def reconstruct(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return pictures of a after the whole cycle."""
        return self.translate(networks, self.translate(networks, x), back=True)


def _domains(batch: Batch | None) -> tuple[Tensor, Tensor]:
    if batch is None or batch.given is None:
        raise UserError("CycleGAN needs two domains: set data=pairs data.a=folder:DIR_A data.b=folder:DIR_B")
    return batch.given, batch.x


def _distance(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().flatten(1).mean(1)


def _per_sample(values: Tensor) -> Tensor:
    return values if values.dim() == 1 else values.flatten(1).mean(1)
