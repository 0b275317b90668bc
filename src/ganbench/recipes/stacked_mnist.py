"""Convolutional GANs on the thousand modes of stacked MNIST, with the settings of PacGAN, 2017, arXiv 1712.04086."""

from __future__ import annotations

import torch

from ganbench.data.stacked_mnist import stacked_mnist
from ganbench.losses import NonSaturating, RelativisticPairing, Wasserstein
from ganbench.networks.layers.normalisation import Norm2d
from ganbench.recipe import Budget, Paper, Recipe, recipe
from ganbench.recipes.dcgan import DCGAN
from ganbench.recipes.pacgan import PACGAN
from ganbench.recipes.r3gan import R3GAN
from ganbench.recipes.simple_cnn import simple_cnn_gan
from ganbench.recipes.wgan import WGAN_GP
from ganbench.regularizers import R1, R2, GradientPenalty
from ganbench.settings import Schedule
from ganbench.spec import Spec
from ganbench.training.schedule import Linear

VEEGAN = Paper(
    "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning", 2017, "1705.07761"
)
EPOCHS = 50  # of 60,000 pictures in batches of 64, as in PacGAN


def stacked(
    method: str,
    words: str,
    budget: Budget,
    *,
    laptop_steps: int,
    loss: Spec,
    papers: tuple[Paper, ...],
    adam: tuple[float, float, float] = (2e-4, 0.5, 0.999),
    laptop_adam: tuple[float, float, float] | None = None,
    laptop_width: int = 32,
    critic_norm: Norm2d = "batch",
    critic_steps: int = 1,
    regularizers: tuple[Spec, ...] = (),
    packing: int = 1,
) -> Recipe:
    """Return ``method``: two plain networks of width 64, constant rate ``adam[0]`` and betas ``adam[1:]``, 50 epochs.

    At laptop size they are narrower, the rate falls to 0 in the second half, and G is averaged.
    """
    laptop = budget == "laptop"
    rate, *betas = (laptop_adam or adam) if laptop else adam
    optimizer = Spec(torch.optim.Adam, lr=rate, betas=tuple(betas))
    if laptop:
        schedule = Schedule(
            steps=laptop_steps,
            batch=64,
            learning_rate=Spec(Linear, from_share=0.5),
            ema_half_life=10_000,
            sample_every=1000,
            checkpoint_every=1000,
        )
    else:
        schedule = Schedule(steps=EPOCHS * 60_000 // 64, batch=64)
    return simple_cnn_gan(
        f"{method}-stacked-mnist",
        f"{words} on three stacked MNIST digits",
        Spec(stacked_mnist),
        schedule,
        width=laptop_width if laptop else 64,
        loss=loss,
        optimizers=(optimizer, optimizer),
        papers=(*papers, VEEGAN),
        critic_steps=critic_steps,
        regularizers=regularizers,
        critic_norm=critic_norm,
        one_pass=critic_norm == "none",  # the same without batch statistics, and faster
        packing=packing,
    )


@recipe
def dcgan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on stacked MNIST."""
    return stacked(
        "dcgan",
        "a plain convolutional GAN",
        budget,
        laptop_steps=8000,
        loss=Spec(NonSaturating),
        papers=(DCGAN,),
    )


@recipe
def pacgan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The same with a D that judges two pictures at once."""
    return stacked(
        "pacgan",
        "a GAN that judges pairs of pictures",
        budget,
        laptop_steps=8000,
        loss=Spec(NonSaturating),
        papers=(PACGAN, DCGAN),
        packing=2,
    )


@recipe
def wgan_gp_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with the gradient penalty: no norm in D, whose slope is taken picture by picture."""
    return stacked(
        "wgan-gp",
        "a Wasserstein GAN with the gradient penalty",
        budget,
        laptop_steps=2500,
        loss=Spec(Wasserstein),
        papers=(WGAN_GP,),
        adam=(1e-4, 0.5, 0.9),
        critic_norm="none",
        critic_steps=5,
        regularizers=(Spec(GradientPenalty, weight=10.0),),
    )


@recipe
def r3gan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN with R1 and R2."""
    every = 4 if budget == "laptop" else 1
    return stacked(
        "r3gan",
        "a relativistic GAN with R1 and R2",
        budget,
        laptop_steps=8000,
        loss=Spec(RelativisticPairing),
        papers=(R3GAN,),
        adam=(2e-4, 0.0, 0.99),
        critic_norm="none",
        regularizers=(Spec(R1, gamma=1.0, every=every), Spec(R2, gamma=1.0, every=every)),
    )
