"""Spectral normalisation on points: Spectral Normalization for GANs, 2018, arXiv 1802.05957."""

from __future__ import annotations

from ganbench.losses import NonSaturating
from ganbench.recipe import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, RING8, Task, adam, mlp_gan
from ganbench.spec import Spec

SNGAN = Paper("Spectral Normalization for Generative Adversarial Networks", 2018, "1802.05957")


def sngan(task: Task, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the GAN whose D has spectral norm on every layer, the study's settings."""
    return mlp_gan(
        "sngan",
        "a GAN with spectral norm in D",
        task,
        task.schedule(budget, laptop_steps),
        loss=Spec(NonSaturating),
        optimizer=adam(betas=(0.5, 0.999)),
        papers=(SNGAN,),
        spectral_norm=True,
    )


@recipe
def sngan_ring8(budget: Budget = "reference") -> Recipe:
    """The GAN with spectral norm on eight Gaussians."""
    return sngan(RING8, budget, 2000)


@recipe
def sngan_grid25(budget: Budget = "reference") -> Recipe:
    """The GAN with spectral norm on 25 Gaussians."""
    return sngan(GRID25, budget, 2000)
