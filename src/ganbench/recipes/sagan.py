"""GANs with self-attention, with and without classes: Self-Attention GANs, 2018, arXiv 1805.08318."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.conditioning import ClassNorm, Projection
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.networks import ResNetDiscriminator, ResNetGenerator, SimpleCNNDiscriminator, SimpleCNNGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import class_conditional
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
from ganbench.recipes.projection import PROJECTION
from ganbench.recipes.sngan import LECAM
from ganbench.training.settings import Schedule

SAGAN = Paper(
    "Self-Attention Generative Adversarial Networks",
    2018,
    "1805.08318",
    ("Han Zhang", "Ian Goodfellow", "Dimitris Metaxas", "Augustus Odena"),
)


def sagan_networks(budget: Budget) -> dict[str, Spec]:
    """Return G and D with spectral norm on all layers and self-attention at 16x16.

    The reference budget has residual networks for 32x32 images; the laptop budget has plain ones of an eighth of
    their usual width.
    """
    if budget == "reference":
        return {
            "G": Spec(ResNetGenerator, spectral_norm=True, attention=16),
            "D": Spec(ResNetDiscriminator, spectral_norm=True, attention=16, pool="sum"),
        }
    return {
        "G": Spec(SimpleCNNGenerator, width=32, spectral_norm=True, attention=16),
        "D": Spec(
            SimpleCNNDiscriminator, width=32, norm="none", spectral_norm=True, attention=16, pool="sum"
        ),
    }


@recipe
def sagan_uncond_cifar10(budget: Budget = "reference") -> Recipe:
    """Unconditional SAGAN on CIFAR-10: hinge loss, one D update, D's learning rate four times G's.

    At laptop size D's learning rate is twice G's, and D has LeCam.
    """
    laptop = budget == "laptop"
    return Recipe(
        name="sagan-uncond-cifar10",
        summary="unconditional GAN with self-attention on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=128),
        networks=sagan_networks(budget),
        algorithm=Spec(
            Adversarial,
            loss=Spec(Hinge),
            one_pass=True,
            reuse_fakes=laptop,
            regularizers=(LECAM,) if laptop else (),
        ),
        optimizers={
            "G": adam(5e-4, (0.0, 0.99)) if laptop else adam(1e-4, (0.0, 0.9)),
            "D": adam(1e-3, (0.0, 0.99)) if laptop else adam(4e-4, (0.0, 0.9)),
        },
        schedule=warmup_schedule(budget, 12_000, batch=16, end=1.0)
        if laptop
        else with_scores(Schedule(steps=100_000, batch=64), every=5000),
        papers=(SAGAN,),
    )


@recipe
def sagan_cifar10(budget: Budget = "reference") -> Recipe:
    """SAGAN on CIFAR-10, with conditional batch norm in G and projection in D."""
    return class_conditional(
        sagan_uncond_cifar10(budget),
        "sagan-cifar10",
        "class-conditional GAN with self-attention on CIFAR-10 (projection in D)",
        generator=Spec(ClassNorm),
        discriminator=Spec(Projection, weight=0.25 if budget == "laptop" else 1.0),
        papers=(SAGAN, PROJECTION),
    )
