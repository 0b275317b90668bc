"""The projection discriminator: cGANs with Projection Discriminator, 2018, arXiv 1802.05637."""

from __future__ import annotations

from typing import Any

from ganbench.conditioning import ClassNorm, Projection
from ganbench.config.spec import Spec
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.classes import class_conditional
from ganbench.recipes.sngan import SNGAN, sngan_hinge_cifar10

PROJECTION = Paper(
    "cGANs with Projection Discriminator", 2018, "1802.05637", ("Takeru Miyato", "Masanori Koyama")
)


@recipe
def sngan_projection_cifar10(budget: Budget = "reference") -> Recipe:
    """SNGAN with hinge loss on CIFAR-10, with conditional batch norm in G and projection in D.

    As in the paper, D's features are summed over positions, its embedding has spectral norm, and learning rates decay
    to 0. At laptop size they are constant, and the projection has a quarter of its weight, so that the unconditional
    score dominates.
    """
    laptop = budget == "laptop"
    changes: dict[str, Any] = {"networks.D.pool": "sum"}
    if not laptop:
        changes["schedule.learning_rate"] = {"target": "ganbench.training.schedule:Linear"}
    return class_conditional(
        sngan_hinge_cifar10(budget),
        "sngan-projection-cifar10",
        "class-conditional convolutional GAN with spectral norm and projection in D on CIFAR-10",
        generator=Spec(ClassNorm),
        discriminator=Spec(Projection, weight=0.25 if laptop else 1.0),
        papers=(PROJECTION, SNGAN),
        changes=changes,
    )
