"""Fully connected GANs on points and digits: Generative Adversarial Networks, 2014, arXiv 1406.2661."""

from __future__ import annotations

import dataclasses

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
from ganbench.training.schedule import Linear

GAN = Paper("Generative Adversarial Networks", 2014, "1406.2661")
CONVERGENCE = Paper("Which Training Methods for GANs do actually Converge?", 2018, "1801.04406")


def mlp_gan(
    name: str,
    summary: str,
    data: Spec,
    *,
    latent: int,
    schedule: Schedule,
    regularizers: tuple[Spec, ...] = (),
    width: int = 256,
    critic_steps: int = 5,
    rate: float = 3e-4,
    betas: tuple[float, float] = (0.9, 0.999),
    threads: int | None = None,
) -> Recipe:
    """Return a GAN of two MLPs with three hidden layers; the defaults are the mode-collapse study's.

    On points a second thread gains little and, on a busy machine, loses much: layers are small.
    """
    adam = Spec(torch.optim.Adam, lr=rate, betas=betas)
    return Recipe(
        name=name,
        summary=summary,
        data=data,
        latent=Spec(Gaussian, size=latent),
        networks={"G": Spec(MLPGenerator, width=width), "D": Spec(MLPDiscriminator, width=width)},
        algorithm=Spec(
            Adversarial,
            loss=Spec(NonSaturating),
            regularizers=regularizers,
            critic_steps=critic_steps,
            one_pass=True,  # no batch statistics
        ),
        optimizers={"G": adam, "D": adam},
        schedule=schedule,
        machine=Machine(threads=threads),
        papers=(GAN, CONVERGENCE) if regularizers else (GAN,),
    )


def _ring8_schedule(steps: int) -> Schedule:
    return Schedule(
        steps=steps, batch=256, sample_every=200, samples=1000, checkpoint_every=500, evaluate_every=500
    )


def _mnist_schedule(budget: Budget) -> Schedule:
    steps = 10_000 if budget == "reference" else 4000
    return Schedule(steps=steps, batch=256, sample_every=1000, checkpoint_every=1000)


@recipe
def gan_ring8(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on eight Gaussians, which is known to collapse; at laptop size the same for fewer steps."""
    summary = "the vanilla GAN on a ring of eight Gaussians, where it loses modes"
    schedule = _ring8_schedule(5000 if budget == "reference" else 2000)
    return mlp_gan("gan-ring8", summary, Spec(ring8), latent=32, schedule=schedule, threads=1)


@recipe
def gan_r1_ring8(budget: Budget = "reference") -> Recipe:
    """The same with R1. At laptop size: one D update, a small gamma, a rate that falls to 0, an average of G.

    The study gives R1's lambda for CIFAR-10 only, 10 on a halved loss, which is gamma 20 here. With points in
    [-1, 1] that is a heavy penalty: it holds all modes and blurs them.
    """
    name, summary = "gan-r1-ring8", "a GAN with the R1 penalty on a ring of eight Gaussians"
    if budget == "reference":
        heavy = (Spec(R1, gamma=20.0),)
        return mlp_gan(
            name,
            summary,
            Spec(ring8),
            latent=32,
            schedule=_ring8_schedule(5000),
            regularizers=heavy,
            threads=1,
        )
    schedule = dataclasses.replace(
        _ring8_schedule(6000), learning_rate=Spec(Linear), ema_half_life=10_000.0, sample_every=500
    )
    return mlp_gan(
        name,
        summary,
        Spec(ring8),
        latent=32,
        schedule=schedule,
        regularizers=(Spec(R1, gamma=0.01),),
        width=128,
        critic_steps=1,
        rate=2e-3,
        betas=(0.0, 0.9),
        threads=1,
    )


@recipe
def gan_mnist(budget: Budget = "reference") -> Recipe:
    """The vanilla GAN on MNIST, fully connected."""
    summary = "the vanilla, fully connected GAN on MNIST digits"
    return mlp_gan("gan-mnist", summary, Spec(mnist), latent=100, schedule=_mnist_schedule(budget))


@recipe
def gan_r1_mnist(budget: Budget = "reference") -> Recipe:
    """The same with R1."""
    summary = "a fully connected GAN with the R1 penalty on MNIST digits"
    return mlp_gan(
        "gan-r1-mnist",
        summary,
        Spec(mnist),
        latent=100,
        schedule=_mnist_schedule(budget),
        regularizers=(Spec(R1, gamma=20.0),),
    )
