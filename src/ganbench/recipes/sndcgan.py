"""The convolutional networks of Spectral Normalization for GANs, 2018, arXiv 1802.05957, as its paper has them."""

from __future__ import annotations

from collections.abc import Mapping

from ganbench.algorithms import Adversarial
from ganbench.conditioning import ClassNorm, Projection
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.networks import SNDCGANDiscriminator, SNDCGANGenerator
from ganbench.recipe import Budget, Recipe, recipe
from ganbench.recipes.classes import with_classes
from ganbench.recipes.mlp import adam
from ganbench.recipes.projection import PROJECTION
from ganbench.recipes.sngan import SNGAN
from ganbench.settings import Schedule
from ganbench.spec import Spec
from ganbench.training.schedule import Linear


def sndcgan_rates(budget: Budget) -> Mapping[str, Spec]:
    """Return the optimizers of G and D: the paper's, or for few steps faster ones, D's twice as fast as G's."""
    if budget == "laptop":
        return {"G": adam(5e-4, (0.0, 0.99)), "D": adam(1e-3, (0.0, 0.99))}
    return {"G": adam(2e-4, (0.5, 0.999)), "D": adam(2e-4, (0.5, 0.999))}


@recipe
def sndcgan_cifar10(budget: Budget = "reference") -> Recipe:
    """SN-GAN's convolutional pair on CIFAR-10: hinge loss, five D updates; at laptop size one, a quarter as wide."""
    laptop = budget == "laptop"
    schedule = Schedule(
        steps=3600,  # 10 minutes of one core
        batch=64,
        learning_rate=Spec(Linear),
        ema_half_life=10_000,
        sample_every=500,
        checkpoint_every=500,
    )
    return Recipe(
        name="sndcgan-cifar10",
        summary="the convolutional GAN of SN-GAN's paper on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=128),
        networks={
            "G": Spec(SNDCGANGenerator, width=16 if laptop else 64),
            "D": Spec(SNDCGANDiscriminator, width=16 if laptop else 64),
        },
        algorithm=Spec(Adversarial, loss=Spec(Hinge), critic_steps=1 if laptop else 5, one_pass=True),
        optimizers=sndcgan_rates(budget),
        schedule=schedule if laptop else Schedule(steps=100_000, batch=64),
        papers=(SNGAN,),
    )


@recipe
def sndcgan_projection_cifar10(budget: Budget = "reference") -> Recipe:
    """The same with classes: batch norm by class in G, projection in D."""
    return with_classes(
        sndcgan_cifar10(budget),
        "sndcgan-projection-cifar10",
        "the convolutional GAN of SN-GAN's paper on CIFAR-10 with classes, by projection",
        generator=Spec(ClassNorm),
        discriminator=Spec(Projection),
        papers=(SNGAN, PROJECTION),
    )
