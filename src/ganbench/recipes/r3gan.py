"""Relativistic pairing with R1 and R2: The GAN is dead; long live the GAN!, 2025, arXiv 2501.05441."""

from __future__ import annotations

import dataclasses

from ganbench.losses import RelativisticPairing
from ganbench.recipe import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam, mlp_gan
from ganbench.regularizers import R1, R2
from ganbench.spec import Spec
from ganbench.training.schedule import Linear

R3GAN = Paper(
    "The GAN is dead; long live the GAN! A Modern GAN Baseline",
    2025,
    "2501.05441",
    ("Yiwen Huang", "Aaron Gokaslan", "Volodymyr Kuleshov", "James Tompkin"),
)


def r3gan(
    task: Task,
    budget: Budget,
    *,
    gamma: float,
    rate: float,
    laptop_steps: int,
    every: int = 1,
    width: int = 128,
) -> Recipe:
    """Return the relativistic GAN: one D update, both penalties, a rate that falls to 0, an average of G."""
    schedule = dataclasses.replace(
        task.schedule(budget, laptop_steps), learning_rate=Spec(Linear), ema_half_life=10_000.0
    )
    return mlp_gan(
        "r3gan",
        "a relativistic GAN with R1 and R2",
        task,
        schedule,
        loss=Spec(RelativisticPairing),
        optimizer=adam(rate, (0.0, 0.9)),
        papers=(R3GAN,),
        regularizers=(Spec(R1, gamma=gamma, every=every), Spec(R2, gamma=gamma, every=every)),
        width=width,
        critic_steps=1,
        latent=4 if task.points else None,
        slope=0.0 if task.points else 0.2,
    )


@recipe
def r3gan_ring8(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN on eight Gaussians."""
    return r3gan(RING8, budget, gamma=0.005, rate=3e-3, laptop_steps=4000)


@recipe
def r3gan_grid25(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN on 25 Gaussians."""
    return r3gan(GRID25, budget, gamma=0.005, rate=3e-3, laptop_steps=4000)


@recipe
def r3gan_mnist(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN on MNIST, fully connected; penalties every fourth update, as they cost most of the time."""
    return r3gan(MNIST, budget, gamma=1.0, every=4, rate=3e-4, laptop_steps=6000, width=256)
