"""VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, 2017, arXiv 1705.07761."""

from __future__ import annotations

import dataclasses

from ganbench.algorithms import VEEGAN
from ganbench.config.spec import Spec
from ganbench.latents import Gaussian
from ganbench.networks import JointMLPDiscriminator, MLPEncoder, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, SMALL_BATCHES, DatasetSetup
from ganbench.recipes.optimization import adam
from ganbench.training.schedule import Linear

VEEGAN_PAPER = Paper(
    "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
    2017,
    "1705.07761",
    ("Akash Srivastava", "Lazar Valkov", "Chris Russell", "Michael U. Gutmann", "Charles Sutton"),
)


def veegan(setup: DatasetSetup) -> Recipe:
    """Return VEEGAN with the settings of GANs-Implementations: batch norm in all networks, one Adam for each.

    D and R have no norm behind the first layer, where it would hide the mean picture. Gains of batch norm start at 1,
    where that work draws them from N(1, .02²).
    """
    norms = ("none", "batch", "batch")
    optimizer = adam(3e-4, (0.5, 0.999))
    return Recipe(
        name=f"veegan-{setup.name}",
        summary=f"VEEGAN on {setup.description}",
        data=setup.data,
        latent=Spec(Gaussian, size=setup.latent_size),
        networks={
            "G": Spec(MLPGenerator, norm="batch"),
            "D": Spec(JointMLPDiscriminator, norm=norms),
            "R": Spec(MLPEncoder, norm=norms),
        },
        algorithm=Spec(VEEGAN, reconstruction_weight=1.0, critic_steps=5),
        optimizers={"G": optimizer, "D": optimizer, "R": optimizer},
        schedule=setup.schedule("reference", setup.steps),
        machine=setup.machine,
        papers=(VEEGAN_PAPER,),
    )


def veegan_points_laptop(setup: DatasetSetup, steps: int) -> Recipe:
    """Return VEEGAN for points at laptop size: no norm, fewer D updates, learning rates that decay to 0, an EMA of G.

    The latent has two dimensions, like the points: R helps only if it can recover the latent, and it cannot recover 32
    dimensions from two.
    """
    optimizer = adam(1e-3, (0.5, 0.999))
    return dataclasses.replace(
        veegan(setup),
        latent=Spec(Gaussian, size=2),
        networks={
            "G": Spec(MLPGenerator, width=128),
            "D": Spec(JointMLPDiscriminator, width=128),
            "R": Spec(MLPEncoder, width=128),
        },
        algorithm=Spec(VEEGAN, reconstruction_weight=1.0, critic_steps=3),
        optimizers={"G": optimizer, "D": optimizer, "R": optimizer},
        schedule=dataclasses.replace(
            setup.schedule("laptop", steps), learning_rate=Spec(Linear), ema_half_life=10_000.0
        ),
    )


@recipe
def veegan_ring8(budget: Budget = "reference") -> Recipe:
    """VEEGAN on eight Gaussians."""
    return veegan(RING8) if budget == "reference" else veegan_points_laptop(RING8, 2500)


@recipe
def veegan_grid25(budget: Budget = "reference") -> Recipe:
    """VEEGAN on 25 Gaussians."""
    return veegan(GRID25) if budget == "reference" else veegan_points_laptop(GRID25, 2500)


@recipe
def veegan_mnist(budget: Budget = "reference") -> Recipe:
    """VEEGAN of MLPs on MNIST.

    At laptop size there is one D update on small batches for each update of G and R, learning rates are higher, and an
    EMA of G is kept.
    """
    if budget == "reference":
        return veegan(MNIST)
    optimizer = adam(1e-3, (0.5, 0.999))
    return dataclasses.replace(
        veegan(MNIST),
        algorithm=Spec(VEEGAN, reconstruction_weight=1.0, critic_steps=1),
        optimizers={"G": optimizer, "D": optimizer, "R": optimizer},
        schedule=dataclasses.replace(MNIST.schedule("laptop", 8000), **SMALL_BATCHES),
    )
