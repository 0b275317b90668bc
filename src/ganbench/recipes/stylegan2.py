"""StyleGAN2 at small width: Analyzing and Improving the Image Quality of StyleGAN, 2019, arXiv 1912.04958."""

from __future__ import annotations

from ganbench.algorithms import StyleGAN2
from ganbench.config.spec import Spec
from ganbench.data.torchvision_sets import cifar10
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import StyleGAN2Discriminator, StyleGAN2Generator
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.optimization import adam, warmup_schedule, with_scores
from ganbench.regularizers import R1
from ganbench.training.settings import Schedule

STYLEGAN2 = Paper(
    "Analyzing and Improving the Image Quality of StyleGAN",
    2019,
    "1912.04958",
    (
        "Tero Karras",
        "Samuli Laine",
        "Miika Aittala",
        "Janne Hellsten",
        "Jaakko Lehtinen",
        "Timo Aila",
    ),
)


@recipe
def stylegan2_cifar10(budget: Budget = "reference") -> Recipe:
    """StyleGAN2 on CIFAR-10; the laptop budget has narrow networks, small batches and a short average."""
    short = budget == "laptop"
    width, style, steps = (16, 64, 6000) if short else (128, 512, 200_000)
    optimizer = adam(2e-3, (0.0, 0.99))
    published = Schedule(steps=steps, batch=64, ema_half_life=500_000)
    return Recipe(
        name="stylegan2-cifar10",
        summary="StyleGAN2 (styles, noise, path length penalty, lazy R1) on CIFAR-10",
        data=Spec(cifar10),
        latent=Spec(Gaussian, size=style),
        networks={
            "G": Spec(StyleGAN2Generator, width=width, max_width=4 * width, style=style),
            "D": Spec(StyleGAN2Discriminator, width=width, max_width=4 * width),
        },
        algorithm=Spec(
            StyleGAN2,
            loss=Spec(NonSaturating),
            regularizers=(Spec(R1, gamma=0.1, every=16),),
            path_every=8,
            one_pass=True,
            reuse_fakes=short,
        ),
        optimizers={"G": optimizer, "D": optimizer},
        schedule=warmup_schedule(budget, steps, batch=16) if short else with_scores(published, every=5000),
        papers=(STYLEGAN2,),
    )
