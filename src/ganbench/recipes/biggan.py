"""A small BigGAN: Large Scale GAN Training for High Fidelity Natural Image Synthesis, 2018, arXiv 1809.11096."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.conditioning import Projection
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.networks import BigGANGenerator, ResNetDiscriminator
from ganbench.recipes.base import EVERY_BUDGET, Budget, Paper, Recipe, recipe
from ganbench.recipes.mlp import adam
from ganbench.recipes.projection import PROJECTION
from ganbench.recipes.sndcgan import short_schedule, sndcgan_rates
from ganbench.training.settings import Schedule

BIGGAN = Paper(
    "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    2018,
    "1809.11096",
    ("Andrew Brock", "Jeff Donahue", "Karen Simonyan"),
)


@recipe(budgets=EVERY_BUDGET)
def biggan_small_cifar10(budget: Budget = "reference") -> Recipe:
    """BigGAN's parts on CIFAR-10, at half its width or less, with two D updates.

    One embedding of the classes and a part of the latent for each block of G, projection in D, spectral norm in both,
    hinge loss, an average of G. At laptop size (10 minutes of one core) the width is 24, for an hour of two cores 48.
    D's blocks are those of ``sagan-cifar10``; attention is off (``networks.G.attention=16``, and D's).
    """
    width, steps = {"laptop": (24, 2000), "hour": (48, 6500), "reference": (128, 100_000)}[budget]
    short = budget != "reference"
    published = adam(2e-4, (0.0, 0.999))
    return Recipe(
        name="biggan-small-cifar10",
        summary="a small BigGAN on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=128),
        networks={
            "G": Spec(BigGANGenerator, width=width, embedding=32 if short else 128),
            "D": Spec(
                ResNetDiscriminator,
                width=width,
                spectral_norm=True,
                pool="sum",
                orthogonal=True,
                conditioning=Spec(Projection, weight=0.25 if short else 1.0),
            ),
        },
        algorithm=Spec(Adversarial, loss=Spec(Hinge), critic_steps=2, one_pass=True, labels="uniform"),
        optimizers=sndcgan_rates(budget) if short else {"G": published, "D": published},
        schedule=short_schedule(budget, steps, batch=32)
        if short
        else Schedule(steps=steps, batch=64, ema_half_life=440_000),  # a decay of .9999 at each step
        papers=(BIGGAN, PROJECTION),
    )
