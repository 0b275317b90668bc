"""Packing on points and digits.

PacGAN: The power of two samples in generative adversarial networks, 2018, arXiv 1712.04086.
"""

from __future__ import annotations

import dataclasses

from ganbench.config.spec import Spec
from ganbench.losses import NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam, mlp_gan
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

PACGAN = Paper(
    "PacGAN: The power of two samples in generative adversarial networks",
    2018,
    "1712.04086",
    ("Zinan Lin", "Ashish Khetan", "Giulia Fanti", "Sewoong Oh"),
)


def pacgan(task: Task) -> Recipe:
    """Return the vanilla GAN whose D judges pairs of samples; for the rest the study's settings."""
    return _pairs(task, task.schedule("reference", task.steps), adam(betas=(0.5, 0.999)))


def pacgan_small(task: Task, laptop_steps: int, optimizer: Spec, width: int = 128) -> Recipe:
    """Return it at laptop size: one D update, a rate that falls to 0, an average of G."""
    schedule = dataclasses.replace(
        task.schedule("laptop", laptop_steps),
        learning_rate=Spec(Linear),
        ema_half_life=10_000.0,
        sample_every=500,
    )
    return _pairs(task, schedule, optimizer, width=width, critic_steps=1, sharp=task.points)


def _pairs(
    task: Task,
    schedule: Schedule,
    optimizer: Spec,
    width: int = 256,
    critic_steps: int = 5,
    sharp: bool = False,
) -> Recipe:
    return mlp_gan(
        "pacgan",
        "a GAN that judges two samples at once",
        task,
        schedule,
        loss=Spec(NonSaturating),
        optimizer=optimizer,
        papers=(PACGAN,),
        width=width,
        critic_steps=critic_steps,
        packing=2,
        latent=4 if sharp else None,
        slope=0.0 if sharp else 0.2,
    )


@recipe
def pacgan_ring8(budget: Budget = "reference") -> Recipe:
    """The GAN that judges pairs on eight Gaussians."""
    if budget == "reference":
        return pacgan(RING8)
    return pacgan_small(RING8, 6000, adam(1e-3, (0.5, 0.999)))


@recipe
def pacgan_grid25(budget: Budget = "reference") -> Recipe:
    """The GAN that judges pairs on 25 Gaussians."""
    if budget == "reference":
        return pacgan(GRID25)
    return pacgan_small(GRID25, 6000, adam(2e-3, (0.0, 0.9)))


@recipe
def pacgan_mnist(budget: Budget = "reference") -> Recipe:
    """The GAN that judges pairs of MNIST digits, fully connected."""
    if budget == "reference":
        return pacgan(MNIST)
    return pacgan_small(MNIST, 8000, adam(2e-4, (0.5, 0.999)), width=256)
