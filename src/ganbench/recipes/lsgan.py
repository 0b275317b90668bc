"""Least squares on points and images: Least Squares Generative Adversarial Networks, 2016, arXiv 1611.04076."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.layers.normalisation import Norm1d
from ganbench.losses import LeastSquares
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, SMALL_BATCHES, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam
from ganbench.recipes.simple_cnn import cifar10_gan

LSGAN = Paper(
    "Least Squares Generative Adversarial Networks",
    2016,
    "1611.04076",
    ("Xudong Mao", "Qing Li", "Haoran Xie", "Raymond Y. K. Lau", "Zhen Wang", "Stephen Paul Smolley"),
)


def lsgan(setup: DatasetSetup, budget: Budget, laptop_steps: int, norm: Norm1d = "none") -> Recipe:
    """Return the least-squares GAN with the settings of GANs-Implementations.

    On images at laptop size there is one D update on small batches, learning rates are higher, and an EMA of G is kept.
    """
    small = budget == "laptop" and not setup.is_points
    return mlp_gan(
        "lsgan",
        "least-squares GAN",
        setup,
        budget,
        laptop_steps,
        loss=Spec(LeastSquares),
        optimizer=adam(1e-3 if small else 3e-4, (0.5, 0.999)),
        papers=(LSGAN,),
        norm=norm,
        critic_steps=1 if small else 5,
        schedule_changes=SMALL_BATCHES if small else None,
    )


@recipe
def lsgan_ring8(budget: Budget = "reference") -> Recipe:
    """The least-squares GAN on eight Gaussians."""
    return lsgan(RING8, budget, 2000)


@recipe
def lsgan_grid25(budget: Budget = "reference") -> Recipe:
    """The least-squares GAN on 25 Gaussians."""
    return lsgan(GRID25, budget, 2000)


@recipe
def lsgan_mnist(budget: Budget = "reference") -> Recipe:
    """The least-squares GAN of MLPs on MNIST.

    Both networks have batch norm: GANs-Implementations reports divergence without it. Gains of batch norm start at 1,
    where that work draws them from N(1, .02²).
    """
    return lsgan(MNIST, budget, 10_000, norm="batch")


@recipe
def lsgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The convolutional least-squares GAN."""
    optimizer = adam(5e-4 if budget == "laptop" else 8e-4, (0.5, 0.999))
    return cifar10_gan(
        "lsgan",
        "convolutional least-squares GAN",
        budget,
        loss=Spec(LeastSquares),
        optimizers=(optimizer, optimizer),
        papers=(LSGAN,),
    )
