"""Relativistic pairing with R1 and R2: The GAN is dead; long live the GAN!, 2025, arXiv 2501.05441."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import RelativisticPairing
from ganbench.networks import FixupResNetDiscriminator, FixupResNetGenerator
from ganbench.recipes.base import ALL_BUDGETS, Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, SMALL_BATCHES, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
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
    setup: DatasetSetup,
    budget: Budget,
    *,
    gamma: float,
    lr: float,
    laptop_steps: int,
    every: int = 1,
    width: int = 128,
) -> Recipe:
    """Return R3GAN of MLPs: one D update, R1 and R2, learning rates that decay to 0, an EMA of G.

    The penalties apply to every ``every``-th update of D. On images at laptop size batches are small and G has batch
    norm, without which its pixels saturate.
    """
    small = budget == "laptop" and not setup.is_points
    return mlp_gan(
        "r3gan",
        "R3GAN (relativistic loss, R1 and R2)",
        setup,
        budget,
        laptop_steps,
        loss=Spec(RelativisticPairing),
        optimizer=adam(lr, (0.0, 0.9)),
        papers=(R3GAN,),
        regularizers=(Spec(R1, gamma=gamma, every=every), Spec(R2, gamma=gamma, every=every)),
        width=width,
        critic_steps=1,
        latent_size=4 if setup.is_points else None,
        generator_slope=0.0 if setup.is_points else 0.2,
        generator_norm="batch" if small else None,
        schedule_changes=SMALL_BATCHES
        if small
        else {"learning_rate": Spec(Linear), "ema_half_life": 10_000.0},
    )


@recipe
def r3gan_ring8(budget: Budget = "reference") -> Recipe:
    """R3GAN on eight Gaussians."""
    return r3gan(RING8, budget, gamma=0.005, lr=3e-3, laptop_steps=4000)


@recipe
def r3gan_grid25(budget: Budget = "reference") -> Recipe:
    """R3GAN on 25 Gaussians."""
    return r3gan(GRID25, budget, gamma=0.005, lr=3e-3, laptop_steps=4000)


@recipe
def r3gan_mnist(budget: Budget = "reference") -> Recipe:
    """R3GAN of MLPs on MNIST. The penalties take most of the time, so they apply to every fourth update."""
    lr = 1e-3 if budget == "laptop" else 3e-4
    return r3gan(MNIST, budget, gamma=1.0, every=4, lr=lr, laptop_steps=8000, width=256)


@recipe(budgets=ALL_BUDGETS)
def r3gan_cifar10(budget: Budget = "reference") -> Recipe:
    """R3GAN on CIFAR-10: residual networks without norms, R1 and R2 at every update.

    Smaller than the paper's networks at every budget. The reference budget has the learning rate, batch and gamma that
    the paper starts with; the paper then lowers gamma and raises the second beta, which this recipe does not. Second
    derivatives make a step slow, so the short budgets (10 minutes of one core, an hour of two) have few steps.
    """
    width, steps = {"laptop": (12, 1600), "hour": (24, 5500), "reference": (128, 40_000)}[budget]
    short = budget != "reference"
    optimizer = adam(5e-4 if short else 2e-4, (0.0, 0.9))
    published = Schedule(steps=steps, batch=512, learning_rate=Spec(Cosine, end=0.25), ema_half_life=500_000)
    return Recipe(
        name="r3gan-cifar10",
        summary="R3GAN (relativistic loss, R1 and R2) on CIFAR-10, with residual networks and no normalization",
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
        schedule=warmup_schedule(budget, steps, batch=32) if short else with_scores(published, every=2000),
        papers=(R3GAN,),
    )
