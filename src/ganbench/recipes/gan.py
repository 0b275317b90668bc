"""The vanilla GAN, with and without R1, on points and digits: Generative Adversarial Nets, 2014, arXiv 1406.2661."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.losses import NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import GRID25, MNIST, RING8, DatasetSetup, mlp_gan
from ganbench.recipes.optimization import adam
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear

GAN = Paper(
    "Generative Adversarial Networks",
    2014,
    "1406.2661",
    (
        "Ian J. Goodfellow",
        "Jean Pouget-Abadie",
        "Mehdi Mirza",
        "Bing Xu",
        "David Warde-Farley",
        "Sherjil Ozair",
        "Aaron Courville",
        "Yoshua Bengio",
    ),
)
CONVERGENCE = Paper(
    "Which Training Methods for GANs do actually Converge?",
    2018,
    "1801.04406",
    ("Lars Mescheder", "Andreas Geiger", "Sebastian Nowozin"),
)


def vanilla_gan(setup: DatasetSetup, budget: Budget, laptop_steps: int) -> Recipe:
    """Return the vanilla GAN with the settings of GANs-Implementations."""
    return mlp_gan(
        "gan",
        "vanilla GAN",
        setup,
        budget,
        laptop_steps,
        loss=Spec(NonSaturating),
        optimizer=adam(3e-4, (0.9, 0.999)),
        papers=(GAN,),
    )


def gan_r1(setup: DatasetSetup, budget: Budget, laptop_steps: int, gamma: float = 20.0) -> Recipe:
    """Return the GAN with R1 and the settings of GANs-Implementations.

    Lambda is 10 there and applies to a halved D loss, so gamma is 20 here.
    """
    return mlp_gan(
        "gan-r1",
        "GAN with the R1 penalty",
        setup,
        budget,
        laptop_steps,
        loss=Spec(NonSaturating),
        optimizer=adam(3e-4, (0.9, 0.999)),
        papers=(GAN, CONVERGENCE),
        regularizers=(Spec(R1, gamma=gamma),),
    )


def gan_r1_points(setup: DatasetSetup, budget: Budget, laptop_steps: int, gamma: float = 0.01) -> Recipe:
    """Return the GAN with R1 for points: one D update, a decay to 0, an EMA of G and a small gamma.

    GANs-Implementations gives lambda for images only. It is too large for points in [-1, 1]: G keeps all modes but
    blurs them.
    """
    return mlp_gan(
        "gan-r1",
        "GAN with the R1 penalty",
        setup,
        budget,
        laptop_steps,
        loss=Spec(NonSaturating),
        optimizer=adam(2e-3, (0.0, 0.9)),
        papers=(GAN, CONVERGENCE),
        regularizers=(Spec(R1, gamma=gamma),),
        critic_steps=1,
        latent_size=4,
        generator_slope=0.0,
        schedule_changes={"learning_rate": Spec(Linear), "ema_half_life": 10_000.0, "sample_every": 500},
    )


@recipe
def gan_ring8(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on eight Gaussians, a well-known case of mode collapse."""
    return vanilla_gan(RING8, budget, 2000)


@recipe
def gan_r1_ring8(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on eight Gaussians."""
    return gan_r1(RING8, budget, 6000) if budget == "reference" else gan_r1_points(RING8, budget, 5000)


@recipe
def gan_grid25(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on 25 Gaussians."""
    return vanilla_gan(GRID25, budget, 2000)


@recipe
def gan_r1_grid25(budget: Budget = "reference") -> Recipe:
    """The GAN with R1 on 25 Gaussians."""
    return gan_r1(GRID25, budget, 6000) if budget == "reference" else gan_r1_points(GRID25, budget, 6000)


@recipe
def gan_mnist(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN of MLPs on MNIST."""
    return vanilla_gan(MNIST, budget, 4000)


@recipe
def gan_r1_mnist(budget: Budget = "reference") -> Recipe:
    """The GAN of MLPs with R1 on MNIST; at laptop size gamma is 1, so that it learns within fewer steps."""
    return gan_r1(MNIST, budget, 2000, gamma=20.0 if budget == "reference" else 1.0)
