"""Wasserstein GANs on points and images, with weight clipping (2017, arXiv 1701.07875) or a penalty (1704.00028)."""

from __future__ import annotations

import torch

from ganbench.config.spec import Spec
from ganbench.losses import Wasserstein
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam
from ganbench.recipes.simple_cnn import cifar10_gan
from ganbench.regularizers import GradientPenalty, WeightClip

WGAN = Paper("Wasserstein GAN", 2017, "1701.07875", ("Martin Arjovsky", "Soumith Chintala", "Léon Bottou"))
WGAN_GP = Paper(
    "Improved Training of Wasserstein GANs",
    2017,
    "1704.00028",
    ("Ishaan Gulrajani", "Faruk Ahmed", "Martin Arjovsky", "Vincent Dumoulin", "Aaron Courville"),
)


def wgan(setup: DatasetSetup, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the Wasserstein GAN with weight clipping and RMSprop, with the settings of GANs-Implementations."""
    return mlp_gan(
        "wgan",
        "Wasserstein GAN with weight clipping",
        setup,
        budget,
        laptop_steps,
        loss=Spec(Wasserstein),
        optimizer=Spec(torch.optim.RMSprop, lr=3e-4),
        papers=(WGAN,),
        constraints=(Spec(WeightClip, limit=0.01),),
    )


def wgan_gp(setup: DatasetSetup, budget: Budget, weight: float, laptop_steps: int) -> Recipe:
    """Return the Wasserstein GAN with gradient penalty, with the settings of GANs-Implementations."""
    return mlp_gan(
        "wgan-gp",
        "Wasserstein GAN with gradient penalty",
        setup,
        budget,
        laptop_steps,
        loss=Spec(Wasserstein),
        optimizer=adam(3e-4, (0.5, 0.9)),
        papers=(WGAN, WGAN_GP),
        regularizers=(Spec(GradientPenalty, weight=weight),),
    )


@recipe
def wgan_ring8(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with weight clipping on eight Gaussians."""
    return wgan(RING8, budget, 2000)


@recipe
def wgan_gp_ring8(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with gradient penalty on eight Gaussians, with the weight .1 of GANs-Implementations."""
    return wgan_gp(RING8, budget, 0.1, 1000)


@recipe
def wgan_grid25(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with weight clipping on 25 Gaussians."""
    return wgan(GRID25, budget, 2000)


@recipe
def wgan_gp_grid25(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with gradient penalty on 25 Gaussians."""
    return wgan_gp(GRID25, budget, 0.1, 1000)


@recipe
def wgan_mnist(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN of MLPs with weight clipping on MNIST."""
    return wgan(MNIST, budget, 4000)


@recipe
def wgan_gp_mnist(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN of MLPs with gradient penalty on MNIST, with the weight 10 of GANs-Implementations."""
    return wgan_gp(MNIST, budget, 10.0, 1500)


@recipe
def wgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional Wasserstein GAN with weight clipping, which leaves the gains of batch norm alone.

    At laptop size batches stay at 64. With 16, and rates of 5e-4, 10,000 steps end in textures without shapes.
    """
    optimizer = Spec(torch.optim.RMSprop, lr=2e-4)
    return cifar10_gan(
        "wgan",
        "convolutional Wasserstein GAN with weight clipping",
        budget,
        loss=Spec(Wasserstein),
        optimizers=(optimizer, optimizer),
        papers=(WGAN,),
        laptop_steps=3300,
        laptop_critic_steps=2,
        laptop_batch=64,
        constraints=(Spec(WeightClip, limit=0.01),),
    )


@recipe
def wgan_gp_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional Wasserstein GAN with gradient penalty.

    GANs-Implementations keeps batch norm in the critic, where a penalty on each sample's own gradient is
    meaningless. Here the critic has no norm; ``networks.D.norm=batch`` restores it. At laptop size the critic has
    layer norm, as the paper suggests, and sums its features over the positions.
    """
    laptop = budget == "laptop"
    optimizer = adam(5e-4, (0.0, 0.9)) if laptop else adam(8e-4, (0.5, 0.9))
    return cifar10_gan(
        "wgan-gp",
        "convolutional Wasserstein GAN with gradient penalty",
        budget,
        loss=Spec(Wasserstein),
        optimizers=(optimizer, optimizer),
        papers=(WGAN, WGAN_GP),
        laptop_steps=6000,
        laptop_critic_steps=2,
        regularizers=(Spec(GradientPenalty, weight=10.0),),
        critic_norm="layer" if laptop else "none",
        pool="sum" if laptop else "none",
    )
