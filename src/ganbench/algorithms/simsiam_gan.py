"""A GAN conditioned on representations of real pictures: a condition without labels.

In the manner of Conditional Image Synthesis With Auxiliary Classifier GANs (2016), arXiv:1610.09585, with the
representations of Exploring Simple Siamese Representation Learning (2020), arXiv:2011.10566, in the place of classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.frozen_encoder import represent
from ganbench.algorithms.representation_conditioned import OnRepresentations, Sampling
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.latents import WithRepresentation
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.training.phase import Context, Phase
from ganbench.training.schedule import Constant, Factor


class SimSiamGAN(OnRepresentations):
    """G makes pictures of representations r of real ones; Q reads them from D's features, and f from pictures.

    D and Q lower D's adversarial loss - ``discriminator_weight`` times the mean cosine of r and Q's guesses of it from
    real and fake pictures; G and T lower G's - the same weight times that of fakes - ``generator_weight`` times the
    cosine of r and f's representation of the fake, whose gradient passes through f. That cosine is logged, too. Real
    pictures of an update are those whose representations its fakes are made of.

    With ``prior``, a GAN of representations, networks P and C (its G and D) learn beside the rest, so that samples
    can be made without any picture. ``sampling`` says how samples start; it can be changed later.

    Raises:
        UserError: the latent has no representation, or ``sampling`` is unknown or needs a ``prior``.
    """

    networks: ClassVar[tuple[str, ...]] = ("f", "G", "D", "Q", "T")

    def __init__(
        self,
        *,
        latent: WithRepresentation,
        loss: Loss,
        discriminator_weight: Factor | None = None,
        generator_weight: Factor | None = None,
        prior: Adversarial | None = None,
        sampling: Sampling = "real",
        regularizers: Sequence[Regularizer] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
    ) -> None:
        super().__init__(
            latent=latent, loss=loss, regularizers=regularizers, critic_steps=critic_steps, one_pass=one_pass
        )
        self.weights = discriminator_weight or Constant(0.1), generator_weight or Constant(0.1)
        self.tell(latent, prior, sampling)

    def phases(self) -> tuple[Phase, ...]:
        """Return the phase of D and Q, that of G and T, and those of the learned prior if there is one."""
        d, g = super().phases()
        own = (
            Phase(d.name, ("D", "Q"), d.loss, repeats=d.repeats, post_step=d.post_step),
            Phase(g.name, ("G", "T"), g.loss),
        )
        return own if self.prior is None else (*own, *self.prior.phases())

    def discriminate(
        self, discriminator: nn.Module, x: Tensor, condition: Tensor | None
    ) -> DiscriminatorOutput:
        """Return D's scores and features."""
        judged: DiscriminatorOutput = discriminator.discriminate(x)  # type: ignore[operator]
        return judged

    def extra_discriminator_losses(
        self,
        networks: nn.ModuleDict,
        batches: tuple[Batch, Batch],
        judged: tuple[DiscriminatorOutput, DiscriminatorOutput],
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return the term of D and Q: whose representation real and fake pictures show."""
        real, fake = (self._told(networks, one, latents) for one in judged)
        return {"representation": -self.weights[0](context.step, context.steps) * (real + fake) / 2}

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        judged: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return the terms of G and T: that fakes show their representation to D, and to f."""
        of_d, of_f = (weight(context.step, context.steps) for weight in self.weights)
        with torch.set_grad_enabled(of_f != 0 and torch.is_grad_enabled()):
            cosine = functional.cosine_similarity(represent(networks["f"], fake.x), latents[:, self.noise :])
        return {
            "representation": -of_d * self._told(networks, judged, latents),
            "consistency": -of_f * cosine,
            "cosine": cosine.detach(),
        }

    def _told(self, networks: nn.ModuleDict, judged: DiscriminatorOutput, latents: Tensor) -> Tensor:
        return functional.cosine_similarity(networks["Q"](judged.features), latents[:, self.noise :])
