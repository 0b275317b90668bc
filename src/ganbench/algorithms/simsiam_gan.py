"""A GAN conditioned on representations of real images instead of labels.

In the manner of Conditional Image Synthesis With Auxiliary Classifier GANs (2016), arXiv:1610.09585, with the
representations of Exploring Simple Siamese Representation Learning (2020), arXiv:2011.10566, in the place of classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.frozen_encoder import represent
from ganbench.algorithms.representation_conditioned import RepresentationConditionedGAN, Sampling
from ganbench.augment import Augmentation
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.latents import NoiseAndRepresentation
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer
from ganbench.training.phase import Context, Phase
from ganbench.training.schedule import Constant, Factor


class SimSiamGAN(RepresentationConditionedGAN):
    """G generates images from representations r of real ones; Q predicts r from D's features, f computes it.

    D and Q minimize D's adversarial loss - ``discriminator_weight`` times the mean cosine of r and Q's predictions for
    real and fake images. G and T minimize G's loss - the same weight times that cosine for fakes - ``generator_weight``
    times the cosine of r and f(fake), whose gradient passes through f. The latter cosine is logged too. The fakes of an
    update are generated from the representations of its real images.

    ``prior``, ``sampling`` and ``representation_noise`` are those of :class:`RepresentationConditionedGAN`, the other
    options those of ``Adversarial``; ``sampling`` can be changed later.

    Raises:
        UserError: the latent has no representation, ``representation_noise`` is negative, or ``sampling`` is unknown
            or needs a ``prior``.
    """

    networks: ClassVar[tuple[str, ...]] = ("f", "G", "D", "Q", "T")

    def __init__(
        self,
        *,
        latent: NoiseAndRepresentation,
        loss: Loss,
        discriminator_weight: Factor | None = None,
        generator_weight: Factor | None = None,
        prior: Adversarial | None = None,
        sampling: Sampling = "real",
        representation_noise: float = 0.0,
        regularizers: Sequence[Regularizer] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
        reuse_fakes: bool = False,
        augmentation: Augmentation | None = None,
    ) -> None:
        super().__init__(
            latent=latent,
            loss=loss,
            prior=prior,
            sampling=sampling,
            representation_noise=representation_noise,
            regularizers=regularizers,
            critic_steps=critic_steps,
            one_pass=one_pass,
            reuse_fakes=reuse_fakes,
            augmentation=augmentation,
        )
        self.weights = discriminator_weight or Constant(0.1), generator_weight or Constant(0.1)

    def phases(self) -> tuple[Phase, ...]:
        """Return the phase of D and Q, that of G and T, and those of the learned prior if there is one."""
        d, g = super().phases()
        phases = (
            replace(d, updates=("D", "Q"), keep_graph_for=("G", "T") if self.reuse_fakes else ()),
            replace(g, updates=("G", "T"), reads_data=g.reads_data or not self.reuse_fakes),
        )
        return phases if self.prior is None else (*phases, *self.prior.phases())

    def discriminate(
        self, discriminator: nn.Module, x: Tensor, condition: Tensor | None
    ) -> DiscriminatorOutput:
        """Return D's scores and features."""
        output: DiscriminatorOutput = discriminator.discriminate(x)  # type: ignore[operator]
        return output

    def extra_discriminator_losses(
        self,
        networks: nn.ModuleDict,
        batches: tuple[Batch, Batch],
        outputs: tuple[DiscriminatorOutput, DiscriminatorOutput],
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return the loss of D and Q on the representations of real and fake images."""
        real, fake = (self._predicted_cosine(networks, output, latents) for output in outputs)
        return {"representation": -self.weights[0](context.step, context.steps) * (real + fake) / 2}

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        output: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return the losses of G and T on the representations of fakes, as predicted by Q and as computed by f."""
        q_weight, f_weight = (weight(context.step, context.steps) for weight in self.weights)
        with torch.set_grad_enabled(f_weight != 0 and torch.is_grad_enabled()):
            cosine = functional.cosine_similarity(represent(networks["f"], fake.x), latents[:, self.noise :])
        return {
            "representation": -q_weight * self._predicted_cosine(networks, output, latents),
            "consistency": -f_weight * cosine,
            "cosine": cosine.detach(),
        }

    def _predicted_cosine(
        self, networks: nn.ModuleDict, output: DiscriminatorOutput, latents: Tensor
    ) -> Tensor:
        """Return the cosine ``[N]`` of Q's prediction and the representation in the latent."""
        return functional.cosine_similarity(networks["Q"](output.features), latents[:, self.noise :])
