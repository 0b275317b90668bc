"""GANs whose D also classifies: Conditional Image Synthesis With Auxiliary Classifier GANs, 2016, arXiv 1610.09585.

With the loss ``DataToData``, Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training (2021), arXiv:2111.01118.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ganbench.algorithms.adversarial import Adversarial
from ganbench.algorithms.labels import Labels
from ganbench.augment import Augmentation
from ganbench.conditioning.class_losses import ClassLoss
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.data.base import Batch
from ganbench.errors import UserError
from ganbench.latents import Latent
from ganbench.losses.base import Loss
from ganbench.regularizers.base import Constraint, Regularizer
from ganbench.regularizers.checks import check_weight
from ganbench.training.phase import Context


class AuxiliaryClassifier(Adversarial):
    """``Adversarial`` with a class loss: D learns to classify, and G to make samples that D classifies correctly.

    D minimizes its adversarial loss + ``class_weight`` times the class loss of real samples and, if ``fakes`` (as in
    the paper), of fakes. G minimizes its adversarial loss + ``class_weight`` times the class loss of its fakes. In the
    paper's terms, D maximizes L_S + L_C, and G maximizes L_C - L_S. ``discriminator_class_weight`` is D's weight if it
    differs from G's.

    Raises:
        UserError: ``labels`` is "none", or a weight is negative.
    """

    def __init__(
        self,
        *,
        latent: Latent,
        loss: Loss,
        class_loss: ClassLoss,
        class_weight: float = 1.0,
        discriminator_class_weight: float | None = None,
        fakes: bool = True,
        regularizers: Sequence[Regularizer] = (),
        constraints: Sequence[Constraint] = (),
        critic_steps: int = 1,
        one_pass: bool = False,
        reuse_fakes: bool = False,
        augmentation: Augmentation | None = None,
        labels: Labels = "uniform",
        classes: int = 0,
    ) -> None:
        super().__init__(
            latent=latent,
            loss=loss,
            regularizers=regularizers,
            constraints=constraints,
            critic_steps=critic_steps,
            one_pass=one_pass,
            reuse_fakes=reuse_fakes,
            augmentation=augmentation,
            labels=labels,
            classes=classes,
        )
        if not self.conditional:
            raise UserError(
                "algorithm.labels: a classifier of fakes needs their classes; set uniform or real"
            )
        d_weight = class_weight if discriminator_class_weight is None else discriminator_class_weight
        check_weight("AuxiliaryClassifier", "class_weight", class_weight)
        check_weight("AuxiliaryClassifier", "discriminator_class_weight", d_weight)
        self.class_loss, self.class_weights, self.classifies_fakes = (
            class_loss,
            (d_weight, class_weight),
            fakes,
        )

    def check_networks(self, networks: nn.ModuleDict) -> None:
        """Raise UserError unless D has the outputs that the class loss reads."""
        super().check_networks(networks)
        outputs = getattr(getattr(networks["D"], "conditioning", None), "extra_outputs", ())
        missing = [name for name in self.class_loss.reads if name not in outputs]
        if missing:
            raise UserError(
                f"{type(self.class_loss).__name__} reads {' and '.join(missing)}, which D does not output; "
                "set networks.D.conditioning to a ClassifierHead (classes) or a ProxyHead (both)"
            )

    def discriminate(
        self, discriminator: nn.Module, x: Tensor, condition: Tensor | None
    ) -> DiscriminatorOutput:
        """Return D's scores and its outputs about classes."""
        output: DiscriminatorOutput = discriminator.discriminate(x, condition)  # type: ignore[operator]
        return output

    def extra_discriminator_losses(
        self,
        networks: nn.ModuleDict,
        batches: tuple[Batch, Batch],
        outputs: tuple[DiscriminatorOutput, DiscriminatorOutput],
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return D's class loss of real samples and, if ``fakes``, of fakes."""
        names = ("class_real", "class_fake") if self.classifies_fakes else ("class_real",)
        return {
            name: self._class_loss(batch, output, self.class_weights[0])
            for name, batch, output in zip(names, batches, outputs, strict=False)
        }

    def extra_generator_losses(
        self,
        networks: nn.ModuleDict,
        fake: Batch,
        output: DiscriminatorOutput,
        latents: Tensor,
        context: Context,
    ) -> dict[str, Tensor]:
        """Return G's class loss."""
        return {"class": self._class_loss(fake, output, self.class_weights[1])}

    def _class_loss(self, batch: Batch, output: DiscriminatorOutput, weight: float) -> Tensor:
        assert batch.y is not None, "data with classes have labels"
        return weight * self.class_loss(output, batch.y)
