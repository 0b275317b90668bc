"""WGAN-GP with residual networks: Improved Training of Wasserstein GANs, 2017, arXiv 1704.00028."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Wasserstein
from ganbench.networks import ResNetDiscriminator, ResNetGenerator
from ganbench.recipes.base import Budget, Recipe, recipe
from ganbench.recipes.mlp import adam
from ganbench.recipes.sngan import SNGAN
from ganbench.recipes.wgan import WGAN, WGAN_GP
from ganbench.regularizers import GradientPenalty
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule


@recipe
def wgan_gp_resnet_cifar10(budget: Budget = "reference") -> Recipe:
    """The reference system's: residual networks without spectral norm, five critic steps, a rate that falls to 0.

    Its 25,088 critic steps are 5,018 of G. At laptop size the networks have a quarter of the width, which takes a
    higher rate, there are two critic steps, and an average of G is kept.
    """
    laptop = budget == "laptop"
    width = 32 if laptop else 128
    optimizer, falling = adam(5e-4 if laptop else 2e-4, (0.0, 0.9)), Spec(Linear)
    return Recipe(
        name="wgan-gp-resnet-cifar10",
        summary="a residual Wasserstein GAN with the gradient penalty on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=128),
        networks={"G": Spec(ResNetGenerator, width=width), "D": Spec(ResNetDiscriminator, width=width)},
        algorithm=Spec(
            Adversarial,
            loss=Spec(Wasserstein),
            regularizers=(Spec(GradientPenalty, weight=10.0),),
            critic_steps=2 if laptop else 5,
            one_pass=True,  # the same without batch statistics, and faster
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=Schedule(
            steps=1200,
            batch=64,
            learning_rate=falling,
            ema_half_life=10_000,
            sample_every=500,
            checkpoint_every=500,
        )
        if laptop
        else Schedule(steps=5018, batch=256, learning_rate=falling),
        papers=(WGAN, WGAN_GP, SNGAN),
    )
