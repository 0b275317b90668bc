"""Translation learned from pairs of images, by a conditional GAN.

Image-to-Image Translation with Conditional Adversarial Networks, 2016, arXiv 1611.07004.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganbench.algorithms.translator import Translator, mean_absolute_error, per_sample, two_domains
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses.base import Loss
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class Pix2Pix(Translator):
    """G translates images of domain a to b; D scores pairs of an image of a and its counterpart or its translation.

    G minimizes its adversarial loss + ``l1_weight`` times the mean absolute error of its translations (the paper's
    equation 4), D half of its own adversarial loss (section 3.3). A pair is one image with the channels of both. Scores
    of patches are averaged over each image after the loss. The noise of G is its dropout.

    A batch has images of b as ``x`` and their counterparts in a as ``source``. Samples are translations of real images.

    Raises:
        UserError: the weight is negative.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D")
    domains = ("b",)
    loss: Loss

    def __init__(self, *, loss: Loss, l1_weight: float = 100.0) -> None:
        super().__init__()
        check_weight("Pix2Pix", "l1_weight", l1_weight)
        self.loss, self.l1_weight = loss, l1_weight

    def shape_of(self, network: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of images; for D, with the channels of two."""
        return (2 * shape[0], *shape[1:]) if network == "D" else shape

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, then G's."""
        return Phase("D", ("D",), self.discriminator_losses), Phase("G", ("G",), self.generator_losses)

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's loss ``[N]``: half of equation 1, negated."""
        a, b = _pairs(batch)
        with torch.no_grad():
            fake = networks["G"](a)
        real_scores, fake_scores = (_score(networks["D"], a, x) for x in (b, fake))
        return {"adversarial": per_sample(self.loss.discriminator(real_scores, fake_scores)) / 2}

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's losses ``[N]``: the adversarial one, and equation 3 with its weight."""
        a, b = _pairs(batch)
        fake = networks["G"](a)
        real_scores = _score(networks["D"], a, b) if self.loss.generator_needs_real else None
        return {
            "adversarial": per_sample(self.loss.generator(real_scores, _score(networks["D"], a, fake))),
            "l1": self.l1_weight * mean_absolute_error(fake, b),
        }

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        """Return images of a translated to b, the only target."""
        translated: Tensor = networks["G"](x)
        return translated


def _pairs(batch: Batch | None) -> tuple[Tensor, Tensor]:
    """Return a batch's images of a, and their counterparts in b."""
    if batch is None or not batch.paired:
        raise UserError("Pix2Pix needs pairs of images: set data=aligned-pairs data.pairs=folder:DIR")
    return two_domains(batch, "Pix2Pix")


def _score(discriminator: nn.Module, a: Tensor, b: Tensor) -> Tensor:
    """Return D's scores of pairs, ``[N]`` or ``[N, h, w]``."""
    scores: Tensor = discriminator(torch.cat([a, b], 1))
    return scores
