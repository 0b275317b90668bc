"""One generator against one discriminator: Generative Adversarial Networks, 2014, arXiv 1406.2661."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganbench.algorithms.base import Algorithm
from ganbench.algorithms.packing import check_packs, pack, packed_shape
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Constraint, Regularizer, with_state
from ganbench.training.phase import Context, Phase, Terms


class Adversarial(Algorithm):
    """``critic_steps`` updates of D, each on fresh data and fresh latents, then one of G.

    The fakes of a D update carry no gradient; D is frozen while G moves, so neither pays for the other.
    ``one_pass`` scores real and fake samples in one pass of D: the same for networks without batch statistics,
    and faster; with batch norm it mixes their statistics. With ``packing`` above 1, D judges packs of so many
    samples (see :func:`pack`), and its regularizers see these packs.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D")

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        regularizers: Sequence[Regularizer] = (),
        constraints: Sequence[Constraint] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
        packing: int = 1,
    ) -> None:
        super().__init__()
        for name, count in (("critic_steps", critic_steps), ("packing", packing)):
            if count < 1:
                raise UserError(f"algorithm.{name} must be at least 1, not {count}")
        self.latent, self.loss, self.regularizers = latent, loss, tuple(regularizers)
        self.constraints, self.states = tuple(constraints), with_state(self.regularizers)
        self.logits = getattr(loss, "logits", False)  # a loss may leave it out
        self.critic_steps, self.one_pass, self.packing = critic_steps, one_pass, packing
        names = [r.name for r in self.regularizers]  # two of one name are two terms, each with its own
        self.terms = [n if n not in names[:i] else f"{n}-{i + 1}" for i, n in enumerate(names)]

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, repeated ``critic_steps`` times, then G's."""
        return (
            Phase("D", ("D",), self.discriminator_terms, repeats=self.critic_steps, after=self.constrain),
            Phase("G", ("G",), self.generator_terms, reads_data=self.loss.generator_needs_real),
        )

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of what a network makes or judges: for D that of a pack."""
        return packed_shape(shape, self.packing) if network == "D" else shape

    def doubts(self, networks: nn.ModuleDict) -> Iterator[str]:
        """Say which regularizers are at odds with a D that has batch norm."""
        if not any(isinstance(layer, _BatchNorm) for layer in networks["D"].modules()):
            return
        for name, regularizer in zip(self.terms, self.regularizers, strict=True):
            if getattr(regularizer, "per_sample", False):
                yield (
                    f"'{name}' is meant for the slope of D at each sample, but D has batch norm, which lets each "
                    "score depend on the whole batch; a D without it, or with layer norm, has slopes of its own"
                )

    def check_rows(self, rows: int) -> None:
        """Raise UserError unless ``rows`` samples make whole packs."""
        check_packs(rows, self.packing)

    def discriminator_terms(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Terms:
        """Return D's adversarial term and its regularizers'."""
        assert batch is not None, "D's phase reads data"
        real = batch if self.packing == 1 else Batch(pack(batch.x, self.packing))  # a pack has no one label
        with torch.no_grad():
            made = self.sample(networks, self.latent.draw(context.draws, context.rows))
            fake = Batch(pack(made, self.packing))
        known = self._scores(networks["D"], real, fake)
        terms = {"adversarial": self.loss.discriminator(*known)}

        def critic(x: Tensor, condition: Tensor | None) -> Tensor:
            if x is real.x or x is fake.x:  # a term on the scores themselves costs no pass
                return known[0 if x is real.x else 1]
            scores: Tensor = networks["D"](x)
            return scores

        for name, regularizer in zip(self.terms, self.regularizers, strict=True):
            if context.update % regularizer.every == 0:
                terms[name] = regularizer(critic, real, fake, context)
        return terms

    def _scores(self, discriminator: nn.Module, real: Batch, fake: Batch) -> tuple[Tensor, Tensor]:
        if not self.one_pass:
            return discriminator(real.x), discriminator(fake.x)
        scores = discriminator(torch.cat([real.x, fake.x]))
        return scores[: len(real)], scores[len(real) :]

    def constrain(self, networks: nn.ModuleDict) -> None:
        """Bring D back to where its constraints want it."""
        for constraint in self.constraints:
            constraint(networks["D"])

    def generator_terms(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Terms:
        """Return G's adversarial term."""
        fake = self.sample(networks, self.latent.draw(context.draws, context.rows))
        real = None if batch is None else networks["D"](pack(batch.x, self.packing))
        return {"adversarial": self.loss.generator(real, networks["D"](pack(fake, self.packing)))}

    def scores(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return D's raw scores ``[N]`` of samples ``[N, *shape]``. Raises UserError if D judges packs of them."""
        if self.packing > 1:
            raise UserError(f"D judges packs of {self.packing} samples, so no sample has a score of its own")
        scores: Tensor = networks["D"](x)
        return scores
