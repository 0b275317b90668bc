"""Convolutional GANs on the thousand modes of stacked MNIST, with the settings of PacGAN, 2017, arXiv 1712.04086."""

from __future__ import annotations

import torch

from ganbench.config.spec import Spec
from ganbench.data.stacked_mnist import stacked_mnist
from ganbench.layers.normalisation import Norm2d
from ganbench.losses import NonSaturating, RelativisticPairing, Wasserstein
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.dcgan import DCGAN
from ganbench.recipes.pacgan import PACGAN
from ganbench.recipes.r3gan import R3GAN
from ganbench.recipes.simple_cnn import simple_cnn_gan
from ganbench.recipes.veegan import VEEGAN_PAPER
from ganbench.recipes.wgan import WGAN_GP
from ganbench.regularizers import R1, R2, GradientPenalty
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

EPOCHS = 50  # of 60,000 pictures in batches of 64, as in PacGAN

Adam = tuple[float, float, float]
"""A learning rate and the two betas."""


def stacked(
    method: str,
    words: str,
    budget: Budget,
    *,
    loss: Spec,
    papers: tuple[Paper, ...],
    adam: Adam,
    laptop_steps: int,
    critic_norm: Norm2d = "batch",
    critic_steps: int = 1,
    regularizers: tuple[Spec, ...] = (),
    packing: int = 1,
) -> Recipe:
    """Return ``method`` with two plain networks of width 64, at a constant rate, for 50 epochs.

    At laptop size the width is 32, the rate falls to 0 in the second half, and G is averaged. The digits have a
    rim: 32 pixels can be halved once more than 28, which gives both networks a third level.
    """
    laptop = budget == "laptop"
    optimizer = Spec(torch.optim.Adam, lr=adam[0], betas=adam[1:])
    if laptop:
        schedule = Schedule(
            steps=laptop_steps,
            batch=64,
            learning_rate=Spec(Linear, from_share=0.5),
            ema_half_life=10_000,
            sample_every=1000,
            checkpoint_every=1000,
            evaluate_every=2000,
            evaluate_samples=5000,
        )
    else:
        schedule = Schedule(steps=EPOCHS * 60_000 // 64, batch=64)
    return simple_cnn_gan(
        f"{method}-stacked-mnist",
        f"{words} on three stacked MNIST digits",
        Spec(stacked_mnist, side=32),
        schedule,
        width=32 if laptop else 64,
        loss=loss,
        optimizers=(optimizer, optimizer),
        papers=(*papers, VEEGAN_PAPER),
        critic_steps=critic_steps,
        regularizers=regularizers,
        critic_norm=critic_norm,
        one_pass=critic_norm == "none",  # the same without batch statistics, and faster
        packing=packing,
    )


@recipe
def dcgan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on stacked MNIST, PacGAN's settings."""
    return stacked(
        "dcgan",
        "a plain convolutional GAN",
        budget,
        loss=Spec(NonSaturating),
        papers=(DCGAN,),
        adam=(2e-4, 0.5, 0.999),
        laptop_steps=8000,
    )


@recipe
def pacgan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The same with a D that judges two pictures at once; longer at laptop size, since D has half the work."""
    return stacked(
        "pacgan",
        "a GAN that judges pairs of pictures",
        budget,
        loss=Spec(NonSaturating),
        papers=(PACGAN, DCGAN),
        adam=(2e-4, 0.5, 0.999),
        laptop_steps=10_000,
        packing=2,
    )


@recipe
def wgan_gp_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The Wasserstein GAN with the gradient penalty; at laptop size two D updates, and a rate of 5e-4.

    D has no norm: the penalty is on the slope at each picture, and batch norm would mix them.
    """
    laptop = budget == "laptop"
    return stacked(
        "wgan-gp",
        "a Wasserstein GAN with the gradient penalty",
        budget,
        loss=Spec(Wasserstein),
        papers=(WGAN_GP,),
        adam=(5e-4 if laptop else 1e-4, 0.5, 0.9),
        laptop_steps=3000,
        critic_norm="none",
        critic_steps=2 if laptop else 5,
        regularizers=(Spec(GradientPenalty, weight=10.0),),
    )


@recipe
def r3gan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """The relativistic GAN with R1 and R2, without a norm in D; at laptop size the penalties are lazy.

    Tried with 2,000 steps at laptop size, modes of 10,000 samples and KL: gamma 1 and rate 5e-4 820 and .96,
    gamma .2 798 and .93, gamma .05 and rate 1e-3 921 and .48; without a norm in G (28 pixels, gamma 1, rate 2e-4)
    629 and 1.22, with it 738 and 1.12. With 20,000 steps instead of 8,000 (gamma .05, rate 1e-3) KL is .030, not .048.
    """
    laptop = budget == "laptop"
    every = 4 if laptop else 1
    return stacked(
        "r3gan",
        "a relativistic GAN with R1 and R2",
        budget,
        loss=Spec(RelativisticPairing),
        papers=(R3GAN,),
        adam=(1e-3 if laptop else 2e-4, 0.0, 0.99),
        laptop_steps=8000,
        critic_norm="none",
        regularizers=(Spec(R1, gamma=0.05, every=every), Spec(R2, gamma=0.05, every=every)),
    )
