"""GANs whose D judges two samples at once, on points and digits.

PacGAN: The power of two samples in generative adversarial networks, 2018, arXiv 1712.04086.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganbench.config.spec import Spec
from ganbench.losses import NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, SMALL_BATCHES, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam
from ganbench.training.schedule import Linear

PACGAN = Paper(
    "PacGAN: The power of two samples in generative adversarial networks",
    2018,
    "1712.04086",
    ("Zinan Lin", "Ashish Khetan", "Giulia Fanti", "Sewoong Oh"),
)


def pacgan(setup: DatasetSetup, budget: Budget, laptop_steps: int, laptop_optimizer: Spec) -> Recipe:
    """Return the vanilla GAN with packs of two, with the settings of GANs-Implementations.

    At laptop size there is one D update, and an EMA of G is kept. On points learning rates then decay to 0, and G has
    ReLU and a latent of size 4; on images batches are small, and G has batch norm.
    """
    laptop = budget == "laptop"
    sharp = laptop and setup.is_points
    decay: Mapping[str, Any] = {
        "learning_rate": Spec(Linear),
        "ema_half_life": 10_000.0,
        "sample_every": 500,
    }
    return mlp_gan(
        "pacgan",
        "PacGAN (D judges pairs of samples)",
        setup,
        budget,
        laptop_steps,
        loss=Spec(NonSaturating),
        optimizer=laptop_optimizer if laptop else adam(3e-4, (0.5, 0.999)),
        papers=(PACGAN,),
        critic_steps=1 if laptop else 5,
        packing=2,
        generator_norm="batch" if laptop and not setup.is_points else None,
        latent_size=4 if sharp else None,
        generator_slope=0.0 if sharp else 0.2,
        schedule_changes=(decay if sharp else SMALL_BATCHES) if laptop else None,
    )


@recipe
def pacgan_ring8(budget: Budget = "reference") -> Recipe:
    """PacGAN on eight Gaussians."""
    return pacgan(RING8, budget, 6000, adam(1e-3, (0.5, 0.999)))


@recipe
def pacgan_grid25(budget: Budget = "reference") -> Recipe:
    """PacGAN on 25 Gaussians."""
    return pacgan(GRID25, budget, 6000, adam(2e-3, (0.0, 0.9)))


@recipe
def pacgan_mnist(budget: Budget = "reference") -> Recipe:
    """PacGAN of MLPs on MNIST."""
    return pacgan(MNIST, budget, 16_000, adam(1e-3, (0.5, 0.999)))
