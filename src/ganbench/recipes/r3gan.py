"""Relativistic pairing with R1 and R2: The GAN is dead; long live the GAN!, 2025, arXiv 2501.05441."""

from __future__ import annotations

import dataclasses

from ganbench.losses import RelativisticPairing
from ganbench.recipe import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, RING8, Task, adam, mlp_gan
from ganbench.regularizers import R1, R2
from ganbench.spec import Spec
from ganbench.training.schedule import Linear

R3GAN = Paper("The GAN is dead; long live the GAN! A Modern GAN Baseline", 2025, "2501.05441")


def r3gan(task: Task, budget: Budget, *, gamma: float, rate: float, laptop_steps: int) -> Recipe:
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
        regularizers=(Spec(R1, gamma=gamma), Spec(R2, gamma=gamma)),
        width=128,
        critic_steps=1,
    )


@recipe
def r3gan_ring8(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN on eight Gaussians."""
    return r3gan(RING8, budget, gamma=0.005, rate=3e-3, laptop_steps=5000)


@recipe
def r3gan_grid25(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN on 25 Gaussians."""
    return r3gan(GRID25, budget, gamma=0.005, rate=3e-3, laptop_steps=5000)
