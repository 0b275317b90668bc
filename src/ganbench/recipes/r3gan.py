"""Relativistic pairing with R1 and R2: The GAN is dead; long live the GAN!, 2025, arXiv 2501.05441."""

from __future__ import annotations

import dataclasses

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import RelativisticPairing
from ganbench.networks import FixupResNetDiscriminator, FixupResNetGenerator
from ganbench.recipes.base import EVERY_BUDGET, Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam, mlp_gan
from ganbench.recipes.sndcgan import short_schedule
from ganbench.regularizers import R1, R2
from ganbench.training.schedule import Cosine, Linear
from ganbench.training.settings import Schedule

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


@recipe(budgets=EVERY_BUDGET)
def r3gan_cifar10(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN on CIFAR-10: residual networks without norms, both penalties at every update.

    Smaller than the paper's at any budget. At the reference budget rate, batch and gamma are the paper's first ones;
    its gamma falls and its second beta grows on the way, which these do not. Gradients of gradients make a step dear,
    so that 10 minutes of one core, or an hour of two, have few of them.
    """
    width, steps = {"laptop": (12, 1600), "hour": (24, 5500), "reference": (128, 40_000)}[budget]
    short = budget != "reference"
    optimizer = adam(5e-4 if short else 2e-4, (0.0, 0.9))
    published = Schedule(steps=steps, batch=512, learning_rate=Spec(Cosine, end=0.25), ema_half_life=500_000)
    return Recipe(
        name="r3gan-cifar10",
        summary="a relativistic GAN with R1 and R2 and residual networks without norms on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=64),
        networks={
            "G": Spec(FixupResNetGenerator, width=width),
            "D": Spec(FixupResNetDiscriminator, width=width),
        },
        algorithm=Spec(
            Adversarial,
            loss=Spec(RelativisticPairing),
            regularizers=(Spec(R1, gamma=0.05), Spec(R2, gamma=0.05)),
            one_pass=True,
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=short_schedule(budget, steps, batch=32) if short else published,
        papers=(R3GAN,),
    )
