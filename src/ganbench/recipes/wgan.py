"""Wasserstein GANs on points and pictures: by weight clipping (2017, arXiv 1701.07875), by a penalty (1704.00028)."""

from __future__ import annotations

import torch

from ganbench.config.spec import Spec
from ganbench.losses import Wasserstein
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam, mlp_gan
from ganbench.recipes.simple_cnn import cifar10_gan
from ganbench.regularizers import GradientPenalty, WeightClip

WGAN = Paper("Wasserstein GAN", 2017, "1701.07875", ("Martin Arjovsky", "Soumith Chintala", "Léon Bottou"))
WGAN_GP = Paper(
    "Improved Training of Wasserstein GANs",
    2017,
    "1704.00028",
    ("Ishaan Gulrajani", "Faruk Ahmed", "Martin Arjovsky", "Vincent Dumoulin", "Aaron Courville"),
)


def wgan(task: Task, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the Wasserstein GAN with clipped weights and RMSprop, the study's settings."""
    return mlp_gan(
        "wgan",
        "a Wasserstein GAN with clipped weights",
        task,
        task.schedule(budget, laptop_steps),
        loss=Spec(Wasserstein),
        optimizer=Spec(torch.optim.RMSprop, lr=3e-4),
        papers=(WGAN,),
        constraints=(Spec(WeightClip, limit=0.01),),
        width=task.width(budget),
    )


def wgan_gp(task: Task, budget: Budget, weight: float, laptop_steps: int) -> Recipe:
    """Return the Wasserstein GAN with the gradient penalty, the study's settings."""
    return mlp_gan(
        "wgan-gp",
        "a Wasserstein GAN with the gradient penalty",
        task,
        task.schedule(budget, laptop_steps),
        loss=Spec(Wasserstein),
        optimizer=adam(betas=(0.5, 0.9)),
        papers=(WGAN, WGAN_GP),
        regularizers=(Spec(GradientPenalty, weight=weight),),
        width=task.width(budget),
    )


@recipe
def wgan_ring8(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with clipped weights on eight Gaussians."""
    return wgan(RING8, budget, 2000)


@recipe
def wgan_gp_ring8(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with the gradient penalty on eight Gaussians, where the study weighs it .1."""
    return wgan_gp(RING8, budget, 0.1, 1000)


@recipe
def wgan_grid25(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with clipped weights on 25 Gaussians."""
    return wgan(GRID25, budget, 2000)


@recipe
def wgan_gp_grid25(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with the gradient penalty on 25 Gaussians."""
    return wgan_gp(GRID25, budget, 0.1, 1000)


@recipe
def wgan_mnist(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with clipped weights on MNIST, fully connected."""
    return wgan(MNIST, budget, 4000)


@recipe
def wgan_gp_mnist(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with the gradient penalty on MNIST, fully connected, where the study weighs it 10."""
    return wgan_gp(MNIST, budget, 10.0, 1500)


@recipe
def wgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional Wasserstein GAN whose critic's weights are clipped; its batch norm's gains are left alone."""
    optimizer = Spec(torch.optim.RMSprop, lr=2e-4)
    return cifar10_gan(
        "wgan",
        "a convolutional Wasserstein GAN with clipped weights",
        budget,
        loss=Spec(Wasserstein),
        optimizers=(optimizer, optimizer),
        papers=(WGAN,),
        laptop_steps=2500,
        laptop_critic_steps=2,
        constraints=(Spec(WeightClip, limit=0.01),),
    )


@recipe
def wgan_gp_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional Wasserstein GAN with the gradient penalty.

    The reference system kept batch norm in the critic, where a penalty on each sample's own gradient has no
    meaning; here the critic has none (``networks.D.norm=batch`` brings it back).
    """
    optimizer = adam(2e-4 if budget == "laptop" else 8e-4, (0.5, 0.9))
    return cifar10_gan(
        "wgan-gp",
        "a convolutional Wasserstein GAN with the gradient penalty",
        budget,
        loss=Spec(Wasserstein),
        optimizers=(optimizer, optimizer),
        papers=(WGAN, WGAN_GP),
        laptop_steps=1800,
        laptop_critic_steps=2,
        regularizers=(Spec(GradientPenalty, weight=10.0),),
        critic_norm="none",
    )
