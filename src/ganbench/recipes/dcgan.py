"""Convolutional GANs: Unsupervised Representation Learning with Deep Convolutional GANs, 2015, arXiv 1511.06434."""

from __future__ import annotations

import torch

from ganbench.config.spec import Spec
from ganbench.data.shapes import shapes
from ganbench.data.torchvision_sets import mnist
from ganbench.losses import NonSaturating
from ganbench.recipes.base import Budget, Paper, Recipe, recipe
from ganbench.recipes.gan import CONVERGENCE
from ganbench.recipes.simple_cnn import cifar10_gan, simple_cnn_gan
from ganbench.regularizers import R1
from ganbench.training.schedule import Linear
from ganbench.training.settings import Schedule

DCGAN = Paper(
    "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    2015,
    "1511.06434",
    ("Alec Radford", "Luke Metz", "Soumith Chintala"),
)


def _adam(rate: float) -> tuple[Spec, Spec]:
    adam = Spec(torch.optim.Adam, lr=rate, betas=(0.5, 0.999))
    return adam, adam


def _cifar10(
    name: str, summary: str, budget: Budget, papers: tuple[Paper, ...], regularizers: tuple[Spec, ...] = ()
) -> Recipe:
    return cifar10_gan(
        name,
        summary,
        budget,
        loss=Spec(NonSaturating),
        optimizers=_adam(2e-4 if budget == "laptop" else 8e-4),
        papers=papers,
        regularizers=regularizers,
    )


def _small(name: str, summary: str, data: Spec, budget: Budget) -> Recipe:
    """Return the pair for easy pictures: one D update, an average of G, a rate that falls in the second half."""
    laptop = budget == "laptop"
    schedule = Schedule(
        steps=4000 if laptop else 20_000,
        batch=64 if laptop else 128,
        learning_rate=Spec(Linear, from_share=0.5),
        ema_half_life=10_000,
        sample_every=500,
        checkpoint_every=500,
    )
    return simple_cnn_gan(
        name,
        summary,
        data,
        schedule,
        width=32 if laptop else 64,
        loss=Spec(NonSaturating),
        optimizers=_adam(2e-4),
        papers=(DCGAN,),
    )


@recipe
def dcgan_cifar10(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on CIFAR-10; at laptop size with one D update and an average of G."""
    return _cifar10("dcgan", "a plain convolutional GAN", budget, (DCGAN,))


@recipe
def dcgan_r1_cifar10(budget: Budget = "reference") -> Recipe:
    """The same with R1: gamma is 20, since the reference system's lambda of 10 weighs on a halved loss.

    At laptop size gamma is .1: after 1,000 steps with 20 (at width 64), D still told nothing apart (loss 1.36 of
    2 ln 2 = 1.39) and pictures were grey, and 1 was worse than no penalty. And only every fourth update has the
    penalty, which costs more than the update itself.
    """
    summary = "a plain convolutional GAN with the R1 penalty"
    penalty = Spec(R1, gamma=0.1, every=4) if budget == "laptop" else Spec(R1, gamma=20.0)
    return _cifar10("dcgan-r1", summary, budget, (DCGAN, CONVERGENCE), (penalty,))


@recipe
def dcgan_mnist(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on MNIST."""
    return _small("dcgan-mnist", "a plain convolutional GAN on MNIST digits", Spec(mnist), budget)


@recipe
def dcgan_shapes(budget: Budget = "reference") -> Recipe:
    """The plain convolutional GAN on the embedded set of coloured shapes, which needs no file."""
    summary = "a plain convolutional GAN on procedural coloured shapes (no download)"
    return _small("dcgan-shapes", summary, Spec(shapes), budget)
