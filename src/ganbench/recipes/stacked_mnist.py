"""Convolutional GANs on the thousand modes of stacked MNIST, with the settings of PacGAN, 2017, arXiv 1712.04086."""

from __future__ import annotations

from ganbench.config.spec import Spec
from ganbench.data.stacked_mnist import stacked_mnist
from ganbench.layers.normalisation import Norm2d
from ganbench.losses import NonSaturating, RelativisticPairing, Wasserstein
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.dcgan import DCGAN
from ganbench.recipes.optimization import adam, with_scores
from ganbench.recipes.pacgan import PACGAN
from ganbench.recipes.r3gan import R3GAN
from ganbench.recipes.simple_cnn import simple_cnn_gan
from ganbench.recipes.veegan import VEEGAN_PAPER
from ganbench.recipes.wgan import WGAN_GP
from ganbench.regularizers import R1, R2, GradientPenalty
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

EPOCHS = 50  # of 60,000 images in batches of 64, as in PacGAN


def stacked_mnist_gan(
    method: str,
    summary: str,
    budget: Budget,
    *,
    loss: Spec,
    papers: tuple[Paper, ...],
    optimizer: Spec,
    laptop_steps: int,
    critic_norm: Norm2d = "batch",
    critic_steps: int = 1,
    regularizers: tuple[Spec, ...] = (),
    packing: int = 1,
) -> Recipe:
    """Return a GAN of two plain convolutional networks of width 64, trained for 50 epochs at a constant learning rate.

    At laptop size the width is 32, the learning rate decays to 0 in the second half, and an EMA of G is kept. The
    digits are padded to 32 pixels, which can be halved once more than 28 and so gives both networks a third level.
    """
    laptop = budget == "laptop"
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
        schedule = with_scores(Schedule(steps=EPOCHS * 60_000 // 64, batch=64), every=5000)
    return simple_cnn_gan(
        f"{method}-stacked-mnist",
        f"{summary} on stacked MNIST (three digits as red, green and blue)",
        Spec(stacked_mnist, side=32),
        schedule,
        width=32 if laptop else 64,
        loss=loss,
        optimizers=(optimizer, optimizer),
        papers=(*papers, VEEGAN_PAPER),
        critic_steps=critic_steps,
        regularizers=regularizers,
        critic_norm=critic_norm,
        one_pass=critic_norm == "none",  # equivalent without batch statistics, and faster
        packing=packing,
    )


@recipe
def dcgan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """DCGAN on stacked MNIST."""
    return stacked_mnist_gan(
        "dcgan",
        "DCGAN",
        budget,
        loss=Spec(NonSaturating),
        papers=(DCGAN,),
        optimizer=adam(2e-4, (0.5, 0.999)),
        laptop_steps=8000,
    )


@recipe
def pacgan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """PacGAN with pairs on stacked MNIST; D has half the work, so there are more steps at laptop size."""
    return stacked_mnist_gan(
        "pacgan",
        "PacGAN (D judges pairs of images)",
        budget,
        loss=Spec(NonSaturating),
        papers=(PACGAN, DCGAN),
        optimizer=adam(2e-4, (0.5, 0.999)),
        laptop_steps=10_000,
        packing=2,
    )


@recipe
def wgan_gp_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """WGAN-GP on stacked MNIST; at laptop size with two D updates and a learning rate of 5e-4.

    D has no norm: the penalty applies to the slope at each image, and batch norm would mix images.
    """
    laptop = budget == "laptop"
    return stacked_mnist_gan(
        "wgan-gp",
        "Wasserstein GAN with gradient penalty",
        budget,
        loss=Spec(Wasserstein),
        papers=(WGAN_GP,),
        optimizer=adam(5e-4 if laptop else 1e-4, (0.5, 0.9)),
        laptop_steps=3000,
        critic_norm="none",
        critic_steps=2 if laptop else 5,
        regularizers=(Spec(GradientPenalty, weight=10.0),),
    )


@recipe
def r3gan_stacked_mnist(budget: Budget = "reference") -> Recipe:
    """R3GAN on stacked MNIST, without a norm in D; at laptop size the penalties apply to every fourth update.

    Trials of 2,000 steps at laptop size gave these numbers of modes in 10,000 samples, and KL divergences:

    * gamma 1, learning rate 5e-4: 820, .96
    * gamma .2, learning rate 5e-4: 798, .93
    * gamma .05, learning rate 1e-3: 921, .48
    * gamma 1, learning rate 2e-4, 28 pixels, norm in G: 738, 1.12
    * gamma 1, learning rate 2e-4, 28 pixels, no norm in G: 629, 1.22

    With gamma .05 and learning rate 1e-3, the KL divergence is .048 after 8,000 steps and .030 after 20,000.
    """
    laptop = budget == "laptop"
    every = 4 if laptop else 1
    return stacked_mnist_gan(
        "r3gan",
        "R3GAN (relativistic loss, R1 and R2)",
        budget,
        loss=Spec(RelativisticPairing),
        papers=(R3GAN,),
        optimizer=adam(1e-3 if laptop else 2e-4, (0.0, 0.99)),
        laptop_steps=8000,
        critic_norm="none",
        regularizers=(Spec(R1, gamma=0.05, every=every), Spec(R2, gamma=0.05, every=every)),
    )
