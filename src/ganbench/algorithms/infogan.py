"""Codes that samples must show: InfoGAN, Interpretable Representation Learning by Information Maximizing GANs.

2016, arXiv 1606.03657.
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
from ganbench.latents import Codes, Latent, Structured
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Constraint, Regularizer
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase
from ganbench.training.schedule import Constant, Factor


class InfoGAN(Adversarial):
    """``Adversarial`` with a network Q that reads the latent's codes from D's features of a fake.

    Q's log-likelihood of the codes, plus their entropy, is a lower bound on the mutual information of codes and
    samples. It is raised by all: ``categorical_weight`` and ``continuous_weight`` times the negative log-likelihoods
    are added to D's loss (which moves D and Q) and to G's, as in the authors' code. With ``separate_step`` they are
    instead a third phase that moves G, D and Q, with the same optimizers as the others.

    ``categorical_share`` and ``continuous_share`` say how much of each weight counts as training goes on, all of it
    unless given: codes that come in when G already draws what the data show are given to other things than codes that
    are there when it draws blots. With ``augmentation`` Q reads augmented samples, so that a code cannot be hidden in
    what the augmentation changes.

    The bound in nats is logged as ``mutual_information``; it has no gradient. It counts continuous codes too, whose
    entropy can be negative.
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
        if not isinstance(latent, Structured):
            raise UserError("InfoGAN needs a latent with codes; set latent to Structured")
        check_weight("InfoGAN", "categorical_weight", categorical_weight)
        check_weight("InfoGAN", "continuous_weight", continuous_weight)
        self.codes, self.entropy = latent.codes, latent.entropy
        self.weights = categorical_weight, continuous_weight
        self.shares = categorical_share or Constant(), continuous_share or Constant()
        self.separate_step = separate_step

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, which moves Q as well unless that has a phase of its own, then G's, then maybe Q's."""
        d, g = super().phases()
        if self.separate_step:
            return d, g, Phase("Q", ("G", "D", "Q"), self.information_step, reads_data=False)
        moves = Phase(d.name, ("D", "Q"), d.loss, repeats=d.repeats, post_step=d.post_step)
        return moves, g

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless D shows its features."""
        super().check_networks(networks)
        if not hasattr(networks["D"], "discriminate"):
            raise UserError(
                f"networks.D: a {type(networks['D']).__name__} shows no features that Q could read"
            )

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
        """Return D's and Q's terms of the fakes' codes."""
        return {} if self.separate_step else self._terms(networks, judged[1], latents, context)

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        judged: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return G's terms of its codes."""
        return {} if self.separate_step else self._terms(networks, judged, latents, context)

    def information_step(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return the terms of the phase that raises the information alone."""
        z = self.latent.draw(context.draws, context.rows)
        judged = self.discriminate(networks["D"], self.shown(self.sample(networks, z), context), None)
        # D's last layer has a gradient of 0 rather than none, which optimizers and several processes would treat apart.
        return {**self._terms(networks, judged, z, context), "scores": 0 * judged.scores}

    def _terms(
        self, networks: nn.ModuleDict, judged: DiscriminatorOutput, latents: Tensor, context: Context
    ) -> dict[str, Tensor]:
        assert judged.features is not None, "D shows its features"
        belief = networks["Q"](judged.features)
        categorical, continuous = surprise(self.codes, belief, latents)
        bound = sum(self.entropy) - (categorical + continuous).detach()
        terms = {"mutual_information": bound}
        discrete, smooth = (
            weight * share(context.step, context.steps)
            for weight, share in zip(self.weights, self.shares, strict=True)
        )
        if self.codes.categorical:
            terms["categorical"] = discrete * categorical
        if self.codes.continuous:
            terms["continuous"] = smooth * continuous
        return terms

    def infer(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """Return Q's belief about the codes of samples ``[N, *shape]``: ``[N, codes.outputs]``."""
        belief: Tensor = networks["Q"](self.discriminate(networks["D"], x, None).features)
        return belief


def surprise(codes: Codes, belief: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
    """Return the negative log-likelihoods ``[N]``, in nats, of a latent's categorical codes and of its continuous ones.

    ``belief`` is ``[N, codes.outputs]``; the latents' last numbers are the codes.
    """
    true = latents[:, -codes.size :]
    categorical = torch.zeros_like(belief[:, 0])
    for logits, one_hot in zip(codes.categories(belief), codes.categories(latents), strict=True):
        categorical = categorical - (functional.log_softmax(logits, 1) * one_hot).sum(1)
    start = sum(codes.categorical)
    mean, log_std = belief[:, start : start + codes.continuous], belief[:, start + codes.continuous :]
    error = (true[:, start:] - mean) * torch.exp(-log_std)
    return categorical, (error.square() / 2 + log_std + math.log(2 * math.pi) / 2).sum(1)
