"""The vanilla GAN, with and without R1, on points and digits: Generative Adversarial Nets, 2014, arXiv 1406.2661."""

from __future__ import annotations

import dataclasses

from ganbench.config.spec import Spec
from ganbench.losses import NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam, mlp_gan
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear

GAN = Paper(
    "Generative Adversarial Networks",
    2014,
    "1406.2661",
    (
        "Ian J. Goodfellow",
        "Jean Pouget-Abadie",
        "Mehdi Mirza",
        "Bing Xu",
        "David Warde-Farley",
        "Sherjil Ozair",
        "Aaron Courville",
        "Yoshua Bengio",
    ),
)
CONVERGENCE = Paper(
    "Which Training Methods for GANs do actually Converge?",
    2018,
    "1801.04406",
    ("Lars Mescheder", "Andreas Geiger", "Sebastian Nowozin"),
)


def gan(task: Task, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the vanilla GAN with the study's settings; at laptop size the same for fewer steps, on points narrower."""
    schedule = task.schedule(budget, laptop_steps)
    return mlp_gan(
        "gan",
        "the vanilla GAN",
        task,
        schedule,
        loss=Spec(NonSaturating),
        optimizer=adam(),
        papers=(GAN,),
        width=task.width(budget),
    )


def gan_r1(task: Task, budget: Budget, laptop_steps: int, gamma: float = 20.0) -> Recipe:
    """Return the GAN with R1. Gamma is 20, since the study's lambda of 10 weighs on a halved loss."""
    return mlp_gan(
        "gan-r1",
        "a GAN with the R1 penalty",
        task,
        task.schedule(budget, laptop_steps),
        loss=Spec(NonSaturating),
        optimizer=adam(),
        papers=(GAN, CONVERGENCE),
        regularizers=(Spec(R1, gamma=gamma),),
        width=task.width(budget),
    )


def gan_r1_small(task: Task, laptop_steps: int) -> Recipe:
    """Return the GAN with R1 at laptop size: one D update, a small gamma, a rate that falls to 0, an average of G.

    The study gives R1's lambda for pictures only. With points in [-1, 1] that is a heavy penalty: it holds all
    modes and blurs them.
    """
    schedule = dataclasses.replace(
        task.schedule("laptop", laptop_steps),
        learning_rate=Spec(Linear),
        ema_half_life=10_000.0,
        sample_every=500,
    )
    return mlp_gan(
        "gan-r1",
        "a GAN with the R1 penalty",
        task,
        schedule,
        loss=Spec(NonSaturating),
        optimizer=adam(2e-3, (0.0, 0.9)),
        papers=(GAN, CONVERGENCE),
        regularizers=(Spec(R1, gamma=0.01),),
        width=128,
        critic_steps=1,
        latent=4,
        slope=0.0,
    )


@recipe
def gan_ring8(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on eight Gaussians, which is known to collapse."""
    return gan(RING8, budget, 2000)


@recipe
def gan_r1_ring8(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on eight Gaussians."""
    return gan_r1(RING8, budget, 6000) if budget == "reference" else gan_r1_small(RING8, 5000)


@recipe
def gan_grid25(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on 25 Gaussians."""
    return gan(GRID25, budget, 2000)


@recipe
def gan_r1_grid25(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on 25 Gaussians."""
    return gan_r1(GRID25, budget, 6000) if budget == "reference" else gan_r1_small(GRID25, 6000)


@recipe
def gan_mnist(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on MNIST, fully connected."""
    return gan(MNIST, budget, 4000)


@recipe
def gan_r1_mnist(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on MNIST, fully connected; a lighter penalty at laptop size, where it must learn faster."""
    return gan_r1(MNIST, budget, 2000, gamma=20.0 if budget == "reference" else 1.0)
