"""A small BigGAN: Large Scale GAN Training for High Fidelity Natural Image Synthesis, 2018, arXiv 1809.11096."""

from __future__ import annotations

from ganbench.algorithms import Adversarial
from ganbench.conditioning import Projection
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import Hinge
from ganbench.networks import BigGANGenerator, ResNetDiscriminator
from ganbench.recipes.base import ALL_BUDGETS, Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
from ganbench.recipes.projection import PROJECTION
from ganbench.recipes.sndcgan import sndcgan_optimizers
from ganbench.training.settings import Schedule

BIGGAN = Paper(
    "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    2018,
    "1809.11096",
    ("Andrew Brock", "Jeff Donahue", "Karen Simonyan"),
)


@recipe(budgets=ALL_BUDGETS)
def biggan_small_cifar10(budget: Budget = "reference") -> Recipe:
    """BigGAN on CIFAR-10, at half its width or less, with two D updates.

    G has a class embedding shared by its blocks and a chunk of the latent for each block; D has projection. Both have
    spectral norm. Hinge loss, EMA of G. The width is 24 at laptop size (10 minutes of one core) and 48 for an
    hour of two cores. D's blocks are those of ``sagan-cifar10``; attention is off (``networks.G.attention=16`` and
    ``networks.D.attention=16`` turn it on).
    """
    width, steps = {"laptop": (24, 2000), "hour": (48, 6500), "reference": (128, 100_000)}[budget]
    short = budget != "reference"
    published = adam(2e-4, (0.0, 0.999))
    return Recipe(
        name="biggan-small-cifar10",
        summary="small class-conditional BigGAN on CIFAR-10",
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
        optimizers=sndcgan_optimizers(budget) if short else {"G": published, "D": published},
        schedule=warmup_schedule(budget, steps, batch=32)
        if short
        else with_scores(
            Schedule(steps=steps, batch=64, ema_half_life=440_000), every=5000
        ),  # a decay of .9999 per step
        papers=(BIGGAN, PROJECTION),
    )
