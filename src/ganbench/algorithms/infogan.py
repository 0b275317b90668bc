"""A GAN with latent codes that can be read from its samples.

InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets, 2016,
arXiv 1606.03657.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.algorithms.adversarial import Adversarial
from ganbench.augment import Augmentation
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Codes, Latent, NoiseAndCodes
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Constraint, Regularizer
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.schedule import Constant, Factor


class InfoGAN(Adversarial):
    """``Adversarial`` with a network Q that predicts the latent's codes from D's features of a fake.

    Q's log-likelihood of the codes, plus their entropy, is a lower bound on the mutual information of codes and
    samples, which all networks maximize: ``categorical_weight`` and ``continuous_weight`` times the negative
    log-likelihoods are added to D's loss (which updates D and Q) and to G's, as in the authors' code. With
    ``separate_step`` they are instead the loss of a third phase, which updates G, D and Q with the same optimizers.

    ``categorical_share`` and ``continuous_share`` schedule the two weights; by default they are constant. Codes that
    are introduced once G generates realistic samples take on other meanings than codes that are there from the start.
    With ``augmentation``, Q sees augmented samples, so a code cannot be encoded in what the augmentation changes.

    The bound in nats is logged as ``mutual_information``; it has no gradient. It includes continuous codes, whose
    differential entropy can be negative.

    Raises:
        UserError: the latent has no codes, or a weight is negative.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D", "Q")

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        categorical_weight: float = 1.0,
        continuous_weight: float = 0.1,
        categorical_share: Factor | None = None,
        continuous_share: Factor | None = None,
        separate_step: bool = False,
        regularizers: Sequence[Regularizer] = (),
        constraints: Sequence[Constraint] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
        augmentation: Augmentation | None = None,
    ) -> None:
        super().__init__(
            latent=latent,
            loss=loss,
            regularizers=regularizers,
            constraints=constraints,
            critic_steps=critic_steps,
            one_pass=one_pass,
            augmentation=augmentation,
        )
        if not isinstance(latent, NoiseAndCodes):
            raise UserError("InfoGAN needs a latent with codes; set latent to NoiseAndCodes")
        check_weight("InfoGAN", "categorical_weight", categorical_weight)
        check_weight("InfoGAN", "continuous_weight", continuous_weight)
        self.codes, self.entropy = latent.codes, latent.entropy
        self.weights = categorical_weight, continuous_weight
        self.shares = categorical_share or Constant(), continuous_share or Constant()
        self.separate_step = separate_step

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase (with Q, unless ``separate_step``), then G's, then, if separate, that of all three."""
        d, g = super().phases()
        if self.separate_step:
            return d, g, Phase("Q", ("G", "D", "Q"), self.information_losses, reads_data=False)
        return Phase(d.name, ("D", "Q"), d.loss, repeats=d.repeats, post_step=d.post_step), g

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless D provides features."""
        super().check_networks(networks)
        if not hasattr(networks["D"], "discriminate"):
            raise UserError(
                f"networks.D: a {type(networks['D']).__name__} provides no features for Q to read"
            )

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
        """Return the losses of D and Q on the codes of fakes."""
        return {} if self.separate_step else self._code_losses(networks, outputs[1], latents, context)

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        output: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return G's losses on its codes."""
        return {} if self.separate_step else self._code_losses(networks, output, latents, context)

    def information_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the losses of the phase that only maximizes the mutual information."""
        z = self.latent.draw(context.stream, context.batch_size)
        fakes = self.discriminator_input(self.sample(networks, z), context)
        output = self.discriminate(networks["D"], fakes, None)
        # A gradient of 0 instead of None for D's last layer, which optimizers and several processes treat differently.
        return {**self._code_losses(networks, output, z, context), "scores": 0 * output.scores}

    def _code_losses(
        self, networks: nn.ModuleDict, output: DiscriminatorOutput, latents: Tensor, context: Context
    ) -> dict[str, Tensor]:
        assert output.features is not None, "D provides features"
        prediction = networks["Q"](output.features)
        categorical, continuous = code_nll(self.codes, prediction, latents)
        losses = {"mutual_information": sum(self.entropy) - (categorical + continuous).detach()}
        categorical_weight, continuous_weight = (
            weight * share(context.step, context.steps)
            for weight, share in zip(self.weights, self.shares, strict=True)
        )
        if self.codes.categorical:
            losses["categorical"] = categorical_weight * categorical
        if self.codes.continuous:
            losses["continuous"] = continuous_weight * continuous
        return losses

    def infer(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return Q's prediction of the codes of samples ``[N, *shape]``: ``[N, codes.outputs]``."""
        prediction: Tensor = networks["Q"](self.discriminate(networks["D"], x, None).features)
        return prediction


def code_nll(codes: Codes, prediction: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
    """Return the negative log-likelihoods ``[N]``, in nats, of a latent's categorical and of its continuous codes.

    ``prediction`` is ``[N, codes.outputs]``; the last numbers of ``latents`` ``[N, size]`` are the codes.
    """
    true = latents[:, -codes.size :]
    categorical = torch.zeros_like(prediction[:, 0])
    for logits, one_hot in zip(
        codes.split_categorical(prediction), codes.split_categorical(latents), strict=True
    ):
        categorical = categorical - (functional.log_softmax(logits, 1) * one_hot).sum(1)
    start = sum(codes.categorical)
    mean, log_std = prediction[:, start : start + codes.continuous], prediction[:, start + codes.continuous :]
    error = (true[:, start:] - mean) * torch.exp(-log_std)
    return categorical, (error.square() / 2 + log_std + math.log(2 * math.pi) / 2).sum(1)
