"""Fully connected GANs on points and digits: Generative Adversarial Networks, 2014, arXiv 1406.2661."""

from __future__ import annotations

import torch

from ganbench.algorithms import Adversarial
from ganbench.data.torchvision_sets import mnist
from ganbench.data.toy import ring8
from ganbench.latents import Gaussian
from ganbench.losses import NonSaturating
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.recipe import Budget, Paper, Recipe, recipe
from ganbench.regularizers import R1
from ganbench.settings import Machine, Schedule
from ganbench.spec import Spec

GAN = Paper("Generative Adversarial Networks", 2014, "1406.2661")
CONVERGENCE = Paper("Which Training Methods for GANs do actually Converge?", 2018, "1801.04406")


def mlp_gan(
    name: str, summary: str, data: Spec, latent: int, schedule: Schedule, regularizers: tuple[Spec, ...] = ()
) -> Recipe:
    """Return a GAN of two MLPs with three hidden layers of 256, five D updates to one of G, Adam 3e-4 (.9, .999)."""
    adam = Spec(torch.optim.Adam, lr=3e-4, betas=(0.9, 0.999))
    return Recipe(
        name=name,
        summary=summary,
        data=data,
        latent=Spec(Gaussian, size=latent),
        networks={"G": Spec(MLPGenerator), "D": Spec(MLPDiscriminator)},
        algorithm=Spec(
            Adversarial, loss=Spec(NonSaturating), regularizers=regularizers, critic_steps=5, one_pass=True
        ),
        optimizers={"G": adam, "D": adam},
        schedule=schedule,
        machine=Machine(threads=1),  # layers this small gain nothing from a second thread
        papers=(GAN, CONVERGENCE) if regularizers else (GAN,),
    )


def _ring8_schedule(budget: Budget) -> Schedule:
    return Schedule(
        steps=5000 if budget == "reference" else 2500,
        batch=256,
        log_every=50,
        sample_every=200,
        samples=1000,
        checkpoint_every=500,
        evaluate_every=500,
    )


def _mnist_schedule(budget: Budget) -> Schedule:
    return Schedule(
        steps=10_000 if budget == "reference" else 6000,
        batch=256,
        sample_every=1000,
        checkpoint_every=1000,
    )


@recipe
def gan_ring8(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on eight Gaussians, which is known to collapse."""
    summary = "the vanilla GAN on a ring of eight Gaussians, where it loses modes"
    return mlp_gan("gan-ring8", summary, Spec(ring8), 32, _ring8_schedule(budget))


@recipe
def gan_r1_ring8(budget: Budget = "reference") -> Recipe:
    """The same with R1. Gamma is 20, since the reference system's lambda of 10 weighs on a halved loss."""
    summary = "a GAN with the R1 penalty on a ring of eight Gaussians"
    return mlp_gan("gan-r1-ring8", summary, Spec(ring8), 32, _ring8_schedule(budget), (Spec(R1, gamma=20.0),))


@recipe
def gan_mnist(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on MNIST, fully connected."""
    summary = "the vanilla, fully connected GAN on MNIST digits"
    return mlp_gan("gan-mnist", summary, Spec(mnist), 100, _mnist_schedule(budget))


@recipe
def gan_r1_mnist(budget: Budget = "reference") -> Recipe:
    """The same with R1."""
    summary = "a fully connected GAN with the R1 penalty on MNIST digits"
    return mlp_gan(
        "gan-r1-mnist", summary, Spec(mnist), 100, _mnist_schedule(budget), (Spec(R1, gamma=20.0),)
    )
