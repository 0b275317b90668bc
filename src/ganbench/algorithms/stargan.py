"""Translation between many domains, the classes of the data, by one generator.

StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation, 2017, arXiv 1711.09020.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganbench.algorithms.translator import Translator, mean_absolute_error, require_unpaired
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Regularizer, stateful_terms
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context, LossDict, Phase


class StarGAN(Translator):
    """G translates an image to a domain; D scores images and classifies their domains.

    D minimizes its adversarial loss + ``class_weight`` times the cross-entropy of real images' domains + its
    regularizers (the paper's equation 5). G minimizes its adversarial loss + ``class_weight`` times the cross-entropy
    of the target domains + ``reconstruction_weight`` times the mean absolute error of images translated back to their
    own domains (equation 6). Target domains are uniformly random. D has ``critic_steps`` updates for each of G.

    The domains are the classes of the data. Samples are translations of real images to the class that is asked for. All
    images must have labels of the same kind; the paper's masks for several data sets are not built.

    Raises:
        UserError: the data have fewer than two classes, a weight is negative, there is no critic step, or the loss
            compares fakes with real samples.
    """

    networks: ClassVar[tuple[str, ...]] = ("G", "D")
    conditional = True
    loss: Loss

    def __init__(
        self,
        *,
        loss: Loss,
        class_names: Sequence[str],
        regularizers: Sequence[Regularizer] = (),
        class_weight: float = 1.0,
        reconstruction_weight: float = 10.0,
        critic_steps: int = 5,
    ) -> None:
        super().__init__()
        check_weight("StarGAN", "class_weight", class_weight)
        check_weight("StarGAN", "reconstruction_weight", reconstruction_weight)
        if len(class_names) < 2:
            raise UserError("StarGAN translates between classes, and the data have fewer than two")
        if critic_steps < 1:
            raise UserError(f"algorithm.critic_steps must be at least 1, not {critic_steps}")
        require_unpaired(loss, "StarGAN")
        self.domains, self.loss, self.critic_steps = tuple(class_names), loss, critic_steps
        self.class_weight, self.reconstruction_weight = class_weight, reconstruction_weight
        self.regularizers, self.stateful_terms = tuple(regularizers), stateful_terms(regularizers)

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless G takes domains and D classifies them."""
        super().check_networks(networks)
        if "classes" not in getattr(getattr(networks["D"], "conditioning", None), "extra_outputs", ()):
            raise UserError("StarGAN's D must classify: set networks.D.conditioning=ClassifierHead")

    def phases(self) -> tuple[Phase, ...]:
        """Return D's phase, then G's."""
        return (
            Phase("D", ("D",), self.discriminator_losses, repeats=self.critic_steps),
            Phase("G", ("G",), self.generator_losses),
        )

    def discriminator_losses(
        self, networks: nn.ModuleDict, batch: Batch | None, context: Context
    ) -> LossDict:
        """Return D's losses ``[N]``; ``class`` is equation 2."""
        real, labels = _labelled(batch)
        target = context.stream.integers(len(labels), len(self.domains))
        with torch.no_grad():
            fake = Batch(networks["G"](real.x, target), target)
        discriminator: Any = networks["D"]
        output = discriminator.discriminate(real.x)
        losses = {
            "adversarial": self.loss.discriminator(output.scores, discriminator(fake.x)),
            "class": self.class_weight * cross_entropy(output.classes, labels, reduction="none"),
        }
        for term in self.regularizers:
            if context.update % term.every == 0:
                losses[term.name] = term(lambda x, y: discriminator(x), real, fake, context)
        return losses

    def generator_losses(self, networks: nn.ModuleDict, batch: Batch | None, context: Context) -> LossDict:
        """Return G's losses ``[N]``; ``class`` is equation 3 and ``reconstruction`` equation 4."""
        real, labels = _labelled(batch)
        target = context.stream.integers(len(labels), len(self.domains))
        fake = networks["G"](real.x, target)
        discriminator: Any = networks["D"]
        output = discriminator.discriminate(fake)
        error = mean_absolute_error(networks["G"](fake, labels), real.x)
        return {
            "adversarial": self.loss.generator(None, output.scores),
            "class": self.class_weight * cross_entropy(output.classes, target, reduction="none"),
            "reconstruction": self.reconstruction_weight * error,
        }

    def sample(self, networks: nn.ModuleDict, latent: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return images translated to the classes ``condition``: numbers ``[N]``, or weights ``[N, classes]``."""
        if condition is None:
            raise UserError("StarGAN translates to a class, so name one")
        translated: Tensor = networks["G"](latent, condition)
        return translated

    def translate(self, networks: nn.ModuleDict, x: Tensor, *, target: str) -> Tensor:
        """Return images translated to the class named ``target``."""
        number = self.domains.index(target)
        return self.sample(networks, x, torch.full((len(x),), number, device=x.device))


def _labelled(batch: Batch | None) -> tuple[Batch, Tensor]:
    assert batch is not None, "the phase reads data"
    assert batch.y is not None, "data with classes have labels"
    return batch, batch.y
