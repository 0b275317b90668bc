"""VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning, 2017, arXiv 1705.07761."""

from __future__ import annotations

import dataclasses

from ganbench.algorithms import VEEGAN
from ganbench.config.spec import Spec
from ganbench.latents import Gaussian
from ganbench.networks import JointMLPDiscriminator, MLPEncoder, MLPGenerator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, Task, adam
from ganbench.training.schedule import Linear
from ganbench.training.settings import Machine

VEEGAN_PAPER = Paper(
    "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
    2017,
    "1705.07761",
    ("Akash Srivastava", "Lazar Valkov", "Chris Russell", "Michael U. Gutmann", "Charles Sutton"),
)


def veegan(task: Task) -> Recipe:
    """Return VEEGAN with the study's settings: batch norm in all three networks, one Adam for each."""
    optimizer = adam(betas=(0.5, 0.999))
    return Recipe(
        name=f"veegan-{task.name}",
        summary=f"a GAN that also maps data to latents on {task.words}",
        data=task.data,
        latent=Spec(Gaussian, size=task.latent),
        networks={
            "G": Spec(MLPGenerator, norm="batch"),
            "D": Spec(JointMLPDiscriminator, norm="batch"),
            "R": Spec(MLPEncoder, norm="batch"),
        },
        algorithm=Spec(VEEGAN, reconstruction_weight=1.0, critic_steps=5),
        optimizers={"G": optimizer, "D": optimizer, "R": optimizer},
        schedule=task.schedule("reference", task.steps),
        machine=Machine(threads=1 if task.points else None),
        papers=(VEEGAN_PAPER,),
    )


def veegan_small(task: Task, laptop_steps: int) -> Recipe:
    """Return VEEGAN for points at laptop size: no norm, fewer D updates, a falling rate, an average of G.

    Its latents have two numbers, as the points do: R cannot find 32 numbers in two, and has to if it is to help.
    """
    small = Spec(MLPGenerator, width=128), Spec(JointMLPDiscriminator, width=128), Spec(MLPEncoder, width=128)
    optimizer = adam(1e-3, (0.5, 0.999))
    return dataclasses.replace(
        veegan(task),
        latent=Spec(Gaussian, size=2),
        networks=dict(zip("GDR", small, strict=True)),
        algorithm=Spec(VEEGAN, reconstruction_weight=1.0, critic_steps=3),
        optimizers={"G": optimizer, "D": optimizer, "R": optimizer},
        schedule=dataclasses.replace(
            task.schedule("laptop", laptop_steps), learning_rate=Spec(Linear), ema_half_life=10_000.0
        ),
    )


@recipe
def veegan_ring8(budget: Budget = "reference") -> Recipe:
    """VEEGAN on eight Gaussians."""
    return veegan(RING8) if budget == "reference" else veegan_small(RING8, 2500)


@recipe
def veegan_grid25(budget: Budget = "reference") -> Recipe:
    """VEEGAN on 25 Gaussians."""
    return veegan(GRID25) if budget == "reference" else veegan_small(GRID25, 2500)


@recipe
def veegan_mnist(budget: Budget = "reference") -> Recipe:
    """VEEGAN on MNIST, fully connected; at laptop size with one D update for each of G and R."""
    if budget == "reference":
        return veegan(MNIST)
    laptop = dataclasses.replace(veegan(MNIST), schedule=MNIST.schedule("laptop", 4000))
    return laptop.override({"algorithm.critic_steps": 1})
