"""One generator against one discriminator: Generative Adversarial Networks, 2014, arXiv 1406.2661."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.base import Algorithm
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Constraint, Regularizer
from ganbench.training.phase import Context, Phase, Terms


class Adversarial(Algorithm):
    """``critic_steps`` updates of D, each on fresh data and fresh latents, then one of G.

    The fakes of a D update carry no gradient; D is frozen while G moves, so neither pays for the other.
    ``one_pass`` scores real and fake samples in one pass of D: the same for networks without batch statistics,
    and faster; with batch norm it mixes their statistics.
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
    ) -> None:
        super().__init__()
        if critic_steps < 1:
            raise UserError(f"algorithm.critic_steps must be at least 1, not {critic_steps}")
        self.latent, self.loss, self.regularizers = latent, loss, tuple(regularizers)
        self.constraints = tuple(constraints)
        self.critic_steps, self.one_pass = critic_steps, one_pass
        names = [r.name for r in self.regularizers]  # two of one name are two terms, each with its own
        self.terms = [n if n not in names[:i] else f"{n}-{i + 1}" for i, n in enumerate(names)]

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, repeated ``critic_steps`` times, then G's."""
        return (
            Phase("D", ("D",), self.discriminator_terms, repeats=self.critic_steps, after=self.constrain),
            Phase("G", ("G",), self.generator_terms, reads_data=self.loss.generator_needs_real),
        )

    def discriminator_terms(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> Terms:
        """Return D's adversarial term and its regularizers'."""
        assert batch is not None, "D's phase reads data"
        with torch.no_grad():
            fake = Batch(self.sample(networks, self.latent.draw(context.draws, context.rows)))
        terms = {"adversarial": self.loss.discriminator(*self._scores(networks["D"], batch, fake))}

        def critic(x: Tensor, condition: Tensor | None) -> Tensor:
            scores: Tensor = networks["D"](x)
            return scores

        for name, regularizer in zip(self.terms, self.regularizers, strict=True):
            if context.update % regularizer.every == 0:
                terms[name] = regularizer(critic, batch, fake, context)
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
        real = None if batch is None else networks["D"](batch.x)
        return {"adversarial": self.loss.generator(real, networks["D"](fake))}

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return G's samples ``[N, *shape]`` for latents ``[N, size]``."""
        if condition is not None:
            raise UserError("this model was trained without classes, so it cannot sample one")
        samples: Tensor = networks["G"](latent)
        return samples
