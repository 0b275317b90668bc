"""Convolutional GANs: Unsupervised Representation Learning with Deep Convolutional GANs, 2015, arXiv 1511.06434."""

from __future__ import annotations

import torch

from ganbench.algorithms import Adversarial
from ganbench.data.shapes import shapes
from ganbench.data.torchvision_sets import cifar10, mnist
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import SimpleCNNDiscriminator, SimpleCNNGenerator
from ganbench.recipe import Budget, Paper, Recipe, recipe
from ganbench.recipes.gan import CONVERGENCE
from ganbench.regularizers import R1
from ganbench.settings import Schedule
from ganbench.spec import Spec

DCGAN = Paper(
    "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    2015,
    "1511.06434",
)


def dcgan(
    name: str,
    summary: str,
    data: Spec,
    *,
    width: int,
    rate: float,
    critic_steps: int,
    schedule: Schedule,
    regularizers: tuple[Spec, ...] = (),
) -> Recipe:
    """Return a GAN of two plain convolutional networks with batch norm, Adam betas (.5, .999), latents of 100."""
    adam = Spec(torch.optim.Adam, lr=rate, betas=(0.5, 0.999))
    return Recipe(
        name=name,
        summary=summary,
        data=data,
        latent=Spec(Gaussian, size=100),
        networks={
            "G": Spec(SimpleCNNGenerator, width=width),
            "D": Spec(SimpleCNNDiscriminator, width=width),
        },
        algorithm=Spec(
            Adversarial, loss=Spec(NonSaturating), regularizers=regularizers, critic_steps=critic_steps
        ),
        optimizers={"G": adam, "D": adam},
        schedule=schedule,
        papers=(DCGAN, CONVERGENCE) if regularizers else (DCGAN,),
    )


def _cifar10(name: str, summary: str, budget: Budget, regularizers: tuple[Spec, ...] = ()) -> Recipe:
    data = Spec(cifar10)
    if budget == "reference":
        schedule = Schedule(steps=40_000, batch=512)
        return dcgan(
            name,
            summary,
            data,
            width=256,
            rate=8e-4,
            critic_steps=5,
            schedule=schedule,
            regularizers=regularizers,
        )
    schedule = Schedule(steps=4000, batch=64, ema_half_life=10_000, sample_every=500, checkpoint_every=500)
    return dcgan(
        name, summary, data, width=64, rate=2e-4, critic_steps=1, schedule=schedule, regularizers=regularizers
    )


@recipe
def dcgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on CIFAR-10; at laptop size with one D update and an average of G."""
    return _cifar10("dcgan-cifar10", "a plain convolutional GAN on CIFAR-10", budget)


@recipe
def dcgan_r1_cifar10(budget: Budget = "reference") -> Recipe:
    """The same with R1. Gamma is 20, since the reference system's lambda of 10 weighs on a halved loss."""
    summary = "a plain convolutional GAN with the R1 penalty on CIFAR-10"
    return _cifar10("dcgan-r1-cifar10", summary, budget, (Spec(R1, gamma=20.0),))


@recipe
def dcgan_mnist(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on MNIST."""
    laptop = budget == "laptop"
    schedule = Schedule(
        steps=2500 if laptop else 20_000,
        batch=64 if laptop else 128,
        ema_half_life=10_000,
        sample_every=500,
        checkpoint_every=500,
    )
    width = 32 if laptop else 64
    summary = "a plain convolutional GAN on MNIST digits"
    return dcgan(
        "dcgan-mnist", summary, Spec(mnist), width=width, rate=2e-4, critic_steps=1, schedule=schedule
    )


@recipe
def dcgan_shapes(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on the embedded set of coloured shapes, which needs no file."""
    laptop = budget == "laptop"
    schedule = Schedule(
        steps=1500 if laptop else 20_000,
        batch=64,
        ema_half_life=10_000,
        sample_every=250,
        checkpoint_every=500,
    )
    width = 32 if laptop else 64
    summary = "a plain convolutional GAN on procedural coloured shapes (no download)"
    return dcgan(
        "dcgan-shapes", summary, Spec(shapes), width=width, rate=2e-4, critic_steps=1, schedule=schedule
    )
